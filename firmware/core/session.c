#include "session.h"

#include "board.h"
#include "download.h"
#include "earshot_state.h"
#include "inbound.h"
#include "outbound.h"
#include "refusal.h"
#include "sessions.h"

#define PING_AFTER_MS 15000
#define PING_EVERY_MS 5000
#define SILENT_AFTER_MS 30000
#define IDLE_AFTER_MS 10000
#define LINGER_MS 1000
/** Records read, and written, before the other sessions get their turn. */
#define RECORDS_A_POLL 8

size_t es_session_capacity(const es_session *session) {
  size_t most = session->rx < EARSHOT_TX ? session->rx : EARSHOT_TX;
  return most - ES_TAG;
}

void es_session_end(earshot *board, es_session *session, const char *why) {
  if (!session->used) return;
  board->port->tcp_close(board->port->context, session->connection);
  es_cipher_end(&session->send);
  es_cipher_end(&session->receive);
  session->used = false;
  ES_LOG(board, EARSHOT_DEBUG, "session with ", session->name, " ended: ", why);
  es_sessions_ended(board, session, session->why != NULL ? session->why : why);
}

void es_session_close(earshot *board, es_session *session, const char *why) {
  if (session->why != NULL) return;
  session->why = why;
  session->close_by = es_after(board, LINGER_MS);
}

bool es_session_is_busy(earshot *board, const es_session *session) {
  const es_contact *contact = es_contact_find(board, session->id);
  if (session->attached && contact != NULL && es_outbound_is_busy(board, contact)) return true;
  return session->acks > 0 || es_download_is_busy(board, session);
}

void es_session_ack(es_session *session, uint32_t seq) {
  for (unsigned i = 0; i < ES_WINDOW; i++) {
    if (session->refusals[i].seq == seq) session->refusals[i].seq = 0;
  }
  for (unsigned i = 0; i < session->acks; i++) {
    if (session->ack[i] == seq) return;
  }
  session->ack[session->acks++] = seq;
}

/* Writing. */

static bool put_acks(es_session *session, es_writer *writer) {
  uint8_t body[4 * ES_ACKS];
  for (unsigned i = 0; i < session->acks; i++) es_put_u32(body + 4 * i, session->ack[i]);
  es_frame frame = {.type = ES_ACK, .body = body, .length = 4u * session->acks};
  if (!es_frame_write(&frame, writer)) return false;
  session->acks = 0;
  return true;
}

static bool put_refusal(es_session *session, es_writer *writer) {
  for (unsigned i = 0; i < ES_WINDOW; i++) {
    es_refusal *refusal = &session->refusals[i];
    if (refusal->seq == 0) continue;
    const es_refusal_words *words = es_refusal_words_of((earshot_result)refusal->code);
    char why[40];
    es_copy_text(why, sizeof why, words->why);
    if (refusal->code == EARSHOT_NOT_JSON) es_append_number(why, refusal->detail);
    es_frame frame = {.type = ES_NAK, .seq = refusal->seq, .why = es_text_of(why)};
    es_copy_text(frame.code, sizeof frame.code, words->code);
    if (!es_frame_write(&frame, writer)) return false;
    refusal->seq = 0;
    return true;
  }
  return false;
}

/** Writes a frame where it is wanted and fits; then it is not wanted any more. */
static bool put(bool *wanted, const es_frame *frame, es_writer *writer) {
  if (!*wanted || !es_frame_write(frame, writer)) return false;
  *wanted = false;
  return true;
}

static bool put_epoch(earshot *board, es_session *session, es_writer *writer) {
  const es_contact *contact = es_contact_find(board, session->id);
  es_frame frame = {.type = ES_EPOCH};
  if (contact == NULL) return false;
  frame.epoch = contact->out.epoch;
  return put(&session->tell_epoch, &frame, writer);
}

static bool put_have(es_session *session, es_writer *writer) {
  uint8_t bitmap[ES_WINDOW / 8];
  es_frame frame = {.type = ES_HAVE, .epoch = session->in.epoch, .upto = session->in.upto, .body = bitmap};
  frame.length = es_window_bitmap(&session->in, bitmap);
  return put(&session->tell_have, &frame, writer);
}

