/** The storage of a board, on fakes of NVS and LittleFS: fakes.h. */
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "esp_idf_port.h"
#include "fakes.h"
#include "idf_tests.h"

static esp_idf_port port;

/** A board that has just started; `again`: with what it had in its flash before. */
static void start(bool again) {
  if (again) fakes_power_off();
  else fakes_reset();
  memset(&port, 0, sizeof port);
  CHECK(esp_idf_values_open(&port));
  port.has_files = esp_idf_files_open(&port);
}

static earshot_result write_text(const char *name, uint64_t offset, const char *text) {
  return esp_idf_file_write(&port, name, offset, (const uint8_t *)text, strlen(text));
}

static void check_file(const char *name, const char *text) {
  uint64_t size = 0;
  uint8_t bytes[256];
  size_t got = 0;
  CHECK_RESULT(esp_idf_file_size(&port, name, &size), "ok");
  CHECK_NUMBER(size, strlen(text));
  CHECK_RESULT(esp_idf_file_read(&port, name, 0, bytes, sizeof bytes, &got), "ok");
  CHECK_BYTES(bytes, got, text, strlen(text));
}

static void values_survive(void) {
  uint8_t value[8];
  size_t length = 99;
  start(false);
  CHECK_RESULT(esp_idf_value_get(&port, "identity", value, sizeof value, &length), "absent");
  CHECK_RESULT(esp_idf_value_put(&port, "identity", (const uint8_t *)"one", 3), "ok");
  CHECK_RESULT(esp_idf_value_put(&port, "identity", (const uint8_t *)"other", 5), "ok");
  CHECK_NUMBER(fake.nvs_commits, 2);
  start(true);
  CHECK_RESULT(esp_idf_value_get(&port, "identity", value, sizeof value, &length), "ok");
  CHECK_BYTES(value, length, "other", 5);
}

static void values_are_removed(void) {
  uint8_t value[8];
  size_t length;
  start(false);
  CHECK_RESULT(esp_idf_value_put(&port, "o1", NULL, 0), "ok");
  CHECK_RESULT(esp_idf_value_put(&port, "o1", (const uint8_t *)"one", 3), "ok");
  CHECK_RESULT(esp_idf_value_put(&port, "o1", NULL, 0), "ok");
  CHECK_RESULT(esp_idf_value_get(&port, "o1", value, sizeof value, &length), "absent");
}

static void values_that_do_not_fit(void) {
  uint8_t value[2];
  size_t length;
  start(false);
  CHECK_RESULT(esp_idf_value_put(&port, "p0", (const uint8_t *)"long", 4), "ok");
  CHECK_RESULT(esp_idf_value_get(&port, "p0", value, sizeof value, &length), "io");
  fake.nvs_is_full = true;
  CHECK_RESULT(esp_idf_value_put(&port, "p0", (const uint8_t *)"new", 3), "io");
}

static void documents_in_pieces(void) {
  uint8_t bytes[4];
  size_t got;
  uint64_t size;
  start(false);
  CHECK_RESULT(write_text("part0", 0, "{\"a\":"), "ok");
  CHECK_RESULT(write_text("part0", 5, "1234}"), "ok");
  CHECK_RESULT(esp_idf_file_size(&port, "a.json", &size), "absent");
  CHECK_RESULT(esp_idf_file_finish(&port, "part0", "a.json"), "ok");
  CHECK_NUMBER(fake.renamed_open, 0);
  check_file("a.json", "{\"a\":1234}");
  CHECK_RESULT(esp_idf_file_read(&port, "a.json", 5, bytes, 4, &got), "ok");
  CHECK_BYTES(bytes, got, "1234", 4);
  CHECK_RESULT(esp_idf_file_read(&port, "a.json", 9, bytes, 4, &got), "ok");
  CHECK_BYTES(bytes, got, "}", 1);
}

static void a_file_is_opened_once(void) {
  uint8_t byte;
  size_t got;
  start(false);
  for (uint64_t i = 0; i < 20; i++) CHECK_RESULT(write_text("part0", i, "x"), "ok");
  CHECK_NUMBER(fake.opens, 1);
  CHECK_RESULT(esp_idf_file_finish(&port, "part0", "a.json"), "ok");
  for (uint64_t i = 0; i < 20; i++) CHECK_RESULT(esp_idf_file_read(&port, "a.json", i, &byte, 1, &got), "ok");
  CHECK_NUMBER(fake.opens, 2);
}

