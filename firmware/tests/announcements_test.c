/** tests/vectors/announcements.json */
#include <string.h>

#include "announcement.h"
#include "label.h"
#include "tests.h"
#include "vectors.h"

static const char *const TYPES[] = {"hello", "ask", "bye"};

static es_key import_key(const cJSON *entry) {
  es_key key = ES_NO_KEY;
  if (has(entry, "key")) CHECK_RESULT(es_aead_import(bytes_of(entry, "key")->at, &key), "ok");
  return key;
}

static void copy(const cJSON *fields, const char *member, char *to, size_t capacity) {
  const char *text = text_of(fields, member);
  es_copy_text(to, capacity, text != NULL ? text : "");
}

static es_announcement expected_of(const cJSON *fields) {
  es_announcement a;
  memset(&a, 0, sizeof a);
  const char *type = text_of(fields, "t");
  while (a.t + 1u < sizeof TYPES / sizeof TYPES[0] && strcmp(TYPES[a.t], type) != 0) a.t++;
  copy(fields, "id", a.id, sizeof a.id);
  copy(fields, "name", a.name, sizeof a.name);
  copy(fields, "group", a.group, sizeof a.group);
  copy(fields, "kind", a.kind, sizeof a.kind);
  copy(fields, "nonce", a.nonce, sizeof a.nonce);
  copy(fields, "echo", a.echo, sizeof a.echo);
  copy(fields, "want", a.want, sizeof a.want);
  a.boot = (uint32_t)number_of(fields, "boot");
  a.seq = (uint32_t)number_of(fields, "seq");
  a.port = (uint16_t)number_of(fields, "port");
  a.every = (uint32_t)number_of(fields, "every");
  a.plain = has(fields, "plain") ? (uint16_t)number_of(fields, "plain") : 0;
  a.brief = has(fields, "brief");
  a.call = has(fields, "call");
  return a;
}

static void compare(const es_announcement *a, const es_announcement *b) {
  CHECK_NUMBER(a->t, b->t);
  CHECK_TEXT(a->id, b->id);
  CHECK_TEXT(a->name, b->name);
  CHECK_TEXT(a->group, b->group);
  CHECK_TEXT(a->kind, b->kind);
  CHECK_TEXT(a->nonce, b->nonce);
  CHECK_TEXT(a->echo, b->echo);
  CHECK_TEXT(a->want, b->want);
  CHECK_NUMBER(a->boot, b->boot);
  CHECK_NUMBER(a->seq, b->seq);
  CHECK_NUMBER(a->port, b->port);
  CHECK_NUMBER(a->every, b->every);
  CHECK_NUMBER(a->plain, b->plain);
  CHECK_NUMBER(a->brief, b->brief);
  CHECK_NUMBER(a->call, b->call);
}

static void read_one(const cJSON *entry) {
  es_announcement expected = expected_of(cJSON_GetObjectItem(entry, "fields"));
  es_announcement actual;
  es_key key = import_key(entry);
  bytes *data = bytes_of(entry, "hex");
  CHECK_RESULT(es_announcement_read(&actual, data->at, data->length, key), "ok");
  compare(&actual, &expected);
  es_key_destroy(&key);
}

static void write_one(const cJSON *entry) {
  es_announcement fields = expected_of(cJSON_GetObjectItem(entry, "fields"));
  uint8_t written[ES_ANNOUNCEMENT_MAX];
  es_writer writer = es_writer_on(written, sizeof written);
  es_key key = import_key(entry);
  earshot_result result = key == ES_NO_KEY
                              ? es_announcement_write(&fields, &writer)
                              : es_announcement_seal(&fields, key, bytes_of(entry, "nonce")->at, &writer);
  CHECK_RESULT(result, "ok");
  bytes *expected = bytes_of(entry, "hex");
  CHECK_BYTES(written, writer.length, expected->at, expected->length);
  es_key_destroy(&key);
}

static void refuse_one(const cJSON *entry) {
  es_announcement actual;
  es_key key = import_key(entry);
  bytes *data = bytes_of(entry, "hex");
  CHECK_RESULT(es_announcement_read(&actual, data->at, data->length, key), text_of(entry, "error"));
  es_key_destroy(&key);
}

static cJSON *file;

static void read_and_written(void) {
  vectors_each(file, "written", 16, write_one);
  vectors_each(file, "written", 16, read_one);
  vectors_each(file, "read", 10, read_one);
}

static void malformed(void) {
  vectors_each(file, "malformed", 100, refuse_one);
}

static void no_fields_too_long(void) {
  es_announcement fields;
  memset(&fields, 0, sizeof fields);
  uint8_t written[150];
  es_writer whole = es_writer_on(written, sizeof written);
  CHECK_RESULT(es_announcement_write(&fields, &whole), "ok");
  for (size_t capacity = 0; capacity <= whole.length; capacity++) {
    es_writer writer = es_writer_on(written, capacity);
    CHECK_RESULT(es_announcement_write(&fields, &writer), capacity < whole.length ? "too-long" : "ok");
  }
}

/**
 * Parses the addresses of the vectors into the 16 bytes of the codec; only the spellings in the vectors.
 */
static void check_relay(const cJSON *entry) {
  bytes *data = bytes_of(entry, "hex");
  bytes *datagram = bytes_of(entry, "datagram");
  es_relay relay;
  CHECK_RESULT(es_relay_read(&relay, data->at, data->length), "ok");
  CHECK_NUMBER(relay.port, number_of(entry, "port"));
  CHECK_BYTES(relay.datagram, relay.length, datagram->at, datagram->length);
  uint8_t written[ES_RELAY_HEADER + ES_ANNOUNCEMENT_MAX];
  es_writer writer = es_writer_on(written, sizeof written);
  CHECK_RESULT(es_relay_write(&relay, &writer), "ok");
  CHECK_BYTES(written, writer.length, data->at, data->length);
}

static void refuse_relay(const cJSON *entry) {
  bytes *data = bytes_of(entry, "hex");
  es_relay relay;
  CHECK_RESULT(es_relay_read(&relay, data->at, data->length), text_of(entry, "error"));
}

static void relays(void) {
  vectors_each(file, "relays", 10, check_relay);
  vectors_each(file, "malformed_relays", 10, refuse_relay);
}

static void check_label(const cJSON *entry) {
  bytes *label = bytes_of(entry, "hex");
  CHECK_NUMBER(es_is_label(label->at, label->length), cJSON_IsTrue(cJSON_GetObjectItem(entry, "valid")));
}

static void labels(void) {
  vectors_each(file, "labels", 30, check_label);
}

void announcements_tests(void) {
  file = vectors_read("announcements.json");
  check_run("announcements are written and read as in the vectors, open and sealed", read_and_written);
  check_run("malformed announcements are refused with the error of the vectors", malformed);
  check_run("an announcement that does not fit is not written", no_fields_too_long);
  check_run("relays are wrapped and unwrapped as in the vectors, malformed ones refused", relays);
  check_run("labels are what the vectors say", labels);
  cJSON_Delete(file);
}
