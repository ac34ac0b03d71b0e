/** tests/vectors/frames.json: frames and their messages. */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "hearsay.h"
#include "ip_address.h"
#include "member.h"
#include "tests.h"
#include "vectors.h"

/** Names of frame types; unassigned ones have none. */
static const char *const NAMES[] = {"unknown", "",     "chat", "document", "part", "want", "ack",
                                    "nak",     "ping", "pong", "",         "void", "close"};
#define TYPES (sizeof NAMES / sizeof NAMES[0])

static unsigned number_of_type(const char *name) {
  for (unsigned i = 0; i < TYPES; i++) {
    if (strcmp(NAMES[i], name) == 0) return i;
  }
  return 0;
}

/** The frame type of an entry; only unknown types are numbers. */
static unsigned type_of(const cJSON *entry) {
  return has(entry, "number") ? (unsigned)number_of(entry, "number") : number_of_type(text_of(entry, "type"));
}

static const char *decoded(es_text text) {
  static char buffers[4][ES_HEAD_MAX + 1];
  static unsigned next;
  char *buffer = buffers[next++ % 4];
  CHECK(es_text_decode(text, buffer, ES_HEAD_MAX + 1));
  return buffer;
}

/** Checks a number; 0 is expected if the vector does not have it. */
static void check_number(const cJSON *head, const char *member, uint64_t actual) {
  CHECK_NUMBER(actual, has(head, member) ? number_of(head, member) : 0);
}

/** Checks a text; `bytes` must be NULL if the vector does not have it. */
static void check_raw(const cJSON *head, const char *member, es_text actual) {
  CHECK_NUMBER(actual.bytes != NULL, has(head, member));
  if (actual.bytes != NULL) CHECK_TEXT(decoded(actual), text_of(head, member));
}

