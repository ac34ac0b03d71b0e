#include "session_poll.h"

#include "answering.h"
#include "board.h"
#include "download.h"
#include "earshot_state.h"
#include "inbound.h"
#include "link.h"
#include "liveness.h"
#include "outbound.h"
#include "refusal.h"
#include "ways.h"

#define PING_AFTER_MS 15000
#define PING_EVERY_MS 5000
#define SILENT_AFTER_MS 30000
#define IDLE_AFTER_MS 10000
/** Buffer for the body or the reason of an answer. */
#define SCRATCH (4 * ES_WINDOW)
/** Most records of a session read, and written, in one poll. */
#define RECORDS_A_POLL 8

bool es_session_is_busy(earshot *board, const es_session *session) {
  const es_contact *contact = es_contact_find(board, session->id);
  if (session->attached && contact != NULL && es_outbound_wants_session(board, contact)) return true;
  if (session->verdict_count > 0 || session->orphan_count > 0) return true;
  return es_download_is_busy(board, session) || es_answering_count(board, session) > 0;
}

/* Writing. */

static void describe_refusal(const es_session *session, es_frame *frame, uint8_t text[SCRATCH]) {
  const es_verdict *refusal = &session->verdicts[0];
  const es_refusal_words *words = es_refusal_words_of((earshot_result)refusal->result);
  es_writer why = es_writer_on(text, SCRATCH);
  es_write_text(&why, words->why);
  if (refusal->result == EARSHOT_NOT_JSON) es_write_number(&why, refusal->detail);
  frame->type = ES_NAK;
  frame->seq = refusal->seq;
  frame->why = (es_text){text, why.length};
  if (refusal->result != EARSHOT_NOT_JSON && refusal->detail > 0)
    frame->why = es_text_of(session->reasons + refusal->detail - 1);
  es_copy_text(frame->code, sizeof frame->code, es_refusal_code(words->result));
}

/** Makes a frame of the answers that wait: all acknowledgements, else one refusal. */
static void describe_answers(const es_session *session, es_frame *frame, uint8_t scratch[SCRATCH]) {
  for (unsigned i = 0; i < session->verdict_count; i++) {
    if (session->verdicts[i].result != EARSHOT_OK) continue;
    es_put_u32(scratch + frame->length, session->verdicts[i].seq);
    frame->length += 4;
  }
  frame->type = ES_ACK;
  frame->body = scratch;
  if (frame->length == 0) describe_refusal(session, frame, scratch);
}

/** Makes a frame of the most urgent answer, those to messages first (PROTOCOL.md 3.14); false if none waits. */
static bool describe_next(earshot *board, const es_session *session, es_frame *frame,
                          uint8_t scratch[SCRATCH]) {
  es_frame_begin(frame, session->pong ? ES_PONG : ES_PING);
  frame->n = session->pong_n;
  if (session->verdict_count > 0) {
    describe_answers(session, frame, scratch);
    return true;
  }
  const es_download *download = es_download_wanting(board, session);
  if (download == NULL) return session->pong || session->ping;
  frame->type = ES_WANT;
  frame->seq = download->seq;
  frame->offset = download->got;
  frame->until = download->until;
  return true;
}

/** Removes the answers that a frame has. */
static void forget_answers(es_session *session, const es_frame *told) {
  unsigned kept = 0;
  for (unsigned i = 0; i < session->verdict_count; i++) {
    const es_verdict *answer = &session->verdicts[i];
    if (told->type == ES_ACK ? answer->result != EARSHOT_OK : i > 0) session->verdicts[kept++] = *answer;
  }
  session->verdict_count = (uint8_t)kept;
}

/** Writes the most urgent answer; false if none waits, or it does not fit. */
static bool put_answer(earshot *board, es_session *session, es_writer *writer) {
  uint8_t scratch[SCRATCH];
  es_frame frame;
  if (!describe_next(board, session, &frame, scratch) || !es_frame_write(&frame, writer)) return false;
  switch (frame.type) {
    case ES_WANT: es_download_wanting(board, session)->want = false; break;
    case ES_PONG: session->pong = false; break;
    case ES_PING: session->ping = false; break;
    default: forget_answers(session, &frame); break;
  }
  return true;
}

/** Fills the next record with as many frames as fit; false if there is none to send. */
static bool compose(earshot *board, es_session *session) {
  uint8_t *plain = session->tx_bytes + ES_RECORD_HEADER;
  size_t most = session->rx < EARSHOT_TX ? session->rx : EARSHOT_TX;
  es_writer writer = es_writer_on(plain, most - ES_TAG);
  while (put_answer(board, session, &writer)) continue;
  if (session->why == ES_NO_REASON) {
    while (session->attached && es_outbound_frame(board, session, &writer)) session->active = es_now(board);
  } else {
    session->close_sent = session->close_sent || es_frame_write_close(es_reason_text(session->why), &writer);
  }
  if (writer.length == 0) return false;
  session->out_sent = 0;
  session->out = es_record_seal(&session->send, session->tx_bytes, writer.length);
  if (session->out == 0) es_session_end(session, (es_reason)EARSHOT_CRYPTO);
  return session->out != 0;
}

