#include "answering.h"

#if EARSHOT_ASK

#include "board.h"
#include "earshot_state.h"
#include "outbound.h"
#include "outbound_item.h"
#include "verdict.h"

/* Questions that wait for the application. */

/** The one after `p`, the first if that is NULL; as es_next_contact. */
static es_pending *next(earshot *board, es_pending *p) {
  es_answering *all = &board->answering;
  for (p = p == NULL ? all->pending : p + 1; p < all->pending + EARSHOT_QUESTIONS; p++) {
    if (p->ticket != 0) return p;
  }
  return NULL;
}

/** Detaches a question from its session, in which its number is refused. */
static void put_off(es_pending *p) {
  if (p->session != NULL) es_verdict_refuse(p->session, p->seq, ES_NO_ORDER, EARSHOT_BUSY, 0);
  p->session = NULL;
}

unsigned es_answering_count(earshot *board, const es_session *session) {
  unsigned count = 0;
  for (es_pending *p = NULL; (p = next(board, p)) != NULL;) count += p->session == session;
  return count;
}

void es_answering_void(earshot *board, const es_session *session, uint32_t seq) {
  for (es_pending *p = NULL; (p = next(board, p)) != NULL;) {
    if (p->session == session && p->seq == seq) put_off(p);
  }
}

void es_answering_detach(earshot *board, const es_session *session) {
  for (es_pending *p = NULL; (p = next(board, p)) != NULL;) {
    if (p->session == session) p->session = NULL;
  }
}

/** A place for another question: a free one, else that of the oldest whose session has ended; NULL if there is none. */
static es_pending *take_place(earshot *board) {
  es_pending *oldest = NULL;
  for (es_pending *p = board->answering.pending; p < board->answering.pending + EARSHOT_QUESTIONS; p++) {
    if (p->ticket == 0) return p;
    if (p->session == NULL && (oldest == NULL || p->ticket < oldest->ticket)) oldest = p;
  }
  return oldest;
}

/* Answers. */

/** The waiting answer in this place of the outbox; NULL if none waits there. */
static es_item *waiting_at(earshot *board, unsigned place) {
  es_item *item = NULL;
  while ((item = es_next_item(board, NULL, item)) != NULL &&
         (item->kind != ES_ITEM_ANSWER || item->place != place))
    continue;
  return item;
}

/** Gives up the oldest answer whose recipient has no session: storage keeps it for some time. False if there is none. */
static bool make_room(earshot *board) {
  es_item *oldest = NULL;
  for (es_item *item = NULL; (item = es_next_item(board, NULL, item)) != NULL;) {
    if (item->kind != ES_ITEM_ANSWER || es_session_find(board, item->contact->id) != NULL) continue;
    if (oldest == NULL || item->order < oldest->order) oldest = item;
  }
  if (oldest == NULL) return false;
  es_item_given_up(board, oldest, EARSHOT_EXPIRED, "");
  return true;
}

/** The place of the next answer: a free one, else that of the oldest that does not wait; NULL if all wait. */
static es_kept *find_place(earshot *board) {
  es_kept *oldest = NULL;
  for (unsigned i = 0; i < EARSHOT_ANSWERS; i++) {
    es_kept *kept = &board->outbox->kept[i];
    if (waiting_at(board, i) != NULL) continue;
    if (oldest == NULL || kept->bytes == 0 || (oldest->bytes != 0 && kept->order < oldest->order))
      oldest = kept;
  }
  return oldest;
}

/** Puts an answer into the outbox and into storage. */
static earshot_result put(earshot *board, const es_pending *p, es_new_item *what) {
  es_kept *kept = find_place(board);
  if (kept == NULL && make_room(board)) kept = find_place(board);
  es_contact *contact = es_contact_get(board, p->asker);
  if (kept == NULL || contact == NULL) return EARSHOT_FULL;
  es_item *item;
  what->item.place = (uint8_t)(kept - board->outbox->kept);
  while ((item = es_outbox_add(board, contact, what)) == NULL && make_room(board)) continue;
  if (board->mute) return EARSHOT_CRYPTO;
  if (item == NULL) return EARSHOT_FULL;
  uint32_t order = item->order;
  uint16_t bytes = (uint16_t)es_outbox_bytes(item);
  /* If storing fails, nothing of the earlier answer there is certain. */
  kept->bytes = 0;
  earshot_result result = es_outbound_added(board, item);
  if (result == EARSHOT_OK && board->port->storage != NULL) {
    kept->order = order;
    kept->bytes = bytes;
    es_copy(kept->mark, p->mark, ES_MARK);
  }
  return result;
}

/** Acknowledges a question whose answer is durable. */
static void acknowledge(earshot *board, const es_pending *p) {
  if (p->session != NULL) {
    es_verdict_take(board, p->session, p->seq, p->mark, true);
    return;
  }
  es_contact *contact = es_contact_get(board, p->asker);
  if (contact == NULL) return;
  es_contact_remember(contact, p->mark, true);
  (void)es_contact_store(board, contact);
}