static void check_head(const cJSON *head, const es_frame *frame) {
  check_number(head, "seq", frame->seq);
  check_number(head, "n", frame->n);
  check_number(head, "size", frame->size);
  check_number(head, "offset", frame->offset);
  check_number(head, "until", frame->until);
  check_number(head, "at", frame->at);
  CHECK_NUMBER(frame->ask, cJSON_IsTrue(cJSON_GetObjectItem(head, "ask")));
  CHECK_TEXT(frame->re, has(head, "re") ? text_of(head, "re") : "");
  CHECK_TEXT(frame->id, has(head, "id") ? text_of(head, "id") : "");
  CHECK_TEXT(frame->code, has(head, "code") ? text_of(head, "code") : "");
  if (has(head, "to")) CHECK_TEXT(frame->to == ES_TO_ALL ? "all" : "you", text_of(head, "to"));
  check_raw(head, "name", frame->name);
  check_raw(head, "stream", frame->stream);
  check_raw(head, "sha256", frame->sha256);
  check_raw(head, "why", frame->why);
  if (!has(head, "sha256")) return;
  uint8_t hash[ES_HASH];
  es_sha256_bytes(frame->sha256, hash);
  bytes *expected = bytes_of(head, "sha256");
  CHECK_BYTES(hash, ES_HASH, expected->at, expected->length);
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

/** The text of a member, escaped as in JSON; valid for 4 more calls. */
static es_text escaped(const cJSON *head, const char *member) {
  static uint8_t buffers[4][1024];
  static unsigned next;
  es_text none = {NULL, 0};
  if (!has(head, member)) return none;
  es_writer writer = es_writer_on(buffers[next++ % 4], sizeof buffers[0]);
  es_flat_escape(&writer, text_of(head, member));
  es_text text = {writer.bytes, writer.length};
  return text;
}

static uint64_t number_or_0(const cJSON *head, const char *member) {
  return has(head, member) ? number_of(head, member) : 0;
}

/** Writes the frame of a vector as the core makes it, with its body given and left out. */
static void write_message(const cJSON *entry) {
  if (!cJSON_IsTrue(cJSON_GetObjectItem(entry, "written")) || has(entry, "number")) return;
  static uint8_t written[VECTOR_MAX];
  const cJSON *head = cJSON_GetObjectItem(entry, "head");
  bytes *body = bytes_of(entry, "body");
  es_frame frame = {
      .type = (uint8_t)type_of(entry),
      .to = has(head, "to") && strcmp(text_of(head, "to"), "you") == 0 ? ES_TO_YOU : ES_TO_ALL,
      .seq = (uint32_t)number_or_0(head, "seq"),
      .n = (uint32_t)number_or_0(head, "n"),
      .ask = cJSON_IsTrue(cJSON_GetObjectItem(head, "ask")),
      .at = number_or_0(head, "at"),
      .size = number_or_0(head, "size"),
      .offset = number_or_0(head, "offset"),
      .until = number_or_0(head, "until"),
      .name = escaped(head, "name"),
      .stream = escaped(head, "stream"),
      .sha256 = escaped(head, "sha256"),
      .why = escaped(head, "why"),
      .body = body->at,
      .length = body->length,
  };
  if (has(head, "id")) es_copy_text(frame.id, sizeof frame.id, text_of(head, "id"));
  if (has(head, "re")) es_copy_text(frame.re, sizeof frame.re, text_of(head, "re"));
  if (has(head, "code")) es_copy_text(frame.code, sizeof frame.code, text_of(head, "code"));
  es_writer out = es_writer_on(written, sizeof written);
  CHECK(es_frame_write(&frame, &out));
  bytes *expected = bytes_of(entry, "hex");
  CHECK_BYTES(written, out.length, expected->at, expected->length);
  frame.body = NULL;
  CHECK(es_frame_write(&frame, &out));
  CHECK_NUMBER(out.length, 2 * expected->length);
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
  /* Memory of exactly its length, so that the sanitizer notices reads past the end. */
  uint8_t *exact = malloc(plain->length);
  if (plain->length > 0) memcpy(exact, plain->at, plain->length);
  CHECK_RESULT(es_frames_check(exact, plain->length), text_of(entry, "error"));
  free(exact);
  if (has(entry, "type")) refused[number_of_type(text_of(entry, "type"))]++;
}

/** The peers of a list, and the list. */
static void read_hearsay(const cJSON *entry) {
  bytes *list = bytes_of(entry, "hex");
  const cJSON *peer;
  size_t at = 0;
  CHECK_RESULT(es_hearsay_check(list->at, list->length), "ok");
  cJSON_ArrayForEach(peer, cJSON_GetObjectItem(entry, "peers")) {
    es_hearsay told;
    REQUIRE(es_hearsay_read(list->at, list->length, &at, &told) == EARSHOT_OK);
    CHECK_TEXT(told.id, text_of(peer, "id"));
    CHECK_TEXT(told.name, text_of(peer, "name"));
    CHECK_TEXT(told.kind, text_of(peer, "kind"));
    CHECK_TEXT(told.text, text_of(peer, "address"));
    CHECK_NUMBER(told.address.port, number_of(peer, "port"));
    CHECK_NUMBER(told.age, number_of(peer, "age"));
  }
  CHECK_NUMBER(at, list->length);
}

/** A list that is refused ends the session: in a frame of its own, too. */
static void refuse_hearsay(const cJSON *entry) {
  bytes *list = bytes_of(entry, "hex");
  CHECK_RESULT(es_hearsay_check(list->at, list->length), text_of(entry, "error"));
  uint8_t *frame = malloc(ES_FRAME_HEADER + list->length);
  memcpy(frame, (uint8_t[]){ES_PEERS, 0, 0, (uint8_t)(list->length >> 8), (uint8_t)list->length},
         ES_FRAME_HEADER);
  if (list->length > 0) memcpy(frame + ES_FRAME_HEADER, list->at, list->length);
  CHECK_RESULT(es_frames_check(frame, ES_FRAME_HEADER + list->length), text_of(entry, "error"));
  free(frame);
}

static cJSON *file;

static void hearsay(void) {
  vectors_each(file, "hearsay", 4, read_hearsay);
  vectors_each(file, "malformed_hearsay", 35, refuse_hearsay);
}

static void addresses(void) {
  static const char *const GOOD[] = {
      "0.0.0.0",        "255.255.255.255", "::",      "::1", "1::", "1:2:3:4:5:6:7:8",
      "1::3:4:5:6:7:8", "::ffff:10.0.0.7", "FD83::aB"};
  static const char *const BAD[] = {"",
                                    "1.2.3",
                                    "1.2.3.4.",
                                    "1.2.3.256",
                                    "01.2.3.4",
                                    "1.2.3.4 ",
                                    ":",
                                    ":::",
                                    "1:2:3:4:5:6:7",
                                    "1:2:3:4:5:6:7::8",
                                    "1::2::3",
                                    "12345::",
                                    "1:",
                                    ":1",
                                    "1:2:3:4:5:6:7:8:9",
                                    "1:2:3:4:5:6:7:1.2.3.4",
                                    "g::",
                                    "fd83::5%eth0"};
  earshot_address address;
  for (unsigned i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
    CHECK(es_ip_read(GOOD[i], strlen(GOOD[i]), &address));
  for (unsigned i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
    CHECK(!es_ip_read(BAD[i], strlen(BAD[i]), &address));
  REQUIRE(es_ip_read("fd83:1::2", 9, &address));
  CHECK_BYTES(address.ip, 16, "\xfd\x83\0\1\0\0\0\0\0\0\0\0\0\0\0\2", 16);
  static const struct {
    const char *text;
    unsigned port;
    bool is_private;
  } PORTS[] = {{"10.0.0.7", 3333, true},    {"192.168.0.1:1", 1, true},    {"[fd83::5]:65535", 65535, true},
               {"fd83::5", 3333, true},     {"[fd83::5]", 3333, true},     {"172.31.0.1", 3333, true},
               {"172.32.0.1", 3333, false}, {"8.8.8.8:3333", 3333, false}, {"2001:db8::1", 3333, false}};
  for (unsigned i = 0; i < sizeof PORTS / sizeof PORTS[0]; i++) {
    CHECK(es_ip_read_with_port(PORTS[i].text, &address));
    CHECK_NUMBER(address.port, PORTS[i].port);
    CHECK_NUMBER(es_ip_is_private(&address), PORTS[i].is_private);
  }
  static const char *const NOT[] = {"",
                                    ":",
                                    "[",
                                    "[]",
                                    "[::1",
                                    "[::1]x",
                                    "[::1]:",
                                    "10.0.0.7:",
                                    "10.0.0.7:0",
                                    "10.0.0.7:65536",
                                    "10.0.0.7:1x",
                                    "10.0.0.7:03333",
                                    "[10.0.0.7",
                                    "lab-pc",
                                    "lab-pc:3333",
                                    "[fd83::5%1]:1"};
  for (unsigned i = 0; i < sizeof NOT / sizeof NOT[0]; i++) CHECK(!es_ip_read_with_port(NOT[i], &address));
}

static void messages(void) {
  vectors_each(file, "messages", 30, read_message);
  vectors_each(file, "messages", 30, write_message);
  vectors_each(file, "plaintexts", 3, check_plaintext);
}

static void malformed(void) {
  vectors_each(file, "malformed_plaintexts", 10, refuse);
  vectors_each(file, "malformed_messages", 200, refuse);
  for (unsigned type = 1; type < TYPES; type++) CHECK(NAMES[type][0] == '\0' || refused[type] >= 10);
}

static void no_room(void) {
  es_frame nak = {.type = ES_NAK, .seq = 7, .code = "busy", .why = es_text_of("later")};
  es_frame ping = {.type = ES_PING, .n = 7};
  uint8_t written[64];
  for (size_t capacity = 0; capacity < 42; capacity++) {
    es_writer out = es_writer_on(written, capacity);
    CHECK(!es_frame_write(&nak, &out));
    CHECK_NUMBER(out.length, 0);
    CHECK(capacity < 12 || es_frame_write(&ping, &out));
  }
}

void frames_tests(void) {
  file = vectors_read("frames.json");
  check_run("every message is written and read as in the vectors", messages);
  check_run("malformed frames are refused with the error of the vectors, ten or more of every type",
            malformed);
  check_run("lists of peers are read as in the vectors, and refused with their errors", hearsay);
  check_run("what is no IP address is none", addresses);
  check_run("a frame that does not fit is taken back, and a smaller one still goes", no_room);
  cJSON_Delete(file);
}
