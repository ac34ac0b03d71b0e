#include "frame.h"

#include "field.h"
#include "utf8.h"

/** Types from here on end the session where they are not known. */
#define CRITICAL 128

static earshot_result first_of(const earshot_result *results, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (results[i] != EARSHOT_OK) return results[i];
  }
  return EARSHOT_OK;
}

#define FIRST_OF(results) first_of(results, sizeof(results) / sizeof((results)[0]))

static earshot_result read_seq(const es_flat *head, es_frame *frame) {
  return es_field_u32(head, "seq", 1, &frame->seq);
}

static earshot_result no_body(const es_frame *frame) {
  return frame->length == 0 ? EARSHOT_OK : EARSHOT_BAD_LENGTH;
}

static earshot_result read_have(const es_flat *head, es_frame *frame) {
  if (frame->length * 8 > ES_WINDOW_LIMIT + 1) return EARSHOT_BAD_LENGTH;
  earshot_result results[] = {
      es_field_u32(head, "epoch", 0, &frame->epoch),
      es_field_u32(head, "upto", 0, &frame->upto),
  };
  return FIRST_OF(results);
}

static earshot_result read_to(const es_flat *head, bool *to_all) {
  es_text to;
  if (es_field_raw(head, "to", true, &to) != EARSHOT_OK) return EARSHOT_BAD_FIELD;
  *to_all = es_text_is(to, "all");
  return *to_all || es_text_is(to, "you") ? EARSHOT_OK : EARSHOT_BAD_FIELD;
}

static earshot_result read_id(const es_flat *head, es_frame *frame) {
  return es_field_text(head, "id", es_is_ulid, frame->id, sizeof frame->id);
}

static earshot_result read_at(const es_flat *head, es_frame *frame) {
  return es_field_optional_integer(head, "at", 0, ES_U53_MAX, &frame->at, &frame->has_at);
}

static earshot_result read_chat(const es_flat *head, es_frame *frame) {
  if (frame->length > ES_CHAT_MAX) return EARSHOT_TOO_LONG;
  earshot_result results[] = {
      read_seq(head, frame), read_id(head, frame), read_to(head, &frame->to_all), read_at(head, frame),
      es_utf8_valid(frame->body, frame->length) ? EARSHOT_OK : EARSHOT_BAD_UTF8,
  };
  return FIRST_OF(results);
}

static earshot_result read_stream(const es_flat *head, es_frame *frame) {
  frame->has_stream = es_flat_find(head, "stream") != NULL;
  return frame->has_stream ? es_field_raw(head, "stream", true, &frame->stream) : EARSHOT_OK;
}

static earshot_result read_document(const es_flat *head, es_frame *frame) {
  earshot_result results[] = {
      read_seq(head, frame),
      read_id(head, frame),
      es_field_raw(head, "name", true, &frame->name),
      es_field_integer(head, "size", 0, ES_U53_MAX, &frame->size),
      read_at(head, frame),
      read_stream(head, frame),
      es_field_optional_hash(head, "sha256", frame->sha256, &frame->has_sha256),
  };
  earshot_result result = FIRST_OF(results);
  if (result != EARSHOT_OK || frame->length == frame->size) return result;
  if (frame->length != 0) return EARSHOT_BAD_LENGTH;
  return frame->has_sha256 ? EARSHOT_OK : EARSHOT_BAD_FIELD;
}

static earshot_result read_part(const es_flat *head, es_frame *frame) {
  if (frame->length == 0) return EARSHOT_BAD_LENGTH;
  earshot_result results[] = {
      read_seq(head, frame),
      es_field_integer(head, "offset", 0, ES_U53_MAX, &frame->offset),
  };
  return FIRST_OF(results);
}

static earshot_result read_want(const es_flat *head, es_frame *frame) {
  earshot_result results[] = {
      no_body(frame),
      read_seq(head, frame),
      es_field_integer(head, "offset", 0, ES_U53_MAX, &frame->offset),
      es_field_integer(head, "until", 0, ES_U53_MAX, &frame->until),
  };
  earshot_result result = FIRST_OF(results);
  return result == EARSHOT_OK && frame->until < frame->offset ? EARSHOT_BAD_FIELD : result;
}

static earshot_result read_ack(const es_frame *frame) {
  if (frame->length == 0 || frame->length % 4 != 0) return EARSHOT_BAD_LENGTH;
  for (size_t i = 0; i < frame->length; i += 4) {
    if (es_get_u32(frame->body + i) == 0) return EARSHOT_BAD_FIELD;
  }
  return EARSHOT_OK;
}

static earshot_result read_nak(const es_flat *head, es_frame *frame) {
  earshot_result results[] = {
      no_body(frame),
      read_seq(head, frame),
      es_field_text(head, "code", es_is_word, frame->code, sizeof frame->code),
      es_field_raw(head, "why", false, &frame->why),
  };
  return FIRST_OF(results);
}

/** A frame without body whose head is one member. */
static earshot_result bodiless(const es_frame *frame, earshot_result member) {
  earshot_result result = no_body(frame);
  return result == EARSHOT_OK ? member : result;
}

