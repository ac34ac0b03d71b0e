/** tests/vectors/identity.json */
#include "identity.h"

#include <string.h>

#include "join_code.h"
#include "tests.h"
#include "vectors.h"

static void check_id(const cJSON *entry) {
  es_key_pair pair;
  char id[ES_ID_CHARACTERS + 1];
  CHECK_RESULT(es_x25519_import(bytes_of(entry, "private_key")->at, &pair), "ok");
  bytes *expected = bytes_of(entry, "public_key");
  CHECK_BYTES(pair.public_key, ES_KEY, expected->at, expected->length);
  CHECK_RESULT(es_node_id(pair.public_key, id), "ok");
  CHECK_TEXT(id, text_of(entry, "id"));
  es_key_destroy(&pair.key);
}

static void check_code(const cJSON *entry) {
  const char *code = text_of(entry, "code");
  es_group group;
  CHECK_RESULT(es_join_code_read(&group, code, strlen(code)), "ok");
  CHECK_TEXT(group.name, text_of(entry, "name"));
  CHECK(group.closed);
  bytes *announce = bytes_of(entry, "announce_key");
  CHECK_BYTES(group.announce_key, ES_KEY, announce->at, announce->length);
  bytes *session = bytes_of(entry, "session_key");
  CHECK_BYTES(group.session_key, ES_KEY, session->at, session->length);
  char written[ES_JOIN_CODE_MAX + 1];
  CHECK_RESULT(es_join_code_write(group.name, bytes_of(entry, "secret")->at, written), "ok");
  CHECK_TEXT(written, code);
}

static void refuse_code(const cJSON *entry) {
  const char *code = text_of(entry, "code");
  es_group group;
  CHECK_RESULT(es_join_code_read(&group, code, strlen(code)), text_of(entry, "error"));
}

static cJSON *file;

static void ids(void) {
  vectors_each(file, "ids", 3, check_id);
}

static void codes(void) {
  vectors_each(file, "join_codes", 3, check_code);
}

static void malformed_codes(void) {
  vectors_each(file, "malformed_join_codes", 10, refuse_code);
}

static void forgiven(void) {
  static const char CODE[] = " \tLAB.HWVKGPLW62QKGP3CCMH6YD6VCNFXFNWZ\r\n";
  es_group group;
  CHECK_RESULT(es_join_code_read(&group, CODE, sizeof CODE - 1), "ok");
  CHECK_TEXT(group.name, "lab");
}

void identity_tests(void) {
  file = vectors_read("identity.json");
  check_run("an id follows from the key as in the vectors", ids);
  check_run("a join code leads to the keys of the vectors, and is written so", codes);
  check_run("malformed join codes are refused with the error of the vectors", malformed_codes);
  check_run("space around a join code and upper case are forgiven", forgiven);
  cJSON_Delete(file);
}
