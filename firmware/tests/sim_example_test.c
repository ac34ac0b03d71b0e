/** The example application in the simulated world: which peers get readings, and for how long. */
#include <stdio.h>
#include <string.h>

#include "example.h"
#include "sim.h"
#include "tests.h"

#define BOARD 0
/** The first peer that asks for readings. */
#define FIRST 1
#define MINUTE_MS 60000

/** Records events as the simulated world does. */
#define READING "readings {\"celsius\":21.5}"

static example app;
static bool led;

static void set_led(void *context, bool on) {
  (void)context;
  led = on;
}

static void read_sensors(void *context, char *json, size_t capacity) {
  (void)context;
  snprintf(json, capacity, "{\"celsius\":21.5}");
}

static void describe(void *context, char *members, size_t capacity) {
  (void)context;
  snprintf(members, capacity, "\"heap\":1000,\"reset\":\"power-on\"");
}

static const example_machine machine = {NULL, set_led, read_sensors, describe};

static void start_board(void) {
  sim_start(BOARD, "kitchen");
  example_start(&app, &sim[BOARD].board, &sim[BOARD].port, &machine);
  earshot_on_chat(&sim[BOARD].board, example_hear, &app);
  earshot_on_peer(&sim[BOARD].board, example_see, &app);
  earshot_on_sent(&sim[BOARD].board, example_learn, &app);
  earshot_on_ask(&sim[BOARD].board, example_asked, &app);
}

static void pass(uint32_t ms) {
  for (uint32_t passed = 0; passed < ms; passed += 100) {
    (void)example_poll(&app);
    sim_run(100);
  }
}

/** Begins a world with the board and so many peers. */
static void begin(unsigned seed, unsigned people) {
  sim_begin(seed);
  start_board();
  for (unsigned i = 0; i < people; i++) {
    char name[16];
    snprintf(name, sizeof name, "p%u", i);
    sim_start(FIRST + i, name);
  }
  pass(3000);
}

/** Sends a line to the board; true if it answers so. */
static bool answers(unsigned node, const char *line, const char *answer) {
  unsigned before = sim_count(node, 'c', answer);
  CHECK_NUMBER(earshot_say(&sim[node].board, "kitchen", line), EARSHOT_OK);
  pass(1000);
  return sim_count(node, 'c', answer) == before + 1;
}

static unsigned readings_of(unsigned node) {
  return sim_count(node, 'd', READING);
}

static void several_listeners(void) {
  begin(1, READINGS_LISTENERS + 1);
  for (unsigned i = 0; i < READINGS_LISTENERS; i++) {
    CHECK(answers(FIRST + i, "every 5 s", "a reading every 5 s"));
  }
  unsigned last = FIRST + READINGS_LISTENERS;
  CHECK(answers(last, "every 5 s", "4 others have readings already: one of them has to say stop"));
  pass(MINUTE_MS);
  for (unsigned i = 0; i < READINGS_LISTENERS; i++) CHECK(readings_of(FIRST + i) >= 12);
  CHECK_NUMBER(readings_of(last), 0);
  CHECK(answers(FIRST, "stop", "no more readings"));
  CHECK(answers(last, "every 2 s", "a reading every 2 s"));
  unsigned before = readings_of(FIRST);
  pass(MINUTE_MS);
  CHECK_NUMBER(readings_of(FIRST), before);
  CHECK(readings_of(last) >= 30);
}

static void absent_listener(void) {
  begin(2, 2);
  CHECK(answers(FIRST, "every 2 s", "a reading every 2 s"));
  sim[FIRST].off = true;
  sim_cut(FIRST);
  /* Before the board notices, too. */
  pass(15000);
  CHECK(answers(FIRST + 1, "Led on", "led is on") && led);
  pass(5 * MINUTE_MS);
  CHECK(answers(FIRST + 1, "led off", "led is off") && !led);
  CHECK(answers(FIRST + 1, "every 2 s", "a reading every 2 s"));
  pass(MINUTE_MS);
  CHECK(readings_of(FIRST + 1) >= 25);
  unsigned before = readings_of(FIRST);
  sim[FIRST].off = false;
  pass(MINUTE_MS);
  CHECK(readings_of(FIRST) >= before + 10);
}

static void after_power_failure(void) {
  begin(3, 2);
  CHECK(answers(FIRST, "every 5 s", "a reading every 5 s"));
  CHECK(answers(FIRST + 1, "every 70000 s", "a reading every 70000 s"));
  sim_kill(BOARD);
  start_board();
  CHECK_NUMBER(readings_every(&app.readings, earshot_id(&sim[FIRST + 1].board)), 70000);
  unsigned before = readings_of(FIRST);
  pass(MINUTE_MS);
  CHECK(readings_of(FIRST) >= before + 10);
  CHECK(answers(FIRST, "stop", "no more readings"));
  sim_kill(BOARD);
  start_board();
  before = readings_of(FIRST);
  pass(MINUTE_MS);
  CHECK_NUMBER(readings_of(FIRST), before);
}

static void not_kept(void) {
  begin(4, 1);
  sim[BOARD].storage.put = NULL;
  sim[BOARD].port.storage = NULL;
  CHECK(answers(FIRST, "every 5 s", "a reading every 5 s, until I am started again"));
  pass(MINUTE_MS);
  CHECK(readings_of(FIRST) >= 10);
}

