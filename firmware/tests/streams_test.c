/** tests/vectors/frames.json: records out of a stream. */
#include <string.h>

#include "record.h"
#include "tests.h"
#include "vectors.h"

/**
 * Feeds a stream in steps; returns its last result, and counts the records and checks their lengths against `lengths`.
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

static cJSON *file;

static void records(void) {
  vectors_each(file, "records", 10, check_stream);
  vectors_each(file, "malformed_records", 10, refuse_stream);
}

void streams_tests(void) {
  file = vectors_read("frames.json");
  check_run("streams are split as in the vectors, whole or byte by byte, malformed ones refused", records);
  cJSON_Delete(file);
}
