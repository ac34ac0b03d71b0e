/** Calls of the application that serve it alone, and calls that must not do harm. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
static const char ID_2[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWC";
static stranger s;
static char logged[1000];

static void keep_log(void *context, earshot_level level, const char *text) {
  (void)context, (void)level;
  snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", text);
}

static earshot *alone(unsigned seed) {
  sim_begin(seed);
  sim_start(0, "a");
  return &sim[0].board;
}

/* Values. */

static void values(void) {
  struct {
    double low, high;
  } limits = {5, 30}, read = {1, 2};
  char text[8] = "?";
  size_t length = 0;
  earshot *board = alone(1);
  CHECK_RESULT(earshot_get(board, "limits", &read, sizeof read, NULL), "absent");
  CHECK(read.low == 1 && read.high == 2);
  CHECK_RESULT(earshot_put(board, "limits", &limits, sizeof limits), "ok");
  CHECK_RESULT(earshot_put(board, "word", "hello", 5), "ok");
  unsigned puts = sim[0].puts;
  CHECK_RESULT(earshot_put(board, "word", "hello", 5), "ok");
  CHECK_NUMBER(sim[0].puts, puts);
  sim_kill(0);
  sim_start(0, "a");
  CHECK_RESULT(earshot_get(board, "limits", &read, sizeof read, NULL), "ok");
  CHECK(read.low == 5 && read.high == 30);
  CHECK_RESULT(earshot_get(board, "word", text, sizeof text, &length), "ok");
  CHECK_BYTES(text, length, "hello", 5);
  CHECK_RESULT(earshot_get(board, "word", &read, sizeof read, NULL), "too-short");
  CHECK_RESULT(earshot_get(board, "word", text, 4, &length), "too-long");
  CHECK(read.low == 5 && text[0] == 'h');
  CHECK_RESULT(earshot_put(board, "word", NULL, 0), "ok");
  CHECK_RESULT(earshot_get(board, "word", text, sizeof text, &length), "absent");
  CHECK_RESULT(earshot_put(board, "word", NULL, 0), "ok");
}

static void keys_and_failures(void) {
  static const char *const WRONG[] = {"", "Limits", "a b", "twelve-chars", "a/b", "\xff"};
  static const uint8_t long_value[EARSHOT_VALUE + 1];
  earshot *board = alone(2);
  uint8_t value[EARSHOT_VALUE];
  size_t length = 0;
  for (unsigned i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
    check_about("key \"%s\"", WRONG[i]);
    CHECK_RESULT(earshot_put(board, WRONG[i], "1", 1), "argument");
    CHECK_RESULT(earshot_get(board, WRONG[i], value, 1, NULL), "argument");
  }
  check_about("length");
  CHECK_RESULT(earshot_put(board, "elevenchars", long_value, EARSHOT_VALUE), "ok");
  CHECK_RESULT(earshot_get(board, "elevenchars", value, EARSHOT_VALUE, &length), "ok");
  CHECK_NUMBER(length, EARSHOT_VALUE);
  CHECK_RESULT(earshot_put(board, "k", long_value, sizeof long_value), "too-long");
  /* Nothing else of the board has such a key. */
  CHECK(sim_file_of(0, "=app-elevenchars") != NULL);
  sim[0].fails = 1;
  CHECK_RESULT(earshot_put(board, "elevenchars", "1", 1), "io");
  sim_kill(0);
  sim[0].forgets = true;
  sim_start(0, "a");
  CHECK_RESULT(earshot_put(board, "k", "1", 1), "io");
  CHECK_RESULT(earshot_get(board, "k", value, 1, NULL), "absent");
  CHECK_RESULT(earshot_remove(board, "a.json"), "absent");
}

/* Files. */

static earshot_result take_and_remove(void *context, const earshot_received *document) {
  CHECK_RESULT(earshot_remove(context, document->file), "ok");
  return EARSHOT_OK;
}

