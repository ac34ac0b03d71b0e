/** Boards that are up for months: their clocks of 32 bits begin anew again and again. */
#include "sim.h"
#include "tests.h"

#define DAY (24ull * 3600 * 1000)

/** Lets days pass in which no board is polled. */
static void sleep_for(unsigned days) {
  sim_now += days * DAY;
  sim_run(1000);
}

static void months(void) {
  sim_pair(1);
  for (unsigned month = 0; month < 5; month++) {
    sleep_for(20 + 10 * month);
    SIM_UNTIL(earshot_is_up(&sim[0].board, "b") && earshot_is_up(&sim[1].board, "a"), 120000);
    sim_say(0, "b", "still here");
    SIM_UNTIL(sim_count(1, 'c', "still here") == month + 1, 30000);
    sim_run(60000);
    CHECK_NUMBER(earshot_is_up(&sim[0].board, "b") && earshot_is_up(&sim[1].board, "a"), true);
    CHECK_NUMBER(sim_sessions(0), 0);
  }
}

/** Time that passes while the clock begins anew counts for what waits, as any other. */
static void waiting(void) {
  sim_pair(2);
  sim[1].off = true;
  sim_say(0, "b", "later");
  for (unsigned day = 1; day <= 6; day++) {
    sleep_for(1);
    CHECK_NUMBER(sim_count(0, 'r', "expired"), 0);
  }
  CHECK(sim_now > 1ull << 31);
  sim[1].off = false;
  SIM_UNTIL(sim_count(1, 'c', NULL) == 1, 120000);
  sim[1].off = true;
  sim_say(0, "b", "never");
  sleep_for(7);
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 1);
}

/** The application of a board that was not polled for weeks may say something before it polls it again. */
static void late(void) {
  for (unsigned days = 20; days <= 60; days += 40) {
    sim_pair(4);
    sim[1].off = true;
    sim_now += days * DAY;
    sim_say(0, "b", "after a long sleep");
    sim_run(1000);
    sleep_for(6);
    CHECK_NUMBER(sim_count(0, 'r', "expired"), 0);
    sleep_for(1);
    CHECK_NUMBER(sim_count(0, 'r', "expired"), 1);
  }
}

/** A machine that was up for years before the board was started. */
static void years(void) {
  sim_begin(3);
  sim_now = 3000 * DAY;
  sim_start(0, "a");
  sim_start(1, "b");
  SIM_UNTIL(earshot_is_up(&sim[0].board, "b"), 5000);
  CHECK_NUMBER(earshot_now(&sim[0].board), sim_now);
  sim_say(0, "b", "hello");
  SIM_UNTIL(sim_count(1, 'c', NULL) == 1, 5000);
}

void sim_times_tests(void) {
  check_run("boards find each other and talk after weeks and months", months);
  check_run("a message waits for as long as it may while clocks begin anew", waiting);
  check_run("what is said after weeks without a poll waits for as long as it may", late);
  check_run("a board starts on a machine that has been up for years", years);
}
