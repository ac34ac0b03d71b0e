/** tests/vectors/frames.json: flat objects and handshake payloads. */
#include <stdlib.h>
#include <string.h>

#include "flat_json.h"
#include "handshake_payload.h"
#include "tests.h"
#include "vectors.h"

static const char *const KINDS[] = {"string", "integer", "number", "true", "false", "null"};

static const char *decoded(es_text text, char *buffer, size_t capacity) {
  CHECK(es_text_decode(text, buffer, capacity));
  return buffer;
}

static void read_flat(const cJSON *entry) {
  bytes *json = bytes_of(entry, "hex");
  es_flat flat;
  CHECK_RESULT(es_flat_read(&flat, json->at, json->length), "ok");
  const cJSON *members = cJSON_GetObjectItem(entry, "members");
  CHECK_NUMBER(flat.count, cJSON_GetArraySize(members));
  for (uint8_t i = 0; i < flat.count && !check_has_failed(); i++) {
    const cJSON *expected = cJSON_GetArrayItem(members, i);
    char text[1024];
    CHECK_TEXT(decoded(es_flat_name(&flat, &flat.members[i]), text, sizeof text), text_of(expected, "name"));
    CHECK_TEXT(KINDS[flat.members[i].kind], text_of(expected, "type"));
    if (flat.members[i].kind == ES_INTEGER) {
      CHECK_NUMBER(es_flat_integer(&flat, &flat.members[i]), number_of(expected, "value"));
    }
    if (flat.members[i].kind == ES_STRING) {
      CHECK_TEXT(decoded(es_flat_string(&flat, &flat.members[i]), text, sizeof text),
                 text_of(expected, "value"));
    }
  }
}

/** Copies bytes to memory of exactly their length, so that the sanitizer notices reads past the end. */
static uint8_t *exact_copy(const bytes *from) {
  uint8_t *copy = malloc(from->length);
  if (from->length > 0) memcpy(copy, from->at, from->length);
  return copy;
}

static void refuse_flat(const cJSON *entry) {
  bytes *json = bytes_of(entry, "hex");
  uint8_t *exact = exact_copy(json);
  es_flat flat;
  CHECK_RESULT(es_flat_read(&flat, exact, json->length), text_of(entry, "error"));
  free(exact);
}

static void check_payload(const cJSON *entry) {
  const cJSON *fields = cJSON_GetObjectItem(entry, "fields");
  bytes *json = bytes_of(entry, "hex");
  es_payload payload;
  CHECK_RESULT(es_payload_read(&payload, json->at, json->length), "ok");
  CHECK_TEXT(payload.name, text_of(fields, "name"));
  CHECK_TEXT(payload.kind, text_of(fields, "kind"));
  CHECK_TEXT(payload.app, text_of(fields, "app"));
  CHECK_NUMBER(payload.boot, number_of(fields, "boot"));
  CHECK_NUMBER(payload.rx, number_of(fields, "rx"));
  CHECK_NUMBER(payload.window, number_of(fields, "window"));
  CHECK_NUMBER(payload.brief, has(fields, "brief"));
  CHECK_NUMBER(payload.answers, has(fields, "answers"));
  CHECK_NUMBER(payload.can_ask, has(fields, "can") && strncmp(text_of(fields, "can"), "ask", 3) == 0);
  CHECK_NUMBER(payload.can.bytes != NULL, has(fields, "can"));
  if (has(fields, "can")) CHECK(es_text_is(payload.can, text_of(fields, "can")));
  if (!cJSON_IsTrue(cJSON_GetObjectItem(entry, "written"))) return;
  uint8_t written[ES_PAYLOAD_MAX];
  es_writer writer = es_writer_on(written, sizeof written);
  CHECK_RESULT(es_payload_write(&payload, &writer), "ok");
  CHECK_BYTES(written, writer.length, json->at, json->length);
}

static void refuse_payload(const cJSON *entry) {
  bytes *json = bytes_of(entry, "hex");
  es_payload payload;
  CHECK_RESULT(es_payload_read(&payload, json->at, json->length), text_of(entry, "error"));
}

static cJSON *file;

static void flat_objects(void) {
  vectors_each(file, "flat", 15, read_flat);
  vectors_each(file, "malformed_flat", 50, refuse_flat);
}

static void payloads(void) {
  vectors_each(file, "handshake_payloads", 5, check_payload);
  vectors_each(file, "malformed_handshake_payloads", 50, refuse_payload);
}

static void cut_texts(void) {
  const uint8_t json[] = "{\"a\":\"x\\u00fc\\ud83d\\ude00y\"}";
  es_flat flat;
  CHECK_RESULT(es_flat_read(&flat, json, sizeof json - 1), "ok");
  es_text text = es_flat_string(&flat, &flat.members[0]);
  static const char *const CUT[] = {"",        "x",       "x",       "x\u00fc",
                                    "x\u00fc", "x\u00fc", "x\u00fc", "x\u00fc\U0001f600"};
  for (size_t capacity = 1; capacity <= 8; capacity++) {
    char decoded_text[16];
    CHECK(!es_text_decode(text, decoded_text, capacity));
    CHECK_TEXT(decoded_text, CUT[capacity - 1]);
  }
}

void flat_json_tests(void) {
  file = vectors_read("frames.json");
  check_run("flat objects are read as in the vectors, malformed ones refused", flat_objects);
  check_run("handshake payloads are written and read as in the vectors, malformed ones refused", payloads);
  check_run("a text that does not fit is cut after a whole character", cut_texts);
  cJSON_Delete(file);
}
