/** tests/vectors/frames.json: records out of a stream, and windows. */
#include <string.h>

#include "record.h"
#include "tests.h"
#include "vectors.h"
#include "window.h"

/**
 * Feeds a stream in steps; gives how it ended, and counts the records, whose lengths are compared with
 * `lengths`.
 */
static earshot_result split(const bytes *stream, size_t max, size_t step, const cJSON *lengths, int *records,
                            size_t *rest) {
  static uint8_t buffer[ES_RECORD_HEADER + 65535];
  es_record record = {buffer, max, 0};
  *records = 0;
  for (size_t at = 0; at < stream->length;) {
    size_t take = es_record_missing(&record);
    if (take > step) take = step;
    if (take > stream->length - at) take = stream->length - at;
    memcpy(buffer + record.held, stream->at + at, take);
    at += take;
    earshot_result result = es_record_arrived(&record, take);
    if (result == EARSHOT_AGAIN) continue;
    if (result != EARSHOT_OK) return result;
    if (lengths != NULL)
      CHECK_NUMBER(es_record_length(&record), cJSON_GetArrayItem(lengths, *records)->valueint);
    record.held = 0;
    ++*records;
  }
  *rest = record.held;
  return EARSHOT_OK;
}

static const size_t STEPS[] = {1, 3, 100000};

static void check_stream(const cJSON *entry) {
  const cJSON *lengths = cJSON_GetObjectItem(entry, "lengths");
  for (unsigned i = 0; i < 3; i++) {
    int records;
    size_t rest = 0;
    CHECK_RESULT(
        split(bytes_of(entry, "hex"), (size_t)number_of(entry, "max"), STEPS[i], lengths, &records, &rest),
        "ok");
    CHECK_NUMBER(records, cJSON_GetArraySize(lengths));
    CHECK_NUMBER(rest, number_of(entry, "rest"));
  }
}

static void refuse_stream(const cJSON *entry) {
  for (unsigned i = 0; i < 3; i++) {
    int records;
    size_t rest;
    CHECK_RESULT(
        split(bytes_of(entry, "hex"), (size_t)number_of(entry, "max"), STEPS[i], NULL, &records, &rest),
        text_of(entry, "error"));
    CHECK_NUMBER(records, number_of(entry, "good"));
  }
}

static unsigned windows_compared;

/**
 * A window here always has ES_WINDOW numbers; vectors of other sizes are for implementations that have those.
 */
static void check_window(const cJSON *entry) {
  if (number_of(entry, "size") != ES_WINDOW) return;
  windows_compared++;
  es_window window = {1, 0, 0};
  const char *results = text_of(entry, "results");
  const cJSON *add = cJSON_GetObjectItem(entry, "add");
  for (int i = 0; i < cJSON_GetArraySize(add); i++) {
    uint32_t seq = (uint32_t)cJSON_GetArrayItem(add, i)->valuedouble;
    CHECK_NUMBER(es_window_add(&window, seq), results[i] == 'y');
    CHECK(es_window_has(&window, seq) || results[i] == 'n');
  }
  uint8_t bitmap[ES_WINDOW / 8];
  unsigned length = es_window_bitmap(&window, bitmap);
  CHECK_NUMBER(window.upto, number_of(entry, "upto"));
  bytes *expected = bytes_of(entry, "bitmap");
  CHECK_BYTES(bitmap, length, expected->at, expected->length);
}

static cJSON *file;

static void records(void) {
  vectors_each(file, "records", 10, check_stream);
  vectors_each(file, "malformed_records", 10, refuse_stream);
}

static void windows(void) {
  vectors_each(file, "windows", 10, check_window);
  CHECK(windows_compared >= 6);
}

/** Against the plainest model there is, up to the highest number. */
static void window_model(void) {
  static const uint32_t STARTS[] = {0, 4294967295u - 40};
  for (unsigned i = 0; i < 2; i++) {
    es_window window = {1, STARTS[i], 0};
    bool done[41] = {true};
    uint32_t upto = 0;
    uint32_t state = 12345;
    for (unsigned round = 0; round < 400; round++) {
      state = state * 1664525u + 1013904223u;
      uint32_t bit = state >> 16;
      bit = bit % 41;
      bool fits = bit > upto && bit <= upto + ES_WINDOW && !done[bit];
      CHECK_NUMBER(es_window_add(&window, STARTS[i] + bit), fits);
      if (fits) done[bit] = true;
      while (upto < 40 && done[upto + 1]) upto++;
      CHECK_NUMBER(window.upto, STARTS[i] + upto);
    }
  }
}

void streams_tests(void) {
  file = vectors_read("frames.json");
  check_run("streams are split as in the vectors, whole or byte by byte, malformed ones refused", records);
  check_run("windows move as in the vectors", windows);
  check_run("a window agrees with a list of what is done, up to the highest number", window_model);
  cJSON_Delete(file);
}
