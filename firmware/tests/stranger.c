#include "stranger.h"

#include <stdio.h>
#include <string.h>

#include "identity.h"
#include "member.h"
#include "noise.h"
#include "sessions.h"

void stranger_make(stranger *s, uint8_t number) {
  uint8_t secret[ES_KEY] = {number, 77};
  memset(s, 0, sizeof *s);
  CHECK_RESULT(es_x25519_import(secret, &s->identity), "ok");
  CHECK_RESULT(es_node_id(s->identity.public_key, s->id), "ok");
  es_payload payload = {.kind = "test", .boot = 1, .app = "test/1", .rx = 65535, .window = 1024};
  snprintf(payload.name, sizeof payload.name, "stranger%u", number);
  s->payload = payload;
}

/** Reads exactly `length` bytes; false if they do not come within 2 s. */
static bool read_exactly(stranger *s, uint8_t *bytes, size_t length) {
  earshot_ms end = sim_now + 2000;
  while (length > 0) {
    int got = sim_read(s->connection, bytes, length);
    if (got < 0) return false;
    bytes += got;
    length -= (size_t)got;
    if (got == 0) {
      if (sim_now >= end) return false;
      sim_run(5);
    }
  }
  return true;
}

static bool write_message(stranger *s, es_noise *noise, const uint8_t *payload, size_t length) {
  uint8_t message[1024];
  es_writer writer = es_writer_on(message + 2, sizeof message - 2);
  if (es_noise_write(noise, payload, length, &writer) != EARSHOT_OK) return false;
  es_put_u16(message, (uint16_t)writer.length);
  sim_write(s->connection, message, writer.length + 2);
  return true;
}

static bool shake_hands(stranger *s, es_noise *noise) {
  uint8_t message[1024];
  uint8_t json[ES_PAYLOAD_MAX];
  uint8_t *payload;
  size_t length;
  es_writer writer = es_writer_on(json, sizeof json);
  sim_write(s->connection, "ES1\n", 4);
  if (!write_message(s, noise, NULL, 0)) return false;
  if (!read_exactly(s, message, 2) || !read_exactly(s, message + 2, es_get_u16(message))) return false;
  if (es_noise_read(noise, message + 2, es_get_u16(message), &payload, &length) != EARSHOT_OK) return false;
  if (es_payload_write(&s->payload, &writer) != EARSHOT_OK || !write_message(s, noise, json, writer.length))
    return false;
  return es_noise_split(noise, &s->send, &s->receive) == EARSHOT_OK;
}

bool stranger_dial(stranger *s, unsigned node) {
  static const uint8_t PROLOGUE[] = "earshot/1 earshot";
  uint8_t ephemeral[ES_KEY];
  es_noise noise;
  for (unsigned i = 0; i < ES_KEY; i++) ephemeral[i] = (uint8_t)sim_random(256);
  es_noise_options options = {
      .initiator = true,
      .prologue = PROLOGUE,
      .prologue_length = sizeof PROLOGUE - 1,
      .identity = &s->identity,
      .ephemeral = ephemeral,
  };
  s->length = s->at = 0;
  s->connection = sim_dial(node);
  if (s->connection < 0 || es_noise_start(&noise, &options) != EARSHOT_OK) return false;
  bool proven = shake_hands(s, &noise);
  es_noise_end(&noise);
  sim_run(5);
  return proven;
}

void stranger_dial_again(stranger *s) {
  stranger_end(s);
  stranger_make(s, 1);
  REQUIRE(stranger_dial(s, 0));
}

void stranger_hello(const stranger *s, unsigned node) {
  static uint32_t seq;
  es_announcement hello = {
      .t = ES_HELLO, .group = "earshot", .boot = 1, .seq = ++seq, .port = 3333, .every = 12};
  uint8_t bytes[ES_ANNOUNCEMENT_MAX];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  es_copy_text(hello.id, sizeof hello.id, s->id);
  es_copy_text(hello.name, sizeof hello.name, s->payload.name);
  es_copy_text(hello.kind, sizeof hello.kind, s->payload.kind);
  CHECK_RESULT(es_announcement_write(&hello, &out), "ok");
  sim_datagram(node, bytes, out.length, false);
  sim_run(1);
}

void stranger_begin(stranger *s, unsigned seed) {
  sim_begin(seed);
  sim_start(0, "a");
  stranger_make(s, 1);
  CHECK(stranger_dial(s, 0));
}