/** The most urgent answer; false where none waits, or it does not fit any more. */
static bool put_answer(earshot *board, es_session *session, es_writer *writer) {
  es_frame want = {.type = ES_WANT,
                   .seq = session->want_seq,
                   .offset = session->want_offset,
                   .until = session->want_until};
  es_frame pong = {.type = ES_PONG, .n = session->pong_n};
  es_frame ping = {.type = ES_PING, .n = 1};
  return (session->tell_epoch && put_epoch(board, session, writer)) ||
         (session->tell_have && put_have(session, writer)) ||
         (session->acks > 0 && put_acks(session, writer)) || put_refusal(session, writer) ||
         put(&session->want, &want, writer) || put(&session->pong, &pong, writer) ||
         put(&session->ping, &ping, writer);
}

static void put_close(es_session *session, es_writer *writer) {
  es_frame frame = {.type = ES_CLOSE, .why = es_text_of(session->why)};
  session->close_sent = session->close_sent || es_frame_write(&frame, writer);
}

/** Fills the next record with as many frames as fit; false where there is nothing to say. */
static bool compose(earshot *board, es_session *session) {
  uint8_t *plain = session->tx_bytes + ES_RECORD_HEADER;
  es_writer writer = es_writer_on(plain, es_session_capacity(session));
  while (put_answer(board, session, &writer)) continue;
  if (session->why == NULL) {
    while (session->attached && es_outbound_frame(board, session, &writer)) session->active = es_now(board);
  } else {
    put_close(session, &writer);
  }
  if (writer.length == 0) return false;
  if (es_cipher_seal(&session->send, NULL, 0, plain, writer.length) != EARSHOT_OK) {
    es_session_end(board, session, "encryption failed");
    return false;
  }
  es_put_u16(session->tx_bytes, (uint16_t)(writer.length + ES_TAG));
  session->out = ES_RECORD_HEADER + writer.length + ES_TAG;
  session->out_sent = 0;
  return true;
}

/** Writes what waits, then more, as far as the connection takes it. */
static void write_records(earshot *board, es_session *session) {
  const earshot_port *port = board->port;
  for (unsigned records = 0; session->used;) {
    if (session->out_sent == session->out) {
      session->wrote = es_now(board);
      if (session->close_sent) {
        es_session_end(board, session, "closed");
        return;
      }
      if (records++ == RECORDS_A_POLL) {
        es_wake_now(board);
        return;
      }
      if (!compose(board, session)) return;
    }
    size_t written = 0;
    earshot_result result =
        port->tcp_write(port->context, session->connection, session->tx_bytes + session->out_sent,
                        session->out - session->out_sent, &written);
    if (result == EARSHOT_AGAIN) return;
    if (result != EARSHOT_OK) {
      es_session_end(board, session, "the connection broke");
      return;
    }
    session->out_sent += written;
    session->wrote = es_now(board);
  }
}

/* Reading. */

static void closed_by_peer(earshot *board, es_session *session, const es_frame *frame) {
  static const char *const KNOWN[] = {"idle", "full", "replaced", "bye"};
  const char *why = "closed by the peer";
  for (unsigned i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
    if (es_text_is(frame->why, KNOWN[i])) why = KNOWN[i];
  }
  es_session_end(board, session, why);
}

static void obey(earshot *board, es_session *session, const es_frame *frame) {
  switch (frame->type) {
    case ES_CHAT:
    case ES_DOCUMENT:
    case ES_PART: session->active = es_now(board); break;
    default: break;
  }
  switch (frame->type) {
    case ES_HAVE: es_outbound_have(board, session, frame); break;
    case ES_CHAT:
    case ES_DOCUMENT: es_inbound_message(board, session, frame); break;
    case ES_PART: es_download_part(board, session, frame); break;
    case ES_WANT: es_outbound_want(board, session, frame); break;
    case ES_ACK: es_outbound_ack(board, session, frame); break;
    case ES_NAK: es_outbound_nak(board, session, frame); break;
    case ES_PING:
      session->pong = true;
      session->pong_n = frame->n;
      break;
    case ES_EPOCH: es_inbound_epoch(board, session, frame->epoch); break;
    case ES_VOID: es_inbound_void(board, session, frame->seq); break;
    case ES_CLOSE: closed_by_peer(board, session, frame); break;
    default: break;
  }
}

