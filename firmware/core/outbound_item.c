#include "outbound_item.h"

#include "board.h"
#include "earshot_state.h"
#include "roster.h"
#include "session.h"

es_contact *es_outbound_contact(earshot *board, const es_session *session) {
  bool sent_through = session->attached && (!session->brief || session->answers);
  return sent_through ? es_contact_find(board, session->id) : NULL;
}

#if EARSHOT_ASK
/** Tells the application that its question has ended without an answer. */
static void tell_asker(earshot *board, const char *id, earshot_peer to, earshot_result result,
                       const char *why) {
  earshot_reply reply = {.from = to, .question = id, .result = result, .json = "", .why = why};
  if (board->on_answer != NULL) board->on_answer(board->answer_context, &reply);
}
#endif

void es_item_ended(earshot *board, es_item *item, earshot_result result, const char *why) {
  const es_contact *contact = item->contact;
#if EARSHOT_ASK
  uint8_t kind = item->kind;
#endif
  const es_peer *peer = es_roster_find(board, contact->id);
  char id[ES_ULID_CHARACTERS + 1];
  char recipient[ES_ID_CHARACTERS + 1];
  es_copy(id, item->id, sizeof id);
  /* A copy: messages that the handler sends may evict the contact. */
  es_copy(recipient, contact->id, sizeof recipient);
  if (result == EARSHOT_OK) board->numbers.delivered++;
  else if (result != EARSHOT_EXPIRED && result != EARSHOT_FULL) board->numbers.refused++;
  es_outbox_remove(board, item);
  earshot_peer to = {recipient, peer != NULL ? peer->name : ""};
#if EARSHOT_ASK
  if (kind == ES_ITEM_QUESTION) tell_asker(board, id, to, result, why);
  if (kind >= ES_ITEM_QUESTION) return;
#endif
  if (board->on_sent != NULL) board->on_sent(board->sent_context, id, to, result, why);
}

void es_outbound_void(earshot *board, es_session *session, uint32_t seq) {
  session->voids[session->void_count++] = seq;
  es_wake_now(board);
}

bool es_item_is_behind(earshot *board, const es_item *item) {
  for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) {
    if (other->order < item->order && (other->deferred || other->trial)) return true;
  }
  return false;
}

void es_defer_behind(earshot *board, const es_contact *contact) {
  for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;) {
    if (es_item_is_behind(board, item)) item->deferred = true;
  }
}

void es_item_abandon(earshot *board, es_item *item) {
  es_session *session = es_session_find(board, item->contact->id);
  if (session != NULL && item->seq != 0) {
    session->orphans[session->orphan_count++] = item->seq;
    /* Void only a transfer: any other void would release an order that a refusal on its way blocks. */
    if (session->upload.seq == item->seq) es_outbound_void(board, session, item->seq);
    /* Its refusal may be on its way. */
    item->deferred = true;
    es_defer_behind(board, item->contact);
  }
}

void es_item_given_up(earshot *board, es_item *item, earshot_result result, const char *why) {
  es_item_abandon(board, item);
  es_item_ended(board, item, result, why);
}