static void helps_each(void) {
  static const char HELP[] = "I know: led on, led off, every 5 s (up to 86400), stop, status";
  static const char *const MISTAKES[] = {"led blue", "every 5", "every -5 s", "every 18446744073709551621 s",
                                         "?"};
  begin(5, EXAMPLE_HELPED + 1);
  /* So says another board. */
  CHECK(!answers(FIRST, HELP, HELP));
  for (unsigned i = 0; i < sizeof MISTAKES / sizeof MISTAKES[0]; i++)
    CHECK(answers(FIRST, MISTAKES[i], HELP));
  CHECK(!answers(FIRST, "what?", HELP));
  for (unsigned i = 1; i < EXAMPLE_HELPED; i++) CHECK(answers(FIRST + i, "hello?", HELP));
  CHECK(!answers(FIRST + EXAMPLE_HELPED, "hello?", HELP));
  CHECK_NUMBER(readings_of(FIRST), 0);
  pass(MINUTE_MS);
  CHECK(answers(FIRST + EXAMPLE_HELPED, "hello?", HELP));
  CHECK(answers(FIRST, "what?", HELP));
}

/** Asks the board; true if it is told this. */
static bool replies(const char *question, const char *result) {
  unsigned before = sim_count(FIRST, 'a', result);
  sim_ask(FIRST, "kitchen", question);
  pass(1000);
  return sim_count(FIRST, 'a', result) == before + 1;
}

static void questions(void) {
  static const char KNOWN[] =
      "failed \"I know {\\\"cmd\\\":\\\"led\\\",\\\"on\\\":true}, "
      "{\\\"cmd\\\":\\\"read\\\"}, {\\\"cmd\\\":\\\"info\\\"}\"";
  static const char *const MISTAKES[] = {"{\"cmd\":\"led\"}",
                                         "{\"cmd\":\"led\",\"on\":1}",
                                         "{\"cmd\":true}",
                                         "{\"cmd\":\"Read\"}",
                                         "{\"on\":true}",
                                         "{\"cmd\":[]}",
                                         "1",
                                         "[]"};
  char info[100];
  begin(6, 1);
  CHECK(replies("{\"cmd\":\"led\",\"on\":true}", "ok {\"led\":true}") && led);
  CHECK(replies("{\"on\":false,\"cmd\":\"led\"}", "ok {\"led\":false}") && !led);
  CHECK(replies("{\"cmd\":\"read\"}", "ok {\"celsius\":21.5}"));
  snprintf(info, sizeof info, "ok {\"id\":\"%s\",\"uptime\":6,\"h", earshot_id(&sim[BOARD].board));
  sim_ask(FIRST, "kitchen", "{\"cmd\":\"info\"}");
  pass(1000);
  const sim_event *told = sim_told(FIRST, 'a', 3);
  REQUIRE(told != NULL);
  CHECK(strncmp(told->text, info, strlen(info)) == 0);
  for (unsigned i = 0; i < sizeof MISTAKES / sizeof MISTAKES[0]; i++) CHECK(replies(MISTAKES[i], KNOWN));
}

/**
 * The flash of partitions.csv: 23 pages of NVS, one of them empty, each of 126 entries and specified for 100 000 erasures.
 * Measured in hours in which each of four listeners is away once.
 */
static void endurance(void) {
  static const double ENTRIES = 22 * 126 * 1e5;
  begin(6, READINGS_LISTENERS);
  for (unsigned i = 0; i < READINGS_LISTENERS; i++) {
    /* Readings of an hour are more than their storage has room for here. */
    sim_kill(FIRST + i);
    sim[FIRST + i].forgets = true;
    sim_start(FIRST + i, "listener");
    pass(1000);
    CHECK(answers(FIRST + i, "every 1 s", "a reading every 1 s"));
  }
  uint64_t before = sim[BOARD].entries;
  unsigned sent = sim[BOARD].board.numbers.delivered;
  for (unsigned minute = 0; minute < 60; minute++) {
    unsigned away = FIRST + minute / 15;
    sim[away].off = minute % 15 == 0;
    if (sim[away].off) sim_cut(away);
    pass(MINUTE_MS);
    for (unsigned i = 0; i < READINGS_LISTENERS; i++) sim[FIRST + i].event_count = 0;
  }
  sent = sim[BOARD].board.numbers.delivered - sent;
  CHECK(sent > 60 * 60 * READINGS_LISTENERS * 9 / 10);
  double years = ENTRIES / (double)(sim[BOARD].entries - before + 1) / 24 / 365;
  /* README.md says so. */
  if (years < 50) check_failed(__FILE__, __LINE__, "the flash lasts for %.1f years", years);
}

/** A reading that waits longer is not lost with the power; one that the board knows for a moment only may be. */
static void kept_readings(void) {
  begin(7, 1);
  CHECK(answers(FIRST, "every 1 s", "a reading every 1 s"));
  pass(10000);
  sim[FIRST].off = true;
  sim_cut(FIRST);
  pass(25000);
  unsigned waiting = 0;
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) waiting += sim[BOARD].board.outbox->items[i].durable;
  CHECK(waiting > 0);
  unsigned had = readings_of(FIRST);
  sim_kill(BOARD);
  sim[FIRST].off = false;
  start_board();
  CHECK(readings_set(&app.readings, sim[FIRST].board.self.id, 0) == EARSHOT_OK);
  pass(MINUTE_MS);
  CHECK_NUMBER(readings_of(FIRST), had + waiting);
}

void sim_example_tests(void) {
  check_run("several peers have readings, and one too many is told so", several_listeners);
  check_run("a listener that went takes no room from others, and has readings again when back",
            absent_listener);
  check_run("readings that were asked for go on after a power failure, and those ended do not",
            after_power_failure);
  check_run("where nothing can be kept the board says so", not_kept);
  check_run("the board answers questions, and what it does not understand with what it understands",
            questions);
  check_run("each who is not understood is helped a few times a minute, and not too many", helps_each);
  check_run("readings every second to four listeners leave the flash for decades", endurance);
  check_run("readings that wait are kept over a power cut", kept_readings);
  sim_end();
}