static void removes_files(void) {
  static const char *const WRONG[] = {"",      "partia0",  "arriving", "../a.json",
                                      ".json", "a_b.json", "a/b.json"};
  sim_pair(3);
  earshot *board = &sim[1].board;
  CHECK_RESULT(sim_send_json(0, "b", NULL, "1"), "ok");
  SIM_UNTIL(sim_count(1, 'd', NULL) == 1, 5000);
  const char *file = sim_told(1, 'd', 0)->file;
  CHECK(sim_file_of(1, file) != NULL);
  CHECK_RESULT(earshot_remove(board, file), "ok");
  CHECK(sim_file_of(1, file) == NULL);
  /* In the handler, for what is consumed at once. It comes once all the same. */
  earshot_on_document(board, take_and_remove, board);
  CHECK_RESULT(sim_send_json(0, "b", NULL, "2"), "ok");
  SIM_UNTIL(sim_count(0, 's', NULL) == 2, 5000);
  for (unsigned i = 0; i < SIM_FILES; i++) CHECK(strstr(sim[1].files[i].name, ".json") == NULL);
  sim_put_file(1, "log.json", "[1]", 3);
  sim[0].off = true;
  earshot_document document = {.name = "log.json", .file = "log.json"};
  CHECK_RESULT(earshot_send(board, "a", &document), "ok");
  CHECK_RESULT(earshot_remove(board, "log.json"), "busy");
  CHECK_RESULT(earshot_cancel(board, earshot_last_id(board)), "ok");
  CHECK_RESULT(earshot_remove(board, "log.json"), "ok");
  for (unsigned i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
    CHECK_RESULT(earshot_remove(board, WRONG[i]), "argument");
}

/* Reasons. */

static const char *why;
static earshot_result how;

static earshot_result refuse(void *context, const earshot_received *document) {
  (void)document;
  return earshot_refuse(context, how, why);
}

static void reasons(void) {
  char long_why[EARSHOT_WHY + 1];
  char spelled[EARSHOT_WHY];
  uint8_t frames[2000];
  stranger_begin(&s, 4);
  earshot_on_document(&sim[0].board, refuse, &sim[0].board);
  how = EARSHOT_REFUSED;
  why = "no setting \"speed\"\there";
  stranger_document(&s, 1, ID, NULL, "1", 1);
  REQUIRE(stranger_expect(&s, ES_NAK));
  CHECK_TEXT(s.frame.code, "refused");
  CHECK(es_text_decode(s.frame.why, spelled, sizeof spelled));
  CHECK_TEXT(spelled, why);
  how = EARSHOT_QUOTA;
  why = "the tank is full";
  stranger_document(&s, 2, ID, NULL, "1", 1);
  stranger_check_nak(&s, 2, "quota", why);
  /* What cannot be sent so gets the usual words. */
  how = EARSHOT_REFUSED;
  why = "\xff";
  stranger_document(&s, 3, ID, NULL, "1", 1);
  stranger_check_nak(&s, 3, "refused", "not taken here");
  why = NULL;
  stranger_document(&s, 4, ID, NULL, "1", 1);
  stranger_check_nak(&s, 4, "refused", "not taken here");
  memset(long_why, 'w', sizeof long_why);
  long_why[EARSHOT_WHY] = '\0';
  why = long_why;
  stranger_document(&s, 5, ID, NULL, "1", 1);
  stranger_check_nak(&s, 5, "refused", "not taken here");
  why = long_why + 1;
  stranger_document(&s, 6, ID, NULL, "1", 1);
  stranger_check_nak(&s, 6, "refused", why);
  /* Many of one record share a reason. */
  es_writer out = es_writer_on(frames, sizeof frames);
  for (uint32_t seq = 7; seq < 15; seq++) {
    es_frame frame = {.type = ES_DOCUMENT, .to = ES_TO_YOU, .seq = seq, .size = 1, .length = 1};
    frame.name = es_text_of("a.json");
    frame.body = (const uint8_t *)"1";
    es_copy_text(frame.id, sizeof frame.id, ID_2);
    CHECK(es_frame_write(&frame, &out));
  }
  why = "eight times the same reason, which is not short";
  stranger_send(&s, out.bytes, out.length);
  for (uint32_t seq = 7; seq < 15; seq++) stranger_check_nak(&s, seq, "refused", why);
  stranger_end(&s);
}

static void reason_of_parts(void) {
  sim_pair(5);
  earshot_on_document(&sim[1].board, refuse, &sim[1].board);
  how = EARSHOT_REFUSED;
  why = "not on Sundays";
  sim_send_file(0, "b", "out.json", NULL, 9000);
  SIM_UNTIL(sim_count(0, 'r', "refused") == 1, 10000);
  /* Outside of a handler it does nothing. */
  CHECK_RESULT(earshot_refuse(&sim[1].board, EARSHOT_BUSY, "x"), "busy");
}

/* JSON. */

static void json_members(void) {
  static const char JSON[] =
      " { \"a\" : {\"every\":1,\"x\":[\"}\",{}]}, \"every\":21.5 ,\"name\":\"k\\u00fcche\\n\","
      "\"on\":true,\"off\" : false,\"e\":-1.25e2,\"big\":1e400,\"zero\":0e999,\"n\":null,"
      "\"bad\":\"\\ud800\",\"nul\":\"a\\u0000b\",\"\\u006fdd\":7,\"every\":9} ";
  double number = 3;
  char text[16] = "?";
  bool flag = false;
  CHECK(earshot_json_number(JSON, "every", 0, 100, &number) && number == 21.5);
  CHECK(earshot_json_number(JSON, "e", -200, 0, &number) && number == -125);
  CHECK(earshot_json_number(JSON, "odd", 7, 7, &number) && number == 7);
  CHECK(!earshot_json_number(JSON, "every", 22, 100, &number));
  CHECK(!earshot_json_number(JSON, "every", 0, 21, &number));
  CHECK(!earshot_json_number(JSON, "big", -1e300, 1e300, &number));
  CHECK(!earshot_json_number(JSON, "name", 0, 100, &number));
  CHECK(!earshot_json_number(JSON, "x", 0, 100, &number));
  CHECK(number == 7);
  CHECK(earshot_json_number(JSON, "zero", 0, 0, &number) && number == 0);
  /* The 32 bits of a PC compute with more digits than a number keeps. */
  CHECK(earshot_json_number("{\"v\":0.001}", "v", 0, 1, &number) && number > 0.000999999 &&
        number < 0.001000001);
  CHECK(earshot_json_number("{\"v\":9007199254740991}", "v", 0, 1e17, &number) &&
        number == 9007199254740991.0);
  CHECK(earshot_json_text(JSON, "name", text, sizeof text));
  CHECK_TEXT(text,
             "k\xc3\xbc"
             "che\n");
  CHECK(earshot_json_text(JSON, "name", text, 8));
  CHECK(!earshot_json_text(JSON, "name", text, 7));
  CHECK(!earshot_json_text(JSON, "bad", text, sizeof text));
  CHECK(!earshot_json_text(JSON, "nul", text, sizeof text));
  CHECK(!earshot_json_text(JSON, "every", text, sizeof text));
  CHECK(!earshot_json_text(JSON, "name", text, 0));
  CHECK(strncmp(text, "k", 1) == 0);
  CHECK(earshot_json_flag(JSON, "on", &flag) && flag);
  CHECK(earshot_json_flag(JSON, "off", &flag) && !flag);
  CHECK(!earshot_json_flag(JSON, "n", &flag) && !earshot_json_flag(JSON, "none", &flag));
}

static void no_objects(void) {
  static const char *const NONE[] = {
      "", "[1]", "1", "{\"on\":true", "{}", "{\"on\":true}x", "[{\"on\":true}]", "\"on\""};
  bool flag = false;
  for (unsigned i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
    check_about("%s", NONE[i]);
    CHECK(!earshot_json_flag(NONE[i], "on", &flag));
  }
  CHECK(!earshot_json_flag(NULL, "on", &flag) && !earshot_json_flag("{\"on\":true}", NULL, &flag));
  CHECK(!earshot_json_flag("{\"on\":true}", "on", NULL) &&
        !earshot_json_number("{\"on\":1}", "on", 0, 1, NULL));
  CHECK(!earshot_json_text("{\"on\":\"1\"}", "on", NULL, 5));
}

/* Peers and time. */

static void roster_walk(void) {
  earshot_peer peer;
  bool up = false;
  unsigned place = 0;
  sim_begin(6);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_start(2, "c");
  sim_run(500);
  earshot *board = &sim[0].board;
  sim_kill(2);
  CHECK(earshot_is_up(board, "b") && earshot_is_up(board, sim[1].board.self.id) &&
        !earshot_is_up(board, "d"));
  SIM_UNTIL(!earshot_is_up(board, "c"), 60000);
  unsigned seen = 0;
  while (earshot_next_peer(board, &place, &peer, &up)) {
    CHECK(up == (strcmp(peer.name, "b") == 0));
    CHECK_NUMBER(strlen(peer.id), EARSHOT_ID);
    seen++;
  }
  CHECK_NUMBER(seen, 2);
  CHECK(!earshot_next_peer(board, &place, &peer, &up));
  CHECK_NUMBER(earshot_now(board), sim_now);
  CHECK_NUMBER(earshot_wall(board), sim_wall + sim_now);
  sim_wall = 0;
  CHECK_NUMBER(earshot_wall(board), 0);
}

/* Calls that cannot work. */

static void check_all(earshot *board, const char *expected) {
  earshot_document document = {.name = "a", .body = "1", .length = 1};
  uint8_t value[1];
  CHECK_RESULT(earshot_say(board, "b", "x"), expected);
  CHECK_RESULT(earshot_send(board, "b", &document), expected);
  CHECK_RESULT(earshot_ask(board, "b", "1", 0), expected);
  CHECK_RESULT(earshot_answer(board, 1, EARSHOT_OK, "1"), expected);
  CHECK_RESULT(earshot_cancel(board, ID), expected);
  CHECK_RESULT(earshot_put(board, "k", "1", 1), expected);
  CHECK_RESULT(earshot_get(board, "k", value, 1, NULL), expected);
  CHECK_RESULT(earshot_remove(board, "a.json"), expected);
}

static void check_void(earshot *board) {
  earshot_numbers numbers;
  earshot_peer peer;
  unsigned place = 0;
  bool up = false;
  earshot_network_changed(board);
  earshot_stats(board, &numbers);
  earshot_on_chat(board, NULL, NULL);
  earshot_on_document(board, NULL, NULL);
  earshot_on_sent(board, NULL, NULL);
  earshot_on_peer(board, NULL, NULL);
  earshot_on_ask(board, NULL, NULL);
  earshot_on_answer(board, NULL, NULL);
  CHECK(!earshot_is_up(board, "b") && !earshot_next_peer(board, &place, &peer, &up));
  CHECK(earshot_now(board) == 0 && earshot_wall(board) == 0);
  CHECK(earshot_id(board) != NULL && earshot_last_id(board) != NULL);
  CHECK_RESULT(earshot_refuse(board, EARSHOT_BUSY, "x"), "busy");
  CHECK_NUMBER(earshot_poll(board), 1000);
  CHECK(earshot_close(board));
}

static void closed_boards(void) {
  static struct earshot never;
  check_about("no board");
  check_all(NULL, "argument");
  check_void(NULL);
  check_about("before init");
  check_all(&never, "closed");
  check_void(&never);
  sim_pair(7);
  sim_say(0, "b", "hello");
  sim_run(1000);
  check_about("closing");
  CHECK(!earshot_close(&sim[0].board));
  check_all(&sim[0].board, "closed");
  check_about("closed");
  sim_run(1000);
  CHECK(earshot_close(&sim[0].board));
  check_all(&sim[0].board, "closed");
  check_void(&sim[0].board);
}

static void nulls(void) {
  earshot_document nameless = {.body = "1", .length = 1};
  earshot_document bodiless = {.name = "a", .length = 1};
  char text[4];
  earshot *board = alone(8);
  CHECK_RESULT(earshot_say(board, "b", NULL), "argument");
  CHECK_RESULT(earshot_send(board, "b", NULL), "argument");
  CHECK_RESULT(earshot_send(board, "b", &nameless), "argument");
  CHECK_RESULT(earshot_send(board, "b", &bodiless), "argument");
  CHECK_RESULT(earshot_ask(board, "b", NULL, 0), "argument");
  CHECK_RESULT(earshot_answer(board, 1, EARSHOT_OK, NULL), "argument");
  CHECK_RESULT(earshot_cancel(board, NULL), "argument");
  CHECK_RESULT(earshot_put(board, NULL, "1", 1), "argument");
  CHECK_RESULT(earshot_put(board, "k", NULL, 1), "argument");
  CHECK_RESULT(earshot_get(board, NULL, text, 1, NULL), "argument");
  CHECK_RESULT(earshot_get(board, "k", NULL, 1, NULL), "argument");
  CHECK_RESULT(earshot_remove(board, NULL), "argument");
  CHECK(!earshot_is_up(board, NULL) && !earshot_next_peer(board, NULL, NULL, NULL));
  earshot_stats(board, NULL);
}

/** Starts a board that cannot start; what the log says is in `logged`. */
static void check_start(size_t size, earshot_settings settings, const char *expected, const char *says) {
  static struct earshot board;
  memset(&board, 0x5a, sizeof board);
  logged[0] = '\0';
  CHECK_RESULT(earshot_init(&board, size, &sim[0].port, &settings), expected);
  if (strstr(logged, says) == NULL) check_failed(__FILE__, __LINE__, "logged %s, not %s", logged, says);
  if (size != sizeof board) CHECK(*((uint8_t *)&board + 10) == 0x5a);
}

static void wrong_starts(void) {
  static const earshot_settings GOOD = {.name = "a", .kind = "sim", .app = "sim/1"};
  earshot_settings settings;
  alone(9);
  sim[0].port.log = keep_log;
  const size_t size = sizeof(struct earshot);
  check_start(size - 8, GOOD, "argument", "other sizes");
  check_start(size + 8, GOOD, "argument", "other sizes");
  settings = GOOD, settings.name = "all";
  check_start(size, settings, "argument", "invalid name: \"all\"");
  settings = GOOD, settings.kind = "ESP32";
  check_start(size, settings, "argument", "invalid kind: \"ESP32\"");
  settings = GOOD, settings.app = NULL;
  check_start(size, settings, "argument", "invalid app: \"NULL\"");
  settings = GOOD, settings.group = "My Lab";
  check_start(size, settings, "argument", "invalid group: \"My Lab\"");
  settings = GOOD, settings.join_code = "lab.hwvkgplw62qkgp3ccmh6yd6vcnfxfnwa";
  check_start(size, settings, "check", "invalid join code: check");
  CHECK(strstr(logged, "hwvk") == NULL);
  CHECK_RESULT(earshot_init(NULL, size, &sim[0].port, &GOOD), "argument");
  CHECK_RESULT(earshot_init(&sim[0].board, size, NULL, &GOOD), "argument");
  CHECK_RESULT(earshot_init(&sim[0].board, size, &sim[0].port, NULL), "argument");
}

static void rude(void *context, const earshot_chat *chat) {
  static const earshot_settings GOOD = {.name = "a", .kind = "sim", .app = "sim/1"};
  sim_node *node = context;
  (void)chat;
  logged[0] = '\0';
  CHECK_RESULT(earshot_init(&node->board, sizeof node->board, &node->port, &GOOD), "busy");
  CHECK_NUMBER(earshot_poll(&node->board), 1000);
  CHECK(!earshot_close(&node->board));
  earshot_network_changed(&node->board);
  CHECK_TEXT(logged,
             "a handler must not call earshot_init\na handler must not call earshot_poll\n"
             "a handler must not call earshot_close\na handler must not call earshot_network_changed\n");
  CHECK_RESULT(earshot_say(&node->board, chat->from.id, "heard"), "ok");
}

static void rude_handlers(void) {
  sim_pair(10);
  sim[1].port.log = keep_log;
  earshot_on_chat(&sim[1].board, rude, &sim[1]);
  sim_say(0, "b", "one");
  SIM_UNTIL(sim_count(0, 'c', "heard") == 1, 5000);
  sim_say(0, "b", "two");
  SIM_UNTIL(sim_count(0, 'c', "heard") == 2, 5000);
  CHECK_NUMBER(sim_count(0, 's', NULL), 2);
}

static void cancel_answered(void *context, const earshot_reply *reply) {
  CHECK_RESULT(earshot_cancel(context, reply->question), "ok");
  CHECK_RESULT(earshot_cancel(context, reply->question), "absent");
  CHECK_RESULT(earshot_say(context, "b", "in its place"), "ok");
}

static void cancels_in_handlers(void) {
  sim_pair(11);
  earshot_on_answer(&sim[0].board, cancel_answered, &sim[0].board);
  sim_ask(0, "b", "1");
  SIM_UNTIL(sim_count(1, 'c', "in its place") == 1, 5000);
  sim_run(5000);
  CHECK_NUMBER(sim_count(1, 'q', NULL), 1);
  CHECK_NUMBER(sim[0].board.outbox->used, 0);
}

void sim_api_tests(void) {
  check_run("values of the application survive a restart, and the same one is not written again", values);
  check_run("keys and values that cannot be stored are refused, and storage that fails is told",
            keys_and_failures);
  check_run("received files can be removed, in the handler too, and not while they are sent", removes_files);
  check_run("the sender reads the reason that the application gave", reasons);
  check_run("a document that came in parts is refused by its handler", reason_of_parts);
  check_run("members of an object are read, whatever else is in it", json_members);
  check_run("what is no object has no members", no_objects);
  check_run("the roster tells who was heard, who is up, and the clock what time it is", roster_walk);
  check_run("calls without a board, before its start and after its end do no harm", closed_boards);
  check_run("what must not be NULL is refused", nulls);
  check_run("a board compiled with other sizes is not touched, and the log names an invalid setting",
            wrong_starts);
  check_run("a handler cannot start, poll or close its board", rude_handlers);
  check_run("a question can be cancelled by the handler of its answer", cancels_in_handlers);
  sim_end();
}
