#include "inbound.h"

#include "board.h"
#include "download.h"
#include "earshot_state.h"
#include "order.h"
#include "received.h"
#include "sessions.h"

void es_inbound_epoch(earshot *board, es_session *session, uint32_t epoch) {
  const es_contact *contact = es_contact_find(board, session->id);
  for (es_session *one = NULL; (one = es_next_session(board, session->id, one)) != NULL;)
    one->receives = false;
  es_download_detach(board, session);
  es_window none = {epoch, 0, 0};
  session->in = contact != NULL && contact->in.epoch == epoch ? contact->in : none;
  session->receives = session->tell_have = true;
  session->acks = 0;
  session->tell_acks = false;
  es_clear(session->refusals, sizeof session->refusals);
  es_clear(session->held, sizeof session->held);
}

void es_inbound_done(es_session *session, uint32_t seq) {
  if (!es_window_add(&session->in, seq)) return;
  session->unstored = true;
  es_session_ack(session, seq);
}

void es_inbound_refuse(es_session *session, uint32_t seq, uint32_t order, earshot_result code,
                       uint32_t detail) {
  /* Only numbers of the window are refused: each has a place of its own. */
  unsigned place = seq % ES_WINDOW;
  if (code == EARSHOT_BUSY || code == EARSHOT_QUOTA) session->held[place] = order;
  es_refusal refusal = {seq, true, (uint8_t)code, detail};
  session->refusals[place] = refusal;
}

/** Whether a number is new; what is done is acknowledged again. */
static bool is_new(es_session *session, uint32_t seq) {
  if (!session->receives) return false;
  if (es_window_has(&session->in, seq)) es_session_ack(session, seq);
  return es_window_accepts(&session->in, seq);
}

static bool is_held_up(const es_session *session, uint32_t order) {
  for (unsigned i = 0; order != ES_NO_ORDER && i < ES_WINDOW; i++) {
    if (session->held[i] == order) return true;
  }
  return false;
}

/**
 * Whether what is done can be kept: else nothing may be taken, or an application would be handed it again and
 * again. That is tried only where it failed before.
 */
static earshot_result can_keep(earshot *board, const es_session *session) {
  const es_contact *contact = es_contact_get(board, session->id);
  if (contact == NULL) return EARSHOT_BUSY;
  earshot_result result = board->cannot_keep ? es_contact_store(board, contact) : EARSHOT_OK;
  return result == EARSHOT_IO ? EARSHOT_BUSY : result;
}

void es_inbound_message(earshot *board, es_session *session, const es_frame *frame) {
  if (!is_new(session, frame->seq)) return;
  uint32_t order = es_order_of(frame);
  uint32_t detail = 0;
  earshot_result result = is_held_up(session, order) ? EARSHOT_BUSY : can_keep(board, session);
  if (result == EARSHOT_OK) {
    if (frame->type == ES_CHAT) result = es_received_chat(board, session, frame);
    else if (frame->length < frame->size) result = es_download_begin(board, session, frame);
    else result = es_received_document(board, session, frame, &detail);
  }
  if (result == EARSHOT_OK) es_inbound_done(session, frame->seq);
  else if (result != EARSHOT_AGAIN) es_inbound_refuse(session, frame->seq, order, result, detail);
}

void es_inbound_void(earshot *board, es_session *session, uint32_t seq) {
  if (!is_new(session, seq)) return;
  /* Each number of the window has its own place, so this one is held, if at all, by itself. */
  session->held[seq % ES_WINDOW] = ES_NO_ORDER;
  es_download_void(board, session, seq);
  es_inbound_done(session, seq);
}

bool es_inbound_commit(earshot *board, es_session *session) {
  if (!session->unstored) return true;
  es_download_relieve(board, session);
  es_contact *contact = es_contact_get(board, session->id);
  if (contact != NULL) {
    es_window before = contact->in;
    contact->in = session->in;
    board->cannot_keep = es_contact_store(board, contact) != EARSHOT_OK;
    if (!board->cannot_keep) {
      session->unstored = false;
      return true;
    }
    contact->in = before;
  }
  /* What was taken is not durable: the sender is told nothing, and offers it again. */
  es_session_end(board, session, "storage failed");
  return false;
}
