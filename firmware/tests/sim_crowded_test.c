/** One machine that takes all places, and others that need one. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

#define HALF_OPEN 60

static int half_open[HALF_OPEN];

/** Connects as often as possible and never finishes a handshake; connects again when it is closed. */
static void crowd(void) {
  for (unsigned i = 0; i < HALF_OPEN; i++) {
    uint8_t byte;
    if (half_open[i] >= 0 && sim_read(half_open[i], &byte, 1) >= 0) continue;
    if (half_open[i] >= 0) sim_hang_up(half_open[i]);
    half_open[i] = sim_dial(0);
    if (half_open[i] >= 0) sim_write(half_open[i], "ES1\n\0", 4 + i % 2);
  }
}

/** Lets `ms` milliseconds pass in the crowd, or less if the board gets this line earlier. */
static void crowded(uint32_t ms, const char *line) {
  earshot_ms end = sim_now + ms;
  while (sim_now < end && (line == NULL || sim_count(0, 'c', line) == 0)) {
    crowd();
    sim_run(1);
  }
}

static void begin(unsigned seed, unsigned boards) {
  sim_begin(seed);
  sim_start(0, "a");
  for (unsigned i = 1; i <= boards; i++) sim_start(i, (const char[]){(char)('a' + i), 0});
  sim_run(500);
  for (unsigned i = 0; i < HALF_OPEN; i++) half_open[i] = -1;
  crowded(3000, NULL);
}

static void leave(void) {
  for (unsigned i = 0; i < HALF_OPEN; i++) {
    if (half_open[i] >= 0) sim_hang_up(half_open[i]);
  }
}

static void half_handshakes(void) {
  begin(1, 6);
  for (unsigned i = 1; i <= 6; i++) {
    char line[16];
    snprintf(line, sizeof line, "line %u", i);
    CHECK_RESULT(earshot_say(&sim[i].board, "a", line), "ok");
    crowded(1000, line);
    CHECK_NUMBER(sim_count(0, 'c', line), 1);
    crowded(1500, NULL);
  }
  leave();
}

static earshot_result take_nobody(void *context, int *connection, earshot_address *from) {
  (void)context, (void)connection, (void)from;
  return EARSHOT_AGAIN;
}

/** Only one place is left, because the board dials peers that do not answer. */
static void one_place(void) {
  begin(2, 4);
  for (unsigned i = 2; i <= 3; i++) {
    sim[i].port.tcp_accept = take_nobody;
    CHECK_RESULT(earshot_say(&sim[0].board, sim[i].name, "hello?"), "ok");
  }
  crowded(100, NULL);
  CHECK_RESULT(earshot_say(&sim[1].board, "a", "here I am"), "ok");
  crowded(1500, "here I am");
  CHECK_NUMBER(sim_count(0, 'c', "here I am"), 1);
  leave();
}

static stranger each[EARSHOT_SESSIONS];

/** Peers of one machine that send all the time, and dial again after they were closed, or always. */
static void talk(uint32_t number, bool again) {
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    bool left = again;
    while (!left && sim_has(each[i].connection)) left = !stranger_next(&each[i]);
    if (left) {
      stranger_end(&each[i]);
      stranger_make(&each[i], (uint8_t)(8 * (i + 1)));
      if (!stranger_dial(&each[i], 0)) continue;
    }
    es_frame ping = {.type = ES_PING, .n = number};
    stranger_say(&each[i], &ping);
    stranger_chat(&each[i], number, "mine");
  }
}

/** A board with two others, and peers of one machine that have all its sessions. */
static void fill_sessions(unsigned seed) {
  sim_begin(seed);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    stranger_make(&each[i], (uint8_t)(8 * (i + 1)));
    REQUIRE(stranger_dial(&each[i], 0));
  }
  CHECK_NUMBER(sim_sessions(0), EARSHOT_SESSIONS);
}

static void all_sessions(void) {
  for (unsigned again = 0; again < 2; again++) {
    fill_sessions(3 + again);
    for (uint32_t number = 1; number <= 25; number++) {
      talk(number, again != 0);
      if (number == 10) CHECK_RESULT(earshot_say(&sim[1].board, "a", "room for me"), "ok");
      if (number > 10) CHECK_RESULT(earshot_say(&sim[1].board, "a", "and more"), "ok");
      sim_run(100);
    }
    CHECK_NUMBER(sim_count(0, 'c', "room for me"), 1);
    CHECK_NUMBER(sim_count(0, 'c', "and more"), 15);
    /* It got a session once, and was not evicted. */
    CHECK_NUMBER(sim[1].board.numbers.sessions_opened, 1);
    for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) stranger_end(&each[i]);
  }
}

/** The board itself has a message to send. */
static void own_dial(void) {
  fill_sessions(5);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "from a"), "ok");
  for (uint32_t number = 1; number <= 10; number++) {
    talk(number, false);
    sim_run(100);
  }
  CHECK_NUMBER(sim_count(1, 'c', "from a"), 1);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) stranger_end(&each[i]);
}

void sim_crowded_tests(void) {
  check_run("sixty half-open handshakes of one machine keep nobody out", half_handshakes);
  check_run("the same where only one place is left", one_place);
  check_run("a machine that has all sessions gives one to another", all_sessions);
  check_run("a machine that has all sessions does not keep the board from dialling", own_dial);
  sim_end();
}