static earshot_result understand(const es_flat *head, es_frame *frame) {
  switch (frame->type) {
    case ES_HAVE: return read_have(head, frame);
    case ES_CHAT: return read_chat(head, frame);
    case ES_DOCUMENT: return read_document(head, frame);
    case ES_PART: return read_part(head, frame);
    case ES_WANT: return read_want(head, frame);
    case ES_ACK: return read_ack(frame);
    case ES_NAK: return read_nak(head, frame);
    case ES_PING:
    case ES_PONG: return bodiless(frame, es_field_u32(head, "n", 0, &frame->n));
    case ES_EPOCH: return bodiless(frame, es_field_u32(head, "epoch", 0, &frame->epoch));
    case ES_VOID: return bodiless(frame, read_seq(head, frame));
    case ES_CLOSE: return bodiless(frame, es_field_raw(head, "why", false, &frame->why));
    default: return frame->type < CRITICAL ? EARSHOT_OK : EARSHOT_BAD_TYPE;
  }
}

earshot_result es_frame_read(es_frame *frame, const uint8_t *plain, size_t length, size_t *at) {
  const uint8_t *header = plain + *at;
  size_t left = length - *at;
  if (left < ES_FRAME_HEADER) return EARSHOT_TOO_SHORT;
  size_t head_length = es_get_u16(header + 1);
  size_t body_length = es_get_u16(header + 3);
  if (head_length > ES_HEAD_MAX) return EARSHOT_TOO_LONG;
  if (left - ES_FRAME_HEADER < head_length + body_length) return EARSHOT_TOO_SHORT;
  const uint8_t *head_bytes = header + ES_FRAME_HEADER;

  es_flat head = {.bytes = head_bytes, .count = 0};
  if (head_length > 0 && es_flat_read(&head, head_bytes, head_length) != EARSHOT_OK) return EARSHOT_BAD_JSON;
  memset(frame, 0, sizeof *frame);
  frame->type = header[0];
  frame->body = head_bytes + head_length;
  frame->length = body_length;
  *at += ES_FRAME_HEADER + head_length + body_length;
  return understand(&head, frame);
}

earshot_result es_frames_check(const uint8_t *plain, size_t length) {
  size_t at = 0;
  do {
    es_frame frame;
    earshot_result result = es_frame_read(&frame, plain, length, &at);
    if (result != EARSHOT_OK) return result;
  } while (at < length);
  return EARSHOT_OK;
}

es_frame_writer es_frame_begin(es_writer *out, es_frame_type type) {
  static const uint8_t NO_LENGTHS[ES_FRAME_HEADER - 1];
  es_frame_writer frame = {out, out->length, 0};
  es_write_byte(out, (uint8_t)type);
  es_write(out, NO_LENGTHS, sizeof NO_LENGTHS);
  es_flat_begin(out);
  return frame;
}

void es_frame_end_head(es_frame_writer *frame) {
  es_flat_end(frame->out);
  frame->head_end = frame->out->length;
  /* A head without members takes no bytes. */
  if (frame->head_end - frame->start == ES_FRAME_HEADER + 2 && !frame->out->overflow) {
    frame->head_end = frame->out->length -= 2;
  }
}

bool es_frame_end(es_frame_writer *frame) {
  es_writer *out = frame->out;
  size_t head = frame->head_end - frame->start - ES_FRAME_HEADER;
  size_t body = out->length - frame->head_end;
  if (out->overflow || head > ES_HEAD_MAX || body > UINT16_MAX) {
    out->length = frame->start;
    out->overflow = false;
    return false;
  }
  es_put_u16(out->bytes + frame->start + 1, (uint16_t)head);
  es_put_u16(out->bytes + frame->start + 3, (uint16_t)body);
  return true;
}

bool es_frame_put_number(es_writer *out, es_frame_type type, const char *name, uint32_t value) {
  es_frame_writer frame = es_frame_begin(out, type);
  es_flat_put_integer(out, name, value);
  es_frame_end_head(&frame);
  return es_frame_end(&frame);
}

bool es_frame_put_have(es_writer *out, uint32_t epoch, uint32_t upto, const uint8_t *bitmap, size_t length) {
  es_frame_writer frame = es_frame_begin(out, ES_HAVE);
  es_flat_put_integer(out, "epoch", epoch);
  es_flat_put_integer(out, "upto", upto);
  es_frame_end_head(&frame);
  es_write(out, bitmap, length);
  return es_frame_end(&frame);
}

bool es_frame_put_nak(es_writer *out, uint32_t seq, const char *code, const char *why) {
  es_frame_writer frame = es_frame_begin(out, ES_NAK);
  es_flat_put_integer(out, "seq", seq);
  es_flat_put_text(out, "code", code);
  es_flat_put_text(out, "why", why);
  es_frame_end_head(&frame);
  return es_frame_end(&frame);
}

bool es_frame_put_close(es_writer *out, const char *why) {
  es_frame_writer frame = es_frame_begin(out, ES_CLOSE);
  es_flat_put_text(out, "why", why);
  es_frame_end_head(&frame);
  return es_frame_end(&frame);
}

bool es_frame_put_want(es_writer *out, uint32_t seq, uint64_t offset, uint64_t until) {
  es_frame_writer frame = es_frame_begin(out, ES_WANT);
  es_flat_put_integer(out, "seq", seq);
  es_flat_put_integer(out, "offset", offset);
  es_flat_put_integer(out, "until", until);
  es_frame_end_head(&frame);
  return es_frame_end(&frame);
}