/**
 * Has the frames of a record take effect, as long as there is room for their answers. Every frame was checked
 * before; false where the rest has to wait.
 */
static bool apply(earshot *board, es_session *session) {
  const uint8_t *plain = session->rx_bytes + ES_RECORD_HEADER;
  while (session->used && session->applied < session->plain) {
    if (session->acks == ES_ACKS) break;
    es_frame frame;
    if (es_frame_read(&frame, plain, session->plain, &session->applied) != EARSHOT_OK) return false;
    obey(board, session, &frame);
  }
  if (!session->used || !es_inbound_commit(board, session)) return false;
  if (session->applied < session->plain) return false;
  session->plain = session->applied = session->arrived = 0;
  return true;
}

/** Deciphers a whole record, and checks all of it before anything takes effect. */
static bool decipher(earshot *board, es_session *session, size_t length) {
  uint8_t *bytes = session->rx_bytes + ES_RECORD_HEADER;
  earshot_result result = es_cipher_open(&session->receive, NULL, 0, bytes, length);
  if (result == EARSHOT_OK) result = es_frames_check(bytes, length - ES_TAG);
  if (result != EARSHOT_OK) {
    es_session_end(board, session, earshot_result_name(result));
    return false;
  }
  session->heard = es_now(board);
  session->plain = length - ES_TAG;
  session->applied = 0;
  return true;
}

/** Reads what is missing of the record in arrival; EARSHOT_OK once it is whole. */
static earshot_result read_record(earshot *board, es_session *session, size_t *length) {
  const earshot_port *port = board->port;
  es_record record = {session->rx_bytes, EARSHOT_RX, session->arrived};
  earshot_result result = EARSHOT_AGAIN;
  while (result == EARSHOT_AGAIN) {
    size_t got = 0;
    result = port->tcp_read(port->context, session->connection, session->rx_bytes + record.held,
                            es_record_missing(&record), &got);
    if (result != EARSHOT_OK) return result;
    result = es_record_arrived(&record, got);
    session->arrived = record.held;
  }
  *length = es_record_length(&record);
  return result;
}

static void read_records(earshot *board, es_session *session) {
  for (unsigned records = 0; session->used && records < RECORDS_A_POLL; records++) {
    if (session->plain == 0) {
      size_t length;
      earshot_result result = read_record(board, session, &length);
      if (result == EARSHOT_AGAIN) return;
      if (result != EARSHOT_OK) {
        es_session_end(board, session, result == EARSHOT_ENDED ? "hung up" : earshot_result_name(result));
        return;
      }
      if (!decipher(board, session, length)) return;
    }
    if (!apply(board, session)) return;
  }
  es_wake_now(board);
}

/* Time. */

static void watch(earshot *board, es_session *session) {
  if (session->why != NULL) {
    if (es_is_due(board, session->close_by)) es_session_end(board, session, session->why);
    return;
  }
  if (es_has_passed(board, session->heard, SILENT_AFTER_MS) ||
      es_has_passed(board, session->wrote, SILENT_AFTER_MS)) {
    es_session_end(board, session, "silent");
    return;
  }
  if (es_is_due(board, session->active + IDLE_AFTER_MS)) {
    es_wake_at(board, es_after(board, PING_EVERY_MS));
    if (!es_session_is_busy(board, session)) {
      es_session_close(board, session, "idle");
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
  if (session->used) read_records(board, session);
  if (session->used) write_records(board, session);
  /* Part of a record had to wait for room for its answers, which there is now. */
  if (session->used && session->plain > 0 && session->acks < ES_ACKS) es_wake_now(board);
  if (session->used) watch(board, session);
}
