/** The console's `inbox`, on the storage of a board and a fake of LittleFS: fakes.h. */
#include "app_inbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app_hold.h"
#include "check.h"
#include "esp_idf_port.h"
#include "fakes.h"
#include "idf_tests.h"

#define FIRST "aaaabbbbcccc-01JD0000000000000000000001.json"
#define SECOND "aaaabbbbcccc-01JD0000000000000000000002.json"

static esp_idf_port port;

/* The board's task, as the console sees it. */
static bool held;
static unsigned holds;
static unsigned opens_before;
static long told_before;
/** Called when the task is released for the `release_number`th time; NULL: nothing. */
static void (*at_release)(void);
static unsigned release_number;

static FILE *out;
static char *told;
static size_t told_length;

static long told_so_far(void) {
  CHECK(fflush(out) == 0);
  return (long)told_length;
}

esp_idf_port *es_task_hold(void) {
  CHECK(!held);
  held = true;
  holds++;
  opens_before = fake.opens;
  told_before = told_so_far();
  return &port;
}

void es_task_release(void) {
  CHECK(held);
  held = false;
  /* Both could take the watchdog's patience: a slow terminal, and more than one file. */
  CHECK_NUMBER(told_so_far(), told_before);
  CHECK(fake.opens - opens_before <= 1);
  if (at_release != NULL && holds == release_number) at_release();
}

/** A board that has just started, with an empty inbox. */
static void start(void) {
  fakes_reset();
  held = false;
  holds = 0;
  at_release = NULL;
  memset(&port, 0, sizeof port);
  port.has_files = esp_idf_files_open(&port);
}

static void receive(const char *name, const void *bytes, size_t length) {
  CHECK_RESULT(esp_idf_file_write(&port, "arriving", 0, bytes, length), "ok");
  CHECK_RESULT(esp_idf_file_finish(&port, "arriving", name), "ok");
}

static void receive_text(const char *name, const char *text) {
  receive(name, text, strlen(text));
}

static bool has(const char *name) {
  uint64_t size;
  return esp_idf_file_size(&port, name, &size) == EARSHOT_OK;
}

/** Runs a command and returns its exit code; its output is in `told` until the next one. */
static int command(const char *first, const char *second, const char *third) {
  char words[3][64];
  char *pointers[4] = {words[0], words[1], words[2], NULL};
  snprintf(words[0], sizeof words[0], "inbox");
  snprintf(words[1], sizeof words[1], "%s", first != NULL ? first : "");
  snprintf(words[2], sizeof words[2], "%s", second != NULL ? second : "");
  int count = first == NULL ? 1 : second == NULL ? 2 : third == NULL ? 3 : 4;
  free(told);
  told = NULL;
  out = open_memstream(&told, &told_length);
  if (out == NULL) abort();
  int code = es_inbox_command(out, count, pointers);
  if (fclose(out) != 0) abort();
  CHECK(!held);
  return code;
}

static void lists(void) {
  start();
  CHECK_NUMBER(command(NULL, NULL, NULL), 0);
  CHECK_TEXT(told, "0 documents, 0 bytes; 1024 KiB free\n");
  receive_text(FIRST, "{\"a\":1}");
  CHECK_RESULT(esp_idf_file_write(&port, "partia0", 0, (const uint8_t *)"[", 1), "ok");
  CHECK_NUMBER(command(NULL, NULL, NULL), 0);
  CHECK_TEXT(told, FIRST "        7 bytes\n1 document, 7 bytes; 1023 KiB free\n");
  receive_text(SECOND, "[1,2,3]   ");
  CHECK_NUMBER(command(NULL, NULL, NULL), 0);
  CHECK(strstr(told, FIRST "        7 bytes\n") != NULL);
  CHECK(strstr(told, SECOND "       10 bytes\n") != NULL);
  CHECK(strstr(told, "\n2 documents, 17 bytes; 1023 KiB free\n") != NULL);
}

static void shows(void) {
  start();
  receive_text(FIRST,
               "{\n\t\"text\": \"K\xc3\xbc"
               "che \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"\r\n}");
  CHECK_NUMBER(command("show", FIRST, NULL), 0);
  CHECK_TEXT(told, "{\n \"text\": \"K\\u00fcche \\u20ac \\ud83d\\ude00 \\u007f\" \n}\n");
}

static void shows_nothing_else(void) {
  uint8_t bytes[256];
  start();
  for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
  receive(FIRST, bytes, sizeof bytes);
  CHECK_NUMBER(command("show", FIRST, NULL), 0);
  for (const char *at = told; *at != '\0'; at++) CHECK(*at == '\n' || (*at >= ' ' && *at <= '~'));
  CHECK(strstr(told, "\\u0000\\u0001") == told);
  CHECK(strstr(told, "~\\u007f????") != NULL);
  /* One character that is cut off at the end. */
  receive_text(SECOND, "[\xf0\x9f\x98");
  CHECK_NUMBER(command("show", SECOND, NULL), 0);
  CHECK_TEXT(told, "[???\n");
}