static void more_files_than_places(void) {
  static const char *const NAMES[] = {"part0", "part1", "arriving", "part3", "part4", "part5", "part6"};
  start(false);
  for (uint64_t round = 0; round < 3; round++) {
    for (unsigned i = 0; i < 7; i++)
      CHECK_RESULT(write_text(NAMES[i], 2 * round, round == 0 ? "ab" : "cd"), "ok");
    CHECK(fake.open_now <= ESP_IDF_FILES);
  }
  for (unsigned i = 0; i < 7; i++) {
    CHECK_RESULT(esp_idf_file_finish(&port, NAMES[i], NAMES[i]), "ok");
    check_file(NAMES[i], "abcdcd");
  }
}

/** A file gives its place to others, and what was written to it does not fit any more. */
static void a_file_that_cannot_be_closed(void) {
  static const char *const OTHERS[] = {"part1", "part2", "part3", "part4"};
  start(false);
  CHECK_RESULT(write_text("part0", 0, "{\"a\":"), "ok");
  fake.close_fails = true;
  for (unsigned i = 0; i < ESP_IDF_FILES && i < 4; i++) CHECK_RESULT(write_text(OTHERS[i], 0, "x"), "ok");
  fake.close_fails = false;
  CHECK(write_text("part0", 5, "1234}") != EARSHOT_OK);
  CHECK(esp_idf_file_finish(&port, "part0", "a.json") != EARSHOT_OK);
  CHECK_RESULT(write_text("part0", 0, "{}"), "ok");
  CHECK_RESULT(esp_idf_file_finish(&port, "part0", "a.json"), "ok");
  check_file("a.json", "{}");
}

static void a_file_begins_anew(void) {
  start(false);
  CHECK_RESULT(write_text("arriving", 0, "the first one"), "ok");
  CHECK_RESULT(write_text("arriving", 0, "second"), "ok");
  CHECK_RESULT(esp_idf_file_finish(&port, "arriving", "b.json"), "ok");
  check_file("b.json", "second");
}

static void no_room(void) {
  struct stat about;
  start(false);
  fake.room = 10;
  CHECK_RESULT(write_text("part0", 0, "12345678"), "ok");
  CHECK_RESULT(write_text("part0", 8, "12345678"), "quota");
  CHECK(stat(ESP_IDF_INBOX "/_arriving/part0", &about) != 0);
  CHECK_NUMBER(fake.open_now, 0);
}

static void power_fails(void) {
  struct stat about;
  start(false);
  CHECK_RESULT(write_text("part0", 0, "whole"), "ok");
  CHECK_RESULT(esp_idf_file_finish(&port, "part0", "a.json"), "ok");
  CHECK_RESULT(write_text("part1", 0, "half"), "ok");
  start(true);
  CHECK(stat(ESP_IDF_INBOX "/_arriving/part1", &about) != 0);
  check_file("a.json", "whole");
}

static void removed_documents(void) {
  uint64_t size;
  start(false);
  CHECK_RESULT(write_text("part0", 0, "x"), "ok");
  CHECK_RESULT(esp_idf_file_finish(&port, "part0", "a.json"), "ok");
  check_file("a.json", "x");
  esp_idf_file_remove(&port, "a.json");
  esp_idf_file_remove(&port, "never.json");
  CHECK_RESULT(esp_idf_file_size(&port, "a.json", &size), "absent");
  CHECK_NUMBER(fake.open_now, 0);
}

static void no_file_system(void) {
  uint64_t size;
  uint8_t byte;
  size_t got;
  fakes_reset();
  fake.mount_fails = true;
  start(true);
  CHECK(!port.has_files);
  CHECK_RESULT(write_text("part0", 0, "x"), "quota");
  CHECK_RESULT(esp_idf_file_size(&port, "a.json", &size), "absent");
  CHECK_RESULT(esp_idf_file_read(&port, "a.json", 0, &byte, 1, &got), "absent");
  esp_idf_file_remove(&port, "a.json");
}

void storage_tests(void) {
  check_run("values survive a restart, the newest of them", values_survive);
  check_run("values are removed, those too that never were", values_are_removed);
  check_run("values that are too long to be read, or do not fit, are errors", values_that_do_not_fit);
  check_run("a document comes in pieces and is seen as a whole only", documents_in_pieces);
  check_run("a file is opened once for many pieces", a_file_is_opened_once);
  check_run("more files at a time than places for open ones lose nothing", more_files_than_places);
  check_run("a file that lost bytes when it was closed is not gone on with", a_file_that_cannot_be_closed);
  check_run("a file that is written from its beginning begins anew", a_file_begins_anew);
  check_run("without room the sender is told, and the piece gives its room back", no_room);
  check_run("after a power failure whole documents are there, and halves are not", power_fails);
  check_run("a removed document is gone, and not kept open", removed_documents);
  check_run("without a file system no document is taken, and nothing breaks", no_file_system);
}
