#include "inbound.h"

#include "board.h"
#include "download.h"
#include "earshot_state.h"
#include "order.h"
#include "received.h"

void es_inbound_epoch(earshot *board, es_session *session, uint32_t epoch) {
  const es_contact *contact = es_contact_find(board, session->id);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    es_session *other = &board->sessions[i];
    if (other->used && strcmp(other->id, session->id) == 0) other->receives = false;
  }
  es_download_detach(board, session);
  es_window none = {epoch, 0, 0};
  session->in = contact != NULL && contact->in.epoch == epoch ? contact->in : none;
  session->receives = session->tell_have = true;
  session->acks = 0;
  memset(session->refusals, 0, sizeof session->refusals);
  memset(session->held, 0, sizeof session->held);
}

void es_inbound_done(es_session *session, uint32_t seq) {
  if (!es_window_add(&session->in, seq)) return;
  session->unstored = true;
  es_session_ack(session, seq);
}

void es_inbound_refuse(es_session *session, const es_frame *frame, earshot_result code, uint32_t detail) {
  uint32_t order = es_order_of(frame);
  if (order != ES_NO_ORDER && (code == EARSHOT_BUSY || code == EARSHOT_QUOTA)) {
    session->held[frame->seq % ES_WINDOW] = order;
  }
  es_session_refuse(session, frame->seq, code, detail);
}

/**
 * Whether a message is new and may be taken now; what is done is acknowledged again, what is held up refused.
 */
static bool is_welcome(es_session *session, const es_frame *frame) {
  if (!session->receives) return false;
  if (es_window_has(&session->in, frame->seq)) {
    es_session_ack(session, frame->seq);
    return false;
  }
  if (!es_window_accepts(&session->in, frame->seq)) return false;
  uint32_t order = es_order_of(frame);
  for (unsigned i = 0; order != ES_NO_ORDER && i < ES_WINDOW; i++) {
    if (session->held[i] != order) continue;
    es_inbound_refuse(session, frame, EARSHOT_BUSY, 0);
    return false;
  }
  return true;
}

void es_inbound_chat(earshot *board, es_session *session, const es_frame *frame) {
  if (!is_welcome(session, frame)) return;
  if (es_contact_get(board, session->id) == NULL) {
    es_inbound_refuse(session, frame, EARSHOT_BUSY, 0);
    return;
  }
  board->numbers.chats_received++;
  es_received_chat(board, session, frame);
  es_inbound_done(session, frame->seq);
}

void es_inbound_document(earshot *board, es_session *session, const es_frame *frame) {
  if (!is_welcome(session, frame)) return;
  if (es_contact_get(board, session->id) == NULL) {
    es_inbound_refuse(session, frame, EARSHOT_BUSY, 0);
    return;
  }
  if (frame->length < frame->size) {
    es_download_begin(board, session, frame);
    return;
  }
  uint32_t detail = 0;
  earshot_result result = es_received_document(board, session, frame, &detail);
  if (result == EARSHOT_OK) es_inbound_done(session, frame->seq);
  else es_inbound_refuse(session, frame, result, detail);
}

void es_inbound_void(earshot *board, es_session *session, const es_frame *frame) {
  uint32_t seq = frame->seq;
  if (!session->receives) return;
  if (es_window_has(&session->in, seq)) {
    es_session_ack(session, seq);
    return;
  }
  if (!es_window_accepts(&session->in, seq)) return;
  /* Each number of the window has its own place, so this one is held, if at all, by itself. */
  session->held[seq % ES_WINDOW] = ES_NO_ORDER;
  es_download_void(board, session, seq);
  if (es_contact_get(board, session->id) == NULL) es_session_refuse(session, seq, EARSHOT_BUSY, 0);
  else es_inbound_done(session, seq);
}

bool es_inbound_commit(earshot *board, es_session *session) {
  if (!session->unstored) return true;
  es_download_relieve(board, session);
  es_contact *contact = es_contact_get(board, session->id);
  if (contact != NULL) {
    es_window before = contact->in;
    contact->in = session->in;
    if (es_contact_store(board, contact) == EARSHOT_OK) {
      session->unstored = false;
      return true;
    }
    contact->in = before;
  }
  /* What was taken is not durable: the sender is told nothing, and offers it again. */
  es_session_end(board, session, "storage failed");
  return false;
}
