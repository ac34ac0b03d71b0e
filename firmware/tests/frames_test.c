/** tests/vectors/frames.json: frames and their messages. */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "tests.h"
#include "vectors.h"

static const char *const NAMES[] = {"unknown", "have", "chat", "document", "part", "want", "ack",
                                    "nak",     "ping", "pong", "epoch",    "void", "close"};
#define TYPES (sizeof NAMES / sizeof NAMES[0])

static unsigned number_of_type(const char *name) {
  for (unsigned i = 0; i < TYPES; i++) {
    if (strcmp(NAMES[i], name) == 0) return i;
  }
  return 0;
}

/** The frame type of an entry: only a type that is not known is given as a number. */
static unsigned type_of(const cJSON *entry) {
  return has(entry, "number") ? (unsigned)number_of(entry, "number") : number_of_type(text_of(entry, "type"));
}

static const char *decoded(es_text text) {
  static char buffers[4][ES_HEAD_MAX + 1];
  static unsigned next;
  char *buffer = buffers[next++ % 4];
  bool whole;
  es_text_decode(text, buffer, ES_HEAD_MAX + 1, &whole);
  CHECK(whole);
  return buffer;
}

static void check_number(const cJSON *head, const char *member, bool given, uint64_t actual) {
  CHECK_NUMBER(given, has(head, member));
  if (given && has(head, member)) CHECK_NUMBER(actual, number_of(head, member));
}

static void check_hash(const cJSON *head, const es_frame *frame) {
  CHECK_NUMBER(frame->has_sha256, has(head, "sha256"));
  if (!frame->has_sha256) return;
  bytes *hash = bytes_of(head, "sha256");
  CHECK_BYTES(frame->sha256, ES_HASH, hash->at, hash->length);
}

static void check_head(const cJSON *head, const es_frame *frame) {
  uint8_t type = frame->type;
  bool numbered = type == ES_CHAT || type == ES_DOCUMENT || type == ES_PART || type == ES_WANT || type == ES_NAK ||
                  type == ES_VOID;
  check_number(head, "seq", numbered, frame->seq);
  check_number(head, "epoch", type == ES_HAVE || type == ES_EPOCH, frame->epoch);
  check_number(head, "upto", type == ES_HAVE, frame->upto);
  check_number(head, "n", type == ES_PING || type == ES_PONG, frame->n);
  check_number(head, "size", type == ES_DOCUMENT, frame->size);
  check_number(head, "offset", type == ES_PART || type == ES_WANT, frame->offset);
  check_number(head, "until", type == ES_WANT, frame->until);
  check_number(head, "at", frame->has_at, frame->at);
  if (has(head, "id")) CHECK_TEXT(frame->id, text_of(head, "id"));
  if (has(head, "to")) CHECK_TEXT(frame->to_all ? "all" : "you", text_of(head, "to"));
  if (has(head, "name")) CHECK_TEXT(decoded(frame->name), text_of(head, "name"));
  if (has(head, "code")) CHECK_TEXT(frame->code, text_of(head, "code"));
  if (has(head, "why")) CHECK_TEXT(decoded(frame->why), text_of(head, "why"));
  CHECK_NUMBER(frame->has_stream, has(head, "stream"));
  if (frame->has_stream) CHECK_TEXT(decoded(frame->stream), text_of(head, "stream"));
  check_hash(head, frame);
}

static void read_message(const cJSON *entry) {
  bytes *plain = bytes_of(entry, "hex");
  es_frame frame;
  size_t at = 0;
  CHECK_RESULT(es_frame_read(&frame, plain->at, plain->length, &at), "ok");
  CHECK_NUMBER(at, plain->length);
  CHECK_NUMBER(frame.type, type_of(entry));
  if (has(entry, "number")) return;
  check_head(cJSON_GetObjectItem(entry, "head"), &frame);
  bytes *body = bytes_of(entry, "body");
  CHECK_BYTES(frame.body, frame.length, body->at, body->length);
}

/** Writes any head: members as the vectors list them, which is the order of PROTOCOL.md. */
static void write_message(const cJSON *entry) {
  if (!cJSON_IsTrue(cJSON_GetObjectItem(entry, "written"))) return;
  static uint8_t written[VECTOR_MAX];
  es_writer out = es_writer_on(written, sizeof written);
  es_frame_writer frame = es_frame_begin(&out, (es_frame_type)type_of(entry));
  const cJSON *member;
  cJSON_ArrayForEach(member, cJSON_GetObjectItem(entry, "head")) {
    if (cJSON_IsString(member)) es_flat_put_text(&out, member->string, member->valuestring);
    else es_flat_put_integer(&out, member->string, (uint64_t)member->valuedouble);
  }
  es_frame_end_head(&frame);
  bytes *body = bytes_of(entry, "body");
  es_write(&out, body->at, body->length);
  CHECK(es_frame_end(&frame));
  bytes *expected = bytes_of(entry, "hex");
  CHECK_BYTES(written, out.length, expected->at, expected->length);
}

