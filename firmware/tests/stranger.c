#include "stranger.h"

#include <stdio.h>
#include <string.h>

#include "identity.h"
#include "noise.h"

void stranger_make(stranger *s, uint8_t number) {
  uint8_t secret[ES_KEY] = {number, 77};
  memset(s, 0, sizeof *s);
  CHECK_RESULT(es_x25519_import(secret, &s->identity), "ok");
  CHECK_RESULT(es_node_id(s->identity.public_key, s->id), "ok");
  es_payload payload = {.kind = "test", .boot = 1, .app = "test/1", .rx = 65535, .window = 1024};
  snprintf(payload.name, sizeof payload.name, "stranger%u", number);
  s->payload = payload;
}

/** Reads so many bytes; false where they do not come. */
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
  if (es_payload_write(&s->payload, &writer) != EARSHOT_OK || !write_message(s, noise, json, writer.length)) return false;
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

void stranger_send(stranger *s, const void *frames, size_t length) {
  static uint8_t record[2 + 65535];
  memcpy(record + 2, frames, length);
  CHECK_RESULT(es_cipher_seal(&s->send, NULL, 0, record + 2, length), "ok");
  es_put_u16(record, (uint16_t)(length + ES_TAG));
  sim_write(s->connection, record, length + ES_TAG + 2);
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

bool stranger_next(stranger *s, es_frame *frame) {
  if (s->at == s->length && !read_record(s)) return false;
  CHECK_RESULT(es_frame_read(frame, s->plain, s->length, &s->at), "ok");
  return true;
}

bool stranger_expect(stranger *s, es_frame_type type, es_frame *frame) {
  while (stranger_next(s, frame)) {
    if (frame->type == type) return true;
  }
  return false;
}

bool stranger_is_left(stranger *s) {
  es_frame frame;
  while (stranger_next(s, &frame)) continue;
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

static uint8_t frame_bytes[65535];

static es_writer begin(void) {
  return es_writer_on(frame_bytes, sizeof frame_bytes);
}

void stranger_epoch(stranger *s, uint32_t epoch) {
  es_writer out = begin();
  CHECK(es_frame_put_number(&out, ES_EPOCH, "epoch", epoch));
  stranger_send(s, out.bytes, out.length);
}

void stranger_void(stranger *s, uint32_t seq) {
  es_writer out = begin();
  CHECK(es_frame_put_number(&out, ES_VOID, "seq", seq));
  stranger_send(s, out.bytes, out.length);
}

void stranger_chat(stranger *s, uint32_t seq, const char *text) {
  char id[ES_ULID_CHARACTERS + 1];
  snprintf(id, sizeof id, "01JD3Q8X7Z9V5T2N%010u", (unsigned)seq);
  es_writer out = begin();
  es_frame_writer frame = es_frame_begin(&out, ES_CHAT);
  es_flat_put_integer(&out, "seq", seq);
  es_flat_put_text(&out, "id", id);
  es_flat_put_text(&out, "to", "you");
  es_frame_end_head(&frame);
  es_write_text(&out, text);
  CHECK(es_frame_end(&frame));
  stranger_send(s, out.bytes, out.length);
}

void stranger_document(stranger *s, uint32_t seq, const char *id, const char *stream, const void *body, size_t length,
                       uint64_t announced, const uint8_t *hash) {
  char hex[2 * ES_HASH + 1] = "";
  es_writer out = begin();
  es_frame_writer frame = es_frame_begin(&out, ES_DOCUMENT);
  es_flat_put_integer(&out, "seq", seq);
  es_flat_put_text(&out, "id", id);
  es_flat_put_text(&out, "name", "a.json");
  es_flat_put_integer(&out, "size", announced > 0 ? announced : length);
  if (stream != NULL) es_flat_put_text(&out, "stream", stream);
  for (unsigned i = 0; hash != NULL && i < ES_HASH; i++) snprintf(hex + 2 * i, 3, "%02x", hash[i]);
  if (hash != NULL) es_flat_put_text(&out, "sha256", hex);
  es_frame_end_head(&frame);
  if (announced == 0) es_write(&out, body, length);
  CHECK(es_frame_end(&frame));
  stranger_send(s, out.bytes, out.length);
}

void stranger_part(stranger *s, uint32_t seq, uint64_t offset, const void *body, size_t length) {
  es_writer out = begin();
  es_frame_writer frame = es_frame_begin(&out, ES_PART);
  es_flat_put_integer(&out, "seq", seq);
  es_flat_put_integer(&out, "offset", offset);
  es_frame_end_head(&frame);
  es_write(&out, body, length);
  CHECK(es_frame_end(&frame));
  stranger_send(s, out.bytes, out.length);
}