void stranger_appear(stranger *s, unsigned node) {
  /* As after a handshake, with the same chaining key on both sides: all zeros. */
  es_noise mine = {.initiator = true, .next = 3};
  es_handshake theirs = {.state = ES_HANDSHAKE_READ, .noise = {.next = 3}};
  sim_run(1);
  s->length = s->at = 0;
  s->connection = sim_dial(node);
  theirs.connection = sim_accept(s->connection);
  CHECK_RESULT(es_noise_split(&mine, &s->send, &s->receive), "ok");
  CHECK(es_sessions_add(&sim[node].board, &theirs, s->id, &s->payload) != NULL);
}

void stranger_post(stranger *s, const void *frames, size_t length) {
  static uint8_t record[2 + 65535];
  memcpy(record + 2, frames, length);
  CHECK_RESULT(es_cipher_seal(&s->send, NULL, 0, record + 2, length), "ok");
  es_put_u16(record, (uint16_t)(length + ES_TAG));
  sim_write(s->connection, record, length + ES_TAG + 2);
}

void stranger_send(stranger *s, const void *frames, size_t length) {
  stranger_post(s, frames, length);
  sim_run(5);
}

static bool read_record(stranger *s) {
  uint8_t header[2];
  if (!read_exactly(s, header, 2) || !read_exactly(s, s->plain, es_get_u16(header))) return false;
  s->at = 0;
  s->length = es_get_u16(header) - (size_t)ES_TAG;
  CHECK_RESULT(es_cipher_open(&s->receive, NULL, 0, s->plain, es_get_u16(header)), "ok");
  return true;
}

bool stranger_next(stranger *s) {
  if (s->at == s->length && !read_record(s)) return false;
  CHECK_RESULT(es_frame_read(&s->frame, s->plain, s->length, &s->at), "ok");
  return true;
}

bool stranger_expect(stranger *s, es_frame_type type) {
  while (stranger_next(s)) {
    if (s->frame.type == type) return true;
  }
  return false;
}

bool stranger_is_left(stranger *s) {
  while (stranger_next(s)) continue;
  uint8_t byte;
  return sim_read(s->connection, &byte, 1) < 0;
}

void stranger_end(stranger *s) {
  if (s->connection >= 0) sim_hang_up(s->connection);
  s->connection = -1;
  es_cipher_end(&s->send);
  es_cipher_end(&s->receive);
  es_key_destroy(&s->identity.key);
}

void stranger_say(stranger *s, const es_frame *frame) {
  static uint8_t bytes[65535];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  CHECK(es_frame_write(frame, &out));
  stranger_send(s, out.bytes, out.length);
}

void stranger_ack(stranger *s, uint32_t seq) {
  uint8_t number[4];
  es_put_u32(number, seq);
  es_frame frame = {.type = ES_ACK, .body = number, .length = sizeof number};
  stranger_say(s, &frame);
}

void stranger_nak(stranger *s, uint32_t seq, const char *code) {
  es_frame frame = {.type = ES_NAK, .seq = seq, .why = es_text_of("")};
  es_copy_text(frame.code, sizeof frame.code, code);
  stranger_say(s, &frame);
}

void stranger_void(stranger *s, uint32_t seq) {
  es_frame frame = {.type = ES_VOID, .seq = seq};
  stranger_say(s, &frame);
}

void stranger_chat(stranger *s, uint32_t seq, const char *text) {
  es_frame frame = {
      .type = ES_CHAT, .to = ES_TO_YOU, .seq = seq, .body = (const uint8_t *)text, .length = strlen(text)};
  snprintf(frame.id, sizeof frame.id, "01JD3Q8X7Z9V5T2N%010u", (unsigned)seq);
  stranger_say(s, &frame);
}

void stranger_document(stranger *s, uint32_t seq, const char *id, const char *stream, const void *body,
                       size_t length) {
  es_frame frame = {.type = ES_DOCUMENT,
                    .seq = seq,
                    .name = es_text_of("a.json"),
                    .size = length,
                    .body = body,
                    .length = length};
  if (stream != NULL) frame.stream = es_text_of(stream);
  es_copy_text(frame.id, sizeof frame.id, id);
  stranger_say(s, &frame);
}

void stranger_ask(stranger *s, uint32_t seq, const char *id, const char *json) {
  es_frame frame = {.type = ES_DOCUMENT,
                    .seq = seq,
                    .name = es_text_of("ask.json"),
                    .size = strlen(json),
                    .ask = true,
                    .body = (const uint8_t *)json,
                    .length = strlen(json)};
  es_copy_text(frame.id, sizeof frame.id, id);
  stranger_say(s, &frame);
}