static void shows_large_ones(void) {
  static char text[20001];
  static char expected[60002];
  char *end = expected;
  start();
  /* Characters of three bytes after one of one, two and three: some span two pieces. */
  for (size_t lead = 1; lead <= 3; lead++) {
    size_t at = lead;
    memset(text, 'x', sizeof text - 1);
    for (; at + 3 < sizeof text; at += 3) memcpy(text + at, "\xe2\x82\xac", 3);
    end = expected;
    for (size_t i = 0; i < sizeof text - 1;) {
      bool is_plain = text[i] == 'x';
      end += snprintf(end, 7, "%s", is_plain ? "x" : "\\u20ac");
      i += is_plain ? 1 : 3;
    }
    snprintf(end, 2, "\n");
    receive(FIRST, text, sizeof text - 1);
    holds = 0;
    CHECK_NUMBER(command("show", FIRST, NULL), 0);
    CHECK_TEXT(told, expected);
    CHECK(holds >= 20);
    CHECK_NUMBER(fake.open_now, 0);
  }
}

static void lose_first(void) {
  esp_idf_file_remove(&port, FIRST);
}

static void goes_while_shown(void) {
  char text[2000];
  start();
  memset(text, ' ', sizeof text);
  receive(FIRST, text, sizeof text);
  at_release = lose_first;
  release_number = 2;
  CHECK_NUMBER(command("show", FIRST, NULL), 1);
  CHECK(strstr(told, "\nThere is no such document") != NULL);
  CHECK_NUMBER(fake.removed_open, 0);
}

static void removes(void) {
  uint8_t byte;
  size_t got;
  start();
  receive_text(FIRST, "1");
  receive_text(SECOND, "2");
  /* The core has it open, as when it sends it on. */
  CHECK_RESULT(esp_idf_file_read(&port, FIRST, 0, &byte, 1, &got), "ok");
  CHECK_NUMBER(fake.open_now, 1);
  CHECK_NUMBER(command("remove", FIRST, NULL), 0);
  CHECK_TEXT(told, "Removed.\n");
  CHECK_NUMBER(fake.removed_open, 0);
  CHECK_RESULT(esp_idf_file_read(&port, FIRST, 0, &byte, 1, &got), "absent");
  CHECK(has(SECOND));
  CHECK_NUMBER(command("remove", FIRST, NULL), 1);
  CHECK(strstr(told, "There is no such document") == told);
}

/** Documents whose names are parts of one, and an unfinished file under a name that a document could have. */
static void leaves_what_arrives(void) {
  struct stat about;
  start();
  CHECK_RESULT(esp_idf_file_write(&port, "partia0", 0, (const uint8_t *)"[1,", 3), "ok");
  CHECK_NUMBER(command("show", "partia0", NULL), 1);
  CHECK_NUMBER(command("remove", "partia0", NULL), 1);
  receive_text("partia0", "2");
  CHECK_NUMBER(command("remove", "all", NULL), 0);
  CHECK_TEXT(told, "1 document removed.\n");
  CHECK(stat(ESP_IDF_INBOX "/_arriving/partia0", &about) == 0 && about.st_size == 3);
  CHECK_RESULT(esp_idf_file_write(&port, "partia0", 3, (const uint8_t *)"2]", 2), "ok");
  CHECK_RESULT(esp_idf_file_finish(&port, "partia0", FIRST), "ok");
  CHECK_NUMBER(command("show", FIRST, NULL), 0);
  CHECK_TEXT(told, "[1,2]\n");
}

static void stays_inside(void) {
  static const char *const NAMES[] = {
      "..",
      ".",
      "",
      "/",
      "../outside",
      "_arriving",
      "_arriving/partia0",
      "./x.json",
      "a b",
      "\xc3\xbc",
      "%s%n",
      "a23456789-123456789-123456789-123456789-123456789",
  };
  start();
  if (system("touch " ESP_IDF_INBOX "/../outside " ESP_IDF_INBOX
             "/a23456789-123456789-123456789-123456789-123456789 && mkdir " ESP_IDF_INBOX "/folder") != 0)
    abort();
  receive_text(FIRST, "1");
  /* The longest name that there is, and the beginning of one that is too long. */
  receive_text("a23456789-123456789-123456789-123456789-12345678", "2");
  for (unsigned i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
    check_about("%s", NAMES[i]);
    CHECK_NUMBER(command("show", NAMES[i], NULL), 1);
    CHECK(strstr(told, "There is no such document") == told);
    CHECK_NUMBER(command("remove", NAMES[i], NULL), 1);
    CHECK(strstr(told, "There is no such document") == told);
  }
  check_about("%s", "");
  CHECK_NUMBER(command("show", "folder", NULL), 1);
  CHECK_NUMBER(command("remove", "folder", NULL), 1);
  CHECK_NUMBER(command("remove", "all", NULL), 0);
  CHECK_TEXT(told, "2 documents removed.\n");
  struct stat about;
  CHECK(stat(ESP_IDF_INBOX "/../outside", &about) == 0);
  CHECK(stat(ESP_IDF_INBOX "/folder", &about) == 0);
  CHECK(stat(ESP_IDF_INBOX "/_arriving", &about) == 0);
}