/** The same through the functions for frames that the core writes as a whole. */
static void write_whole(const cJSON *entry) {
  if (!cJSON_IsTrue(cJSON_GetObjectItem(entry, "written"))) return;
  uint8_t written[ES_RECORD_MAX];
  es_writer out = es_writer_on(written, sizeof written);
  const cJSON *head = cJSON_GetObjectItem(entry, "head");
  bytes *body = bytes_of(entry, "body");
  unsigned type = type_of(entry);
  switch (type) {
    case ES_HAVE:
      CHECK(es_frame_put_have(&out, (uint32_t)number_of(head, "epoch"), (uint32_t)number_of(head, "upto"), body->at,
                              body->length));
      break;
    case ES_WANT:
      CHECK(es_frame_put_want(&out, (uint32_t)number_of(head, "seq"), number_of(head, "offset"),
                              number_of(head, "until")));
      break;
    case ES_NAK:
      CHECK(es_frame_put_nak(&out, (uint32_t)number_of(head, "seq"), text_of(head, "code"), text_of(head, "why")));
      break;
    case ES_CLOSE: CHECK(es_frame_put_close(&out, text_of(head, "why"))); break;
    case ES_PING:
    case ES_PONG: CHECK(es_frame_put_number(&out, type, "n", (uint32_t)number_of(head, "n"))); break;
    case ES_EPOCH: CHECK(es_frame_put_number(&out, type, "epoch", (uint32_t)number_of(head, "epoch"))); break;
    case ES_VOID: CHECK(es_frame_put_number(&out, type, "seq", (uint32_t)number_of(head, "seq"))); break;
    default: return;
  }
  bytes *expected = bytes_of(entry, "hex");
  CHECK_BYTES(written, out.length, expected->at, expected->length);
}

static void check_plaintext(const cJSON *entry) {
  bytes *plain = bytes_of(entry, "hex");
  const cJSON *type;
  size_t at = 0;
  CHECK_RESULT(es_frames_check(plain->at, plain->length), "ok");
  cJSON_ArrayForEach(type, cJSON_GetObjectItem(entry, "types")) {
    es_frame frame;
    CHECK_RESULT(es_frame_read(&frame, plain->at, plain->length, &at), "ok");
    unsigned expected = number_of_type(type->valuestring);
    CHECK(expected == 0 ? frame.type >= TYPES : frame.type == expected);
  }
  CHECK_NUMBER(at, plain->length);
}

static unsigned refused[TYPES];

static void refuse(const cJSON *entry) {
  bytes *plain = bytes_of(entry, "hex");
  /* Memory of exactly its length, so that a look behind it is noticed. */
  uint8_t *exact = malloc(plain->length);
  if (plain->length > 0) memcpy(exact, plain->at, plain->length);
  CHECK_RESULT(es_frames_check(exact, plain->length), text_of(entry, "error"));
  free(exact);
  if (has(entry, "type")) refused[number_of_type(text_of(entry, "type"))]++;
}

static cJSON *file;

static void messages(void) {
  vectors_each(file, "messages", 30, read_message);
  vectors_each(file, "messages", 30, write_message);
  vectors_each(file, "messages", 30, write_whole);
  vectors_each(file, "plaintexts", 3, check_plaintext);
}

static void malformed(void) {
  vectors_each(file, "malformed_plaintexts", 10, refuse);
  vectors_each(file, "malformed_messages", 200, refuse);
  for (unsigned type = 1; type < TYPES; type++) CHECK(refused[type] >= 10);
}

static void no_room(void) {
  uint8_t written[64];
  for (size_t capacity = 0; capacity < 25; capacity++) {
    es_writer out = es_writer_on(written, capacity);
    CHECK(!es_frame_put_nak(&out, 7, "busy", "later"));
    CHECK_NUMBER(out.length, 0);
    if (capacity >= 12) CHECK(es_frame_put_number(&out, ES_PING, "n", 7));
  }
}

void frames_tests(void) {
  file = vectors_read("frames.json");
  check_run("every message is written and read as in the vectors", messages);
  check_run("malformed frames are refused with the error of the vectors, ten or more of every type", malformed);
  check_run("a frame that does not fit is taken back, and a smaller one still goes", no_room);
  cJSON_Delete(file);
}
