#include "inbound.h"

#include "answering.h"
#include "asking.h"
#include "board.h"
#include "download.h"
#include "earshot_state.h"
#include "json_check.h"
#include "order.h"
#include "received.h"
#include "verdict.h"

/**
 * EARSHOT_OK if ids can be stored. If not, no message may be accepted: the application would get it again and again.
 * Tries only if the last write failed.
 */
static earshot_result can_keep(earshot *board, es_contact *contact) {
  earshot_result result = board->cannot_keep ? es_contact_store(board, contact) : EARSHOT_OK;
  return result == EARSHOT_IO ? EARSHOT_BUSY : result;
}

/** EARSHOT_ABSENT: the message is new and can be accepted. EARSHOT_OK: it is a duplicate. Else a refusal. */
static earshot_result look_up(earshot *board, const es_session *session, const es_frame *frame,
                              uint8_t mark[ES_MARK]) {
  es_contact *contact = es_contact_get(board, session->id);
  if (contact == NULL || es_mark_of(frame->id, mark) != EARSHOT_OK) return EARSHOT_BUSY;
  if (es_contact_knows(contact, mark)) return EARSHOT_OK;
  earshot_result result = can_keep(board, contact);
  return result == EARSHOT_OK ? EARSHOT_ABSENT : result;
}

/** Passes a message on to who knows its kind; its body is followed by a NUL. */
static earshot_result pass_on(earshot *board, es_session *session, const es_frame *frame,
                              const uint8_t mark[ES_MARK]) {
  if (frame->type == ES_CHAT) return es_received_chat(board, session, frame);
  if (EARSHOT_ASK && frame->ask) return es_answering_receive(board, session, frame, mark);
  if (EARSHOT_ASK && frame->re[0] != '\0') return es_asking_receive(board, session, frame);
  if (frame->length < frame->size) return es_download_begin(board, session, frame, mark);
  return es_received_document(board, session, frame);
}

/**
 * Accepts a message; EARSHOT_AGAIN if it comes in parts, or is a question: it is acknowledged later. For EARSHOT_NOT_JSON,
 * `detail` is the offset of the first invalid byte.
 */
static earshot_result take(earshot *board, es_session *session, const es_frame *frame,
                           const uint8_t mark[ES_MARK], uint32_t *detail) {
  earshot_result result = EARSHOT_OK;
  if (frame->type == ES_DOCUMENT && frame->length == frame->size)
    result = es_json_whole(frame->body, frame->length, detail);
  if (result != EARSHOT_OK) return result;
  /* The byte after the body is of the next frame, or of the record's tag. */
  uint8_t *behind = session->rx_bytes + (frame->body - session->rx_bytes) + frame->length;
  uint8_t kept = *behind;
  *behind = 0;
  result = pass_on(board, session, frame, mark);
  *behind = kept;
  return result;
}

/** Number of received messages that are not answered yet. */
static unsigned unanswered(earshot *board, const es_session *session) {
  return session->verdict_count + es_download_count(board, session) + es_answering_count(board, session);
}

void es_inbound_message(earshot *board, es_session *session, const es_frame *frame) {
  uint32_t order = es_order_of(frame);
  uint32_t detail = 0;
  uint8_t mark[ES_MARK];
  bool in_window = unanswered(board, session) < ES_WINDOW;
  if (frame->seq <= session->highest || !in_window) {
    es_session_end(session, ES_NOT_AGREED);
    return;
  }
  session->highest = frame->seq;
  bool held = es_verdict_holds(session, order);
  earshot_result result = held ? EARSHOT_BUSY : look_up(board, session, frame, mark);
  if (EARSHOT_ASK && frame->ask && (result == EARSHOT_OK || result == EARSHOT_ABSENT))
    result = es_answering_again(board, session, frame, mark, result);
  if (result == EARSHOT_OK) {
    es_verdict_add(session, frame->seq, EARSHOT_OK, 0);
    return;
  }
  if (result == EARSHOT_ABSENT) result = take(board, session, frame, mark, &detail);
  if (result == EARSHOT_OK) es_verdict_take(board, session, frame->seq, mark, frame->type == ES_DOCUMENT);
  else if (result != EARSHOT_AGAIN) es_verdict_refuse(session, frame->seq, order, result, detail);
}

void es_inbound_void(earshot *board, es_session *session, uint32_t seq) {
  es_verdict_release(session, seq);
  es_download_void(board, session, seq);
  es_answering_void(board, session, seq);
}

bool es_inbound_commit(earshot *board, es_session *session) {
  if (session->unstored == 0) return true;
  es_contact *contact = es_contact_find(board, session->id);
  board->cannot_keep = contact == NULL || es_contact_store(board, contact) != EARSHOT_OK;
  unsigned taken = session->unstored;
  session->unstored = 0;
  if (!board->cannot_keep) return true;
  if (contact != NULL) es_contact_take_back(contact, taken);
  /* The ids are not durable: nothing is acknowledged, and the sender retransmits. */
  es_session_end(session, (es_reason)EARSHOT_IO);
  return false;
}
