/** Handles answers to messages, refusals and expiry. outbound_frame.c writes the messages. */
#include "outbound.h"

#include "board.h"
#include "earshot_state.h"
#include "outbound_item.h"
#include "refusal.h"

#define RETRY_FIRST_MS 1000u
/** How long a document of which the newest counts waits in memory before it costs flash. */
#define LAZY_MS 10000
#define RETRY_MAX_MS 60000u
/** Refusals after which the pause is the longest. */
#define RETRY_STEPS 7

/* Temporary refusals. */

static void defer(earshot *board, es_item *item) {
  if (item->refusals < RETRY_STEPS) item->refusals++;
  uint32_t wait = RETRY_FIRST_MS << (item->refusals - 1u);
  item->retry_at = es_after(board, wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
  item->seq = 0;
  item->deferred = true;
  item->trial = false;
  es_defer_behind(board, item->contact);
}

/** True if a message is deferred and the oldest of its order, and none of its order is unanswered. */
static bool may_try(earshot *board, const es_item *item) {
  if (!item->deferred || item->seq != 0) return false;
  for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) {
    if (other->seq != 0 || other->order < item->order) return false;
  }
  return true;
}

void es_outbound_detach(earshot *board, es_session *session) {
  const es_contact *contact = es_contact_find(board, session->id);
  es_clear(&session->upload, sizeof session->upload);
  session->void_count = session->orphan_count = 0;
  if (contact == NULL) return;
  for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;) item->seq = 0;
  es_defer_behind(board, contact);
}

/* Answers. */

/** The message that an answer is for; NULL if it is gone, or the number was never sent. */
static es_item *answered(earshot *board, es_session *session, const es_contact *contact, uint32_t seq) {
  es_item *item = es_outbox_numbered(board, contact, seq);
  for (unsigned i = session->orphan_count; i-- > 0;) {
    if (session->orphans[i] == seq) session->orphans[i] = session->orphans[--session->orphan_count];
  }
  if (session->upload.seq == seq) es_clear(&session->upload, sizeof session->upload);
  return item;
}

static void delivered(earshot *board, es_item *item) {
  for (es_item *other = NULL; item->trial && (other = es_next_alike(board, item, other)) != NULL;) {
    other->deferred = false;
    other->refusals = 0;
  }
  /* A peer that accepted a message stays a contact after a restart. */
  if (!item->contact->stored) (void)es_contact_store(board, item->contact);
#if EARSHOT_ASK
  if (item->kind == ES_ITEM_QUESTION) {
    item->asked = true;
    item->seq = 0;
    board->numbers.delivered++;
    return;
  }
#endif
  es_item_ended(board, item, EARSHOT_OK, "");
}

void es_outbound_ack(earshot *board, es_session *session, const es_frame *frame) {
  for (size_t i = 0; i < frame->length; i += 4) {
    const es_contact *contact = es_outbound_contact(board, session);
    if (contact == NULL) return;
    es_item *item = answered(board, session, contact, es_get_u32(frame->body + i));
    if (item != NULL) delivered(board, item);
  }
}

void es_outbound_nak(earshot *board, es_session *session, const es_frame *frame) {
  const es_contact *contact = es_outbound_contact(board, session);
  if (contact == NULL) return;
  earshot_result result = es_refusal_of(frame->code);
  bool for_now = result == EARSHOT_QUOTA || result == EARSHOT_BUSY;
  unsigned orphans = session->orphan_count;
  es_item *item = answered(board, session, contact, frame->seq);
  if (item == NULL && session->orphan_count == orphans) return;
  if (for_now) {
    if (item == NULL || item->kind == ES_ITEM_CHAT || item->stream > 0)
      es_outbound_void(board, session, frame->seq);
    if (item != NULL) defer(board, item);
    return;
  }
  if (item == NULL) return;
  char why[ES_WHY_MAX + 1];
  es_text_decode(frame->why, why, sizeof why);
  es_item_ended(board, item, result, why);
}

#if EARSHOT_PARTS
void es_outbound_want(earshot *board, es_session *session, const es_frame *frame) {
  const es_contact *contact = es_outbound_contact(board, session);
  es_upload *upload = &session->upload;
  if (contact == NULL || frame->seq != upload->seq) return;
  const es_item *item = es_outbox_numbered(board, contact, frame->seq);
  if (item == NULL || frame->offset > item->size) return;
  uint32_t until = frame->until < UINT32_MAX ? (uint32_t)frame->until : UINT32_MAX;
  if (!upload->wanted || until <= upload->until) upload->offset = (uint32_t)frame->offset;
  upload->until = until;
  upload->wanted = true;
}
#endif

/* Queue. */

earshot_result es_outbound_added(earshot *board, es_item *item) {
  item->deferred = es_item_is_behind(board, item);
  es_wake_now(board);
  earshot_result result = es_outbox_store(board, item);
  if (result != EARSHOT_OK) es_outbox_take_back(board, item);
  return result;
}

bool es_outbound_wants_session(earshot *board, const es_contact *contact) {
  es_item *item = NULL;
  while ((item = es_next_item(board, contact, item)) != NULL &&
         (item->asked || (item->deferred && item->seq == 0)))
    continue;
  return item != NULL;
}

/** True if an item is a question that its recipient cannot be asked, as a session with it has shown. */
static bool cannot_be_asked(earshot *board, const es_item *item) {
#if EARSHOT_ASK
  const es_session *session = es_session_find(board, item->contact->id);
  return item->kind == ES_ITEM_QUESTION && !item->asked && session != NULL && !session->brief &&
         !session->can_ask;
#else
  (void)board, (void)item;
  return false;
#endif
}

/**
 * Stores a document that has waited for a while, or when the board ends. If there is no room, it stays in memory alone.
 */
static void keep_lazy(earshot *board, es_item *item) {
  if (!item->lazy) return;
  if (!board->closing && !es_is_due(board, item->expires - 1000 * item->within_s + LAZY_MS)) return;
  item->lazy = false;
  item->durable = true;
  item->durable = es_outbox_store(board, item) == EARSHOT_OK;
}

void es_outbound_poll(earshot *board) {
  for (es_item *item = NULL; (item = es_next_item(board, NULL, item)) != NULL;) {
    keep_lazy(board, item);
    if (es_is_due(board, item->expires)) {
      es_item_given_up(board, item, EARSHOT_EXPIRED, "");
    } else if (cannot_be_asked(board, item)) {
      es_item_ended(board, item, EARSHOT_CANNOT, "");
    } else if (may_try(board, item) && es_is_due(board, item->retry_at)) {
      item->deferred = false;
      item->trial = true;
      es_wake_now(board);
    }
  }
}