static void removes_all(void) {
  start();
  for (unsigned i = 0; i < 300; i++) {
    char name[ESP_IDF_NAME + 1];
    snprintf(name, sizeof name, "%u.json", i);
    receive_text(name, "1");
  }
  CHECK_NUMBER(command("remove", "all", NULL), 0);
  CHECK_TEXT(told, "300 documents removed.\n");
  CHECK_NUMBER(command(NULL, NULL, NULL), 0);
  CHECK(strstr(told, "0 documents, 0 bytes") == told);
}

static void receive_another(void) {
  static unsigned number;
  char name[ESP_IDF_NAME + 1];
  snprintf(name, sizeof name, "0-%u.json", number++);
  receive_text(name, "1");
  release_number++;
}

static void ends(void) {
  start();
  receive_text(FIRST, "1");
  receive_text(SECOND, "2");
  at_release = receive_another;
  /* After the folder was looked through and closed; from then on each time. */
  release_number = 5;
  CHECK_NUMBER(command("remove", "all", NULL), 0);
  CHECK_TEXT(told, "2 documents removed.\n");
}

static void fails(void) {
  start();
  receive_text(FIRST, "1");
  fake.remove_fails = true;
  CHECK_NUMBER(command("remove", FIRST, NULL), 1);
  CHECK(strstr(told, "The flash could not be read or written.") == told);
  CHECK_NUMBER(command("remove", "all", NULL), 1);
  CHECK(strstr(told, "The flash could not be read or written.") == told);
  CHECK(has(FIRST));
}

static void no_file_system(void) {
  start();
  fake.mount_fails = true;
  memset(&port, 0, sizeof port);
  CHECK_NUMBER(command(NULL, NULL, NULL), 1);
  CHECK(strstr(told, "The inbox cannot be used") == told);
  CHECK_NUMBER(command("remove", "all", NULL), 1);
  CHECK(strstr(told, "The inbox cannot be used") == told);
  CHECK_NUMBER(command("remove", FIRST, NULL), 1);
  CHECK_NUMBER(command("show", FIRST, NULL), 1);
}

static void misused(void) {
  start();
  receive_text(FIRST, "1");
  const char *const WRONG[][3] = {
      {"show", NULL, NULL},      {"remove", NULL, NULL}, {"all", NULL, NULL},
      {"remove", FIRST, SECOND}, {"erase", FIRST, NULL},
  };
  for (unsigned i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
    CHECK_NUMBER(command(WRONG[i][0], WRONG[i][1], WRONG[i][2]), 1);
    CHECK(strstr(told, "Usage: inbox") == told);
  }
  CHECK(has(FIRST));
}

static void makes_room(void) {
  start();
  fake.room = 10;
  receive_text(FIRST, "[1,2,3,4]");
  CHECK_RESULT(esp_idf_file_write(&port, "arriving", 0, (const uint8_t *)"[5,6]", 5), "quota");
  CHECK_NUMBER(command("remove", "all", NULL), 0);
  /* LittleFS does this by itself. */
  fake.room = 10;
  receive_text(SECOND, "[5,6]");
  CHECK(has(SECOND));
}

void inbox_tests(void) {
  check_run("the console lists whole documents with sizes, their sum, and the room that is left", lists);
  check_run("a document is shown as the same JSON in printable ASCII", shows);
  check_run("whatever a file holds, only printable ASCII and newlines are shown", shows_nothing_else);
  check_run("a large document is shown piece by piece, and the board works in between", shows_large_ones);
  check_run("a document that goes while it is shown ends with a sentence", goes_while_shown);
  check_run("a removed document is gone, also one that the core has open", removes);
  check_run("what is on its way in is neither shown nor removed", leaves_what_arrives);
  check_run("no name leads out of the inbox, or to what is no document", stays_inside);
  check_run("all documents are removed at once", removes_all);
  check_run("removing all ends though more documents come all the time", ends);
  check_run("a document that cannot be removed is told", fails);
  check_run("without a file system there is no inbox, and a sentence says so", no_file_system);
  check_run("a command that is none tells how it is used, and removes nothing", misused);
  check_run("after documents were removed a full inbox takes others", makes_room);
}