void stranger_answer(stranger *s, uint32_t seq, const char *id, const char *re, const char *code,
                     const char *json) {
  es_frame frame = {.type = ES_DOCUMENT,
                    .seq = seq,
                    .name = es_text_of("answer.json"),
                    .size = strlen(json),
                    .body = (const uint8_t *)json,
                    .length = strlen(json)};
  es_copy_text(frame.id, sizeof frame.id, id);
  es_copy_text(frame.re, sizeof frame.re, re);
  es_copy_text(frame.code, sizeof frame.code, code);
  stranger_say(s, &frame);
}

void stranger_write_head(es_writer *out, uint32_t seq, const char *id, const uint8_t hash[ES_HASH],
                         uint64_t size) {
  uint8_t text[2 * ES_HASH];
  es_writer hex = es_writer_on(text, sizeof text);
  es_write_hex(&hex, hash, ES_HASH);
  es_frame frame = {.type = ES_DOCUMENT,
                    .seq = seq,
                    .name = es_text_of("a.json"),
                    .size = size,
                    .sha256 = {text, hex.length}};
  es_copy_text(frame.id, sizeof frame.id, id);
  CHECK(es_frame_write(&frame, out));
}

void stranger_announce(stranger *s, uint32_t seq, const char *id, uint64_t size,
                       const uint8_t hash[ES_HASH]) {
  uint8_t bytes[400];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  stranger_write_head(&out, seq, id, hash, size);
  stranger_send(s, out.bytes, out.length);
}

void stranger_part(stranger *s, uint32_t seq, uint64_t offset, const void *body, size_t length) {
  es_frame frame = {.type = ES_PART, .seq = seq, .offset = offset, .body = body, .length = length};
  stranger_say(s, &frame);
}

void stranger_check_message(stranger *s, uint32_t seq, const char *body) {
  REQUIRE(stranger_next(s));
  CHECK(s->frame.type == ES_CHAT || s->frame.type == ES_DOCUMENT);
  CHECK_NUMBER(s->frame.seq, seq);
  CHECK_BYTES(s->frame.body, s->frame.length, body, strlen(body));
}

void stranger_check_answer(stranger *s, const char *re, const char *code, const char *json) {
  REQUIRE(stranger_next(s));
  CHECK_NUMBER(s->frame.type, ES_DOCUMENT);
  CHECK_TEXT(s->frame.re, re);
  CHECK_TEXT(s->frame.code, code);
  CHECK(es_text_is(s->frame.name, "answer.json"));
  CHECK_BYTES(s->frame.body, s->frame.length, json, strlen(json));
}

void stranger_check_head(stranger *s) {
  REQUIRE(stranger_next(s));
  CHECK(s->frame.type == ES_DOCUMENT && s->frame.length == 0);
}

void stranger_check_ack(stranger *s, uint32_t seq) {
  stranger_check_acks(s, seq, seq);
}

void stranger_check_acks(stranger *s, uint32_t first, uint32_t last) {
  REQUIRE(stranger_next(s));
  CHECK_NUMBER(s->frame.type, ES_ACK);
  CHECK_NUMBER(s->frame.length, 4 * (last - first + 1));
  for (size_t i = 0; i < s->frame.length; i += 4) CHECK_NUMBER(es_get_u32(s->frame.body + i), first + i / 4);
}

void stranger_check_nak(stranger *s, uint32_t seq, const char *code, const char *why) {
  char text[ES_WHY_MAX + 1];
  REQUIRE(stranger_next(s));
  CHECK_NUMBER(s->frame.type, ES_NAK);
  CHECK_NUMBER(s->frame.seq, seq);
  CHECK_TEXT(s->frame.code, code);
  CHECK(es_text_decode(s->frame.why, text, sizeof text));
  CHECK_TEXT(text, why);
}

void stranger_check_void(stranger *s, uint32_t seq) {
  REQUIRE(stranger_next(s));
  CHECK_NUMBER(s->frame.type, ES_VOID);
  CHECK_NUMBER(s->frame.seq, seq);
}

void stranger_check_want(stranger *s, uint32_t seq) {
  REQUIRE(stranger_next(s));
  CHECK_NUMBER(s->frame.type, ES_WANT);
  CHECK_NUMBER(s->frame.seq, seq);
}

void stranger_check_silence(stranger *s) {
  CHECK(!stranger_next(s));
}