earshot_result es_answering_answer(earshot *board, uint32_t ticket, earshot_result result, const char *text) {
  es_pending *p = NULL;
  while ((p = next(board, p)) != NULL && p->ticket != ticket) continue;
  if (p == NULL) return EARSHOT_ABSENT;
  uint8_t head[ES_ANSWER_HEAD] = {result == EARSHOT_OK       ? ES_CODE_NONE
                                  : result == EARSHOT_FAILED ? ES_CODE_FAILED
                                                             : ES_CODE_NO_ANSWER};
  es_copy(head + 1, p->id, ES_ULID_CHARACTERS);
  es_new_item what = {
      .item = {.kind = ES_ITEM_ANSWER, .durable = true, .within_s = ES_KEPT_S},
      .name = "answer.json",
      .stream = "",
      .head = head,
      .head_length = sizeof head,
      .body = result == EARSHOT_OK ? text : NULL,
      .length = es_length(text),
      .text = text,
  };
  bool fits = es_outbox_fits(&what);
  if (!fits) {
    /* It never will: the asker must not wait for it. */
    head[0] = ES_CODE_FAILED;
    what.body = NULL;
    what.text = "the answer is too long";
  }
  earshot_result put_result = put(board, p, &what);
  p->failed = put_result != EARSHOT_OK;
  if (p->failed) return put_result;
  acknowledge(board, p);
  p->ticket = 0;
  return fits ? EARSHOT_OK : EARSHOT_TOO_LONG;
}

/* Received questions. */

/** True if a peer has not acknowledged its share of answers: it must not keep the others from theirs. */
static bool has_its_share(earshot *board, const es_session *session) {
  const es_contact *contact = es_contact_find(board, session->id);
  unsigned count = 0;
  for (es_item *item = NULL; contact != NULL && (item = es_next_item(board, contact, item)) != NULL;)
    count += item->kind == ES_ITEM_ANSWER;
  return count >= (EARSHOT_ANSWERS + 1) / 2;
}

/** EARSHOT_OK if the answer to a question waits, or waits again; EARSHOT_BUSY, EARSHOT_ABSENT. */
static earshot_result send_again(earshot *board, const es_session *session, const char *id,
                                 const uint8_t mark[ES_MARK]) {
  for (es_item *item = NULL; (item = es_next_item(board, NULL, item)) != NULL;) {
    if (item->kind != ES_ITEM_ANSWER || !es_same_text(item->contact->id, session->id)) continue;
    if (es_same_bytes(es_item_head(board, item) + 1, id, ES_ULID_CHARACTERS)) return EARSHOT_OK;
  }
  earshot_result result = EARSHOT_ABSENT;
  for (unsigned i = 0; i < EARSHOT_ANSWERS && result == EARSHOT_ABSENT; i++) {
    es_kept *kept = &board->outbox->kept[i];
    if (kept->bytes == 0 || !es_same_bytes(kept->mark, mark, ES_MARK)) continue;
    result = es_outbox_take_kept(board, kept, session->id, id);
  }
  if (result == EARSHOT_OK) es_wake_now(board);
  return result;
}

earshot_result es_answering_again(earshot *board, es_session *session, const es_frame *frame,
                                  const uint8_t mark[ES_MARK], earshot_result known) {
  for (es_pending *p = NULL; (p = next(board, p)) != NULL;) {
    if (!es_same_text(p->id, frame->id) || !es_same_text(p->asker, session->id)) continue;
    put_off(p);
    p->session = session;
    p->seq = frame->seq;
    return EARSHOT_AGAIN;
  }
  earshot_result result = send_again(board, session, frame->id, mark);
  if (result == EARSHOT_ABSENT) return known;
  if (result == EARSHOT_OK && known == EARSHOT_ABSENT) {
    es_verdict_take(board, session, frame->seq, mark, true);
    return EARSHOT_AGAIN;
  }
  return result;
}

/** Calls the application's handler. */
static void offer(earshot *board, es_session *session, const es_frame *frame, uint32_t ticket) {
  char name[ES_NAME_MAX + 1];
  es_text_decode(frame->name, name, sizeof name);
  earshot_question question = {
      .from = {session->id, session->name},
      .ticket = ticket,
      .id = frame->id,
      .name = name,
      .json = (const char *)frame->body,
      .length = frame->length,
  };
  board->on_ask(board->ask_context, &question);
}

earshot_result es_answering_receive(earshot *board, es_session *session, const es_frame *frame,
                                    const uint8_t mark[ES_MARK]) {
  if (frame->length < frame->size) return EARSHOT_TOO_LONG;
  es_pending *p = has_its_share(board, session) ? NULL : take_place(board);
  if (p == NULL) return EARSHOT_BUSY;
  uint32_t ticket = ++board->answering.last_ticket;
  *p = (es_pending){.ticket = ticket, .session = session, .seq = frame->seq};
  es_copy(p->mark, mark, ES_MARK);
  es_copy(p->asker, session->id, sizeof p->asker);
  es_copy(p->id, frame->id, sizeof p->id);
  if (board->on_ask != NULL) offer(board, session, frame, ticket);
  else (void)es_answering_answer(board, ticket, EARSHOT_NO_ANSWER, "nothing answers questions here");
  if (p->ticket != ticket || !p->failed) return EARSHOT_AGAIN;
  /* The sender offers it again. */
  p->ticket = 0;
  return EARSHOT_BUSY;
}

#endif
