/** tests/vectors/json.json */
#include "json_check.h"
#include "tests.h"
#include "vectors.h"

static earshot_result check_in_steps(const bytes *document, size_t step) {
  es_json_check check;
  es_json_begin(&check);
  for (size_t at = 0; at < document->length; at += step) {
    size_t length = document->length - at < step ? document->length - at : step;
    if (es_json_add(&check, document->at + at, length) != EARSHOT_OK) return EARSHOT_NOT_JSON;
  }
  return es_json_end(&check);
}

static unsigned invalid;

static void check_document(const cJSON *entry) {
  static const size_t STEPS[] = {1, 7, 100000};
  bool valid = cJSON_IsTrue(cJSON_GetObjectItem(entry, "valid"));
  for (unsigned i = 0; i < 3; i++) {
    CHECK_RESULT(check_in_steps(bytes_of(entry, "hex"), STEPS[i]), valid ? "ok" : "not-json");
  }
  invalid += !valid;
}

static void documents(void) {
  cJSON *file = vectors_read("json.json");
  vectors_each(file, "documents", 60, check_document);
  CHECK(invalid >= 30);
  cJSON_Delete(file);
}

static void offset(void) {
  static const struct {
    const char *text;
    unsigned at;
  } CASES[] = {{"oops", 0}, {"[1,]", 3}, {"{\"a\" 1}", 5}, {"01", 1}, {"[]x", 2}, {"\"a\nb\"", 2}};
  for (unsigned i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    es_json_check check;
    es_json_begin(&check);
    size_t length = 0;
    while (CASES[i].text[length] != '\0') length++;
    CHECK_RESULT(es_json_add(&check, (const uint8_t *)CASES[i].text, length), "not-json");
    CHECK_NUMBER(check.offset, CASES[i].at);
  }
}

void json_tests(void) {
  check_run("documents are JSON or not as in the vectors, at any split", documents);
  check_run("what is not JSON is told by the offset of its first wrong byte", offset);
}