/** Writes the present record, then more, as far as the connection accepts them. */
static void write_records(earshot *board, es_session *session) {
  for (unsigned records = 0; records <= RECORDS_A_POLL; records++) {
    size_t before = session->out_sent;
    earshot_result result =
        es_link_write(board, session->connection, session->tx_bytes, session->out, &session->out_sent);
    if (result == EARSHOT_OK || session->out_sent > before) session->wrote = es_now(board);
    if (result == EARSHOT_AGAIN) return;
    if (result != EARSHOT_OK || session->close_sent) {
      es_session_end(session, result == EARSHOT_OK ? ES_CLOSED : (es_reason)result);
      return;
    }
    if (records < RECORDS_A_POLL && !compose(board, session)) return;
  }
  es_wake_now(board);
}

/* Reading. */

static void obey(earshot *board, es_session *session, const es_frame *frame) {
  if (frame->type >= ES_CHAT && frame->type <= ES_PART) session->active = es_now(board);
  switch (frame->type) {
    case ES_CHAT:
    case ES_DOCUMENT: es_inbound_message(board, session, frame); break;
    case ES_PART: es_download_part(board, session, frame); break;
#if EARSHOT_PARTS
    case ES_WANT: es_outbound_want(board, session, frame); break;
#endif
    case ES_ACK: es_outbound_ack(board, session, frame); break;
    case ES_NAK: es_outbound_nak(board, session, frame); break;
    case ES_PING:
      session->pong = true;
      session->pong_n = frame->n;
      break;
#if EARSHOT_HEARSAY
    case ES_PEERS: es_ways_heard(board, session, frame); break;
#endif
    case ES_VOID: es_inbound_void(board, session, frame->seq); break;
    case ES_CLOSE: es_session_end(session, es_text_is(frame->why, "full") ? ES_FULL : ES_CLOSED); break;
    default: break;
  }
}

/** Handles the checked frames of a record; false if the session has ended. */
static bool apply(earshot *board, es_session *session, const uint8_t *plain, size_t length) {
  for (size_t at = 0; session->ended == ES_NO_REASON && at < length;) {
    es_frame frame;
    if (es_frame_read(&frame, plain, length, &at) != EARSHOT_OK) return false;
    obey(board, session, &frame);
  }
  /* Also for messages before a frame that ended the session. */
  return es_inbound_commit(board, session) && session->ended == ES_NO_REASON;
}

/** Decrypts, checks and handles a complete record; false if the session has ended. */
static bool understand(earshot *board, es_session *session) {
  size_t length = es_record_length(&session->in_record);
  uint8_t *bytes = session->rx_bytes + ES_RECORD_HEADER;
  earshot_result result = es_cipher_open(&session->receive, NULL, 0, bytes, length);
  if (result == EARSHOT_OK) result = es_frames_check(bytes, length - ES_TAG);
  if (result != EARSHOT_OK) {
    es_session_end(session, (es_reason)result);
    return false;
  }
  session->heard = es_now(board);
  session->in_record.held = 0;
  es_peer *peer = es_roster_find(board, session->id);
  if (peer != NULL) es_liveness_heard(board, peer);
  return apply(board, session, bytes, length - ES_TAG);
}

static void read_records(earshot *board, es_session *session) {
  for (unsigned records = 0; session->ended == ES_NO_REASON && records < RECORDS_A_POLL; records++) {
    session->in_record.bytes = session->rx_bytes;
    session->in_record.max = EARSHOT_RX;
    earshot_result result = es_link_read(board, session->connection, &session->in_record);
    if (result == EARSHOT_AGAIN) return;
    if (result != EARSHOT_OK) {
      es_session_end(session, (es_reason)result);
      return;
    }
    if (!understand(board, session)) return;
  }
  es_wake_now(board);
}

/* Time. */

/** True if a session stays without traffic: nothing else would show that the peer is gone. */
static bool stays(earshot *board, const es_session *session) {
  if (session->brief || es_roster_hears(board, session->id)) return false;
#if EARSHOT_HEARSAY
  if (es_ways_want(board, session->id)) return true;
#endif
  return !session->initiator;
}

static void watch(earshot *board, es_session *session) {
  if (session->why != ES_NO_REASON) {
    if (es_is_due(board, session->close_by)) es_session_end(session, session->why);
    return;
  }
  if (es_has_passed(board, session->heard, SILENT_AFTER_MS) ||
      es_has_passed(board, session->wrote, SILENT_AFTER_MS)) {
    es_session_end(session, ES_SILENT);
    return;
  }
  if (es_is_due(board, session->active + IDLE_AFTER_MS)) {
    es_wake_at(board, es_after(board, PING_EVERY_MS));
    if (!es_session_is_busy(board, session) && !stays(board, session)) {
      es_session_close(board, session, ES_IDLE);
      es_wake_now(board);
      return;
    }
  }
  if (es_has_passed(board, session->heard, PING_AFTER_MS) &&
      es_has_passed(board, session->pinged, PING_EVERY_MS)) {
    session->ping = true;
    session->pinged = es_now(board);
    es_wake_now(board);
  }
}

void es_session_poll(earshot *board, es_session *session) {
  write_records(board, session);
  if (session->ended == ES_NO_REASON) read_records(board, session);
  if (session->ended == ES_NO_REASON) write_records(board, session);
  if (session->ended == ES_NO_REASON) watch(board, session);
}
