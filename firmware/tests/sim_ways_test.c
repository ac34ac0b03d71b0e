/** Peers that announcements do not reach: named by the user, or told of by others. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

#define EVERY_PAUSE_MS 75000

static stranger s;
static uint8_t list[4000];
static size_t list_length;

/** A world without datagrams. */
static void begin(unsigned seed, unsigned boards) {
  sim_begin(seed);
  sim_loss = 100;
  for (unsigned i = 0; i < boards; i++) sim_start(i, (const char[]){(char)('a' + i), 0});
}

static void named(void) {
  begin(1, 2);
  CHECK_RESULT(earshot_add_peer(&sim[0].board, "10.0.0.1"), "ok");
  SIM_UNTIL(sim_count(0, '+', NULL) == 1 && sim_count(1, '+', NULL) == 1, 1000);
  sim_say(0, "b", "there");
  sim_say(1, "a", "back");
  SIM_UNTIL(sim_count(1, 'c', "there") == 1 && sim_count(0, 'c', "back") == 1, 1000);
  /* Nothing but the session shows that they are there: it stays. */
  sim_run(120000);
  CHECK_NUMBER(sim_count(0, '-', NULL) + sim_count(1, '-', NULL), 0);
  CHECK_NUMBER(sim[0].dials, 1);
  sim_cut(0);
  SIM_UNTIL(sim_sessions(0) == 1, 1000);
  sim_kill(1);
  sim_run(600000);
  CHECK_NUMBER(sim_count(0, '-', NULL), 1);
  /* Once a minute by now, 20 % more or less. */
  CHECK(sim[0].dials >= 15 && sim[0].dials <= 24);
  sim_start(1, "b");
  SIM_UNTIL(sim_count(0, '+', NULL) == 2, EVERY_PAUSE_MS);
}

static void kept(void) {
  begin(2, 2);
  CHECK_RESULT(earshot_add_peer(&sim[0].board, "10.0.0.1:3333"), "ok");
  CHECK_RESULT(earshot_add_peer(&sim[0].board, "10.0.0.1:3333"), "ok");
  sim_kill(0);
  sim_start(0, "a");
  CHECK_TEXT(earshot_added_peer(&sim[0].board, 0), "10.0.0.1:3333");
  CHECK(earshot_added_peer(&sim[0].board, 1) == NULL);
  SIM_UNTIL(sim_count(1, '+', NULL) == 1, 1000);
  CHECK_RESULT(earshot_remove_peer(&sim[0].board, "10.0.0.1:3333"), "ok");
  CHECK_RESULT(earshot_remove_peer(&sim[0].board, "10.0.0.1:3333"), "absent");
  CHECK_RESULT(earshot_remove_peer(&sim[0].board, ""), "absent");
  sim_kill(0);
  sim_start(0, "a");
  sim_run(5000);
  CHECK_NUMBER(sim_sessions(0), 0);
  for (unsigned i = 0; i < EARSHOT_NAMED; i++) {
    char host[16];
    snprintf(host, sizeof host, "10.0.1.%u", i);
    CHECK_RESULT(earshot_add_peer(&sim[0].board, host), "ok");
  }
  CHECK_RESULT(earshot_add_peer(&sim[0].board, "10.0.1.9"), "full");
  CHECK_RESULT(earshot_add_peer(&sim[0].board, "lab-pc"), "argument");
  sim[0].fails = 1;
  CHECK_RESULT(earshot_remove_peer(&sim[0].board, "10.0.1.0"), "io");
}

/** Ourselves, and whom the board hears anyway. */
static void named_in_vain(void) {
  sim_pair(3);
  CHECK_RESULT(earshot_add_peer(&sim[0].board, "10.0.0.0"), "ok");
  CHECK_RESULT(earshot_add_peer(&sim[0].board, "10.0.0.1"), "ok");
  sim_run(60000);
  CHECK_NUMBER(sim_count(0, '+', NULL), 1);
  CHECK_NUMBER(sim_sessions(0), 0);
}

static void begin_list(void) {
  list_length = ES_FRAME_HEADER;
}

static void tell_of(const char *id, const char *address, unsigned port) {
  int bytes =
      snprintf((char *)list + list_length + 2, sizeof list - list_length - 2,
               "{\"id\":\"%s\",\"name\":\"x\",\"kind\":\"host\",\"address\":\"%s\",\"port\":%u,\"age\":1}",
               id, address, port);
  es_put_u16(list + list_length, (uint16_t)bytes);
  list_length += 2 + (size_t)bytes;
}

static void tell_of_nobody(unsigned number, const char *address) {
  char id[EARSHOT_ID + 1];
  snprintf(id, sizeof id, "%.23s%c", s.id, 'a' + (int)number);
  tell_of(id, address, 1000 + number);
}

static void tell(void) {
  memcpy(list, (uint8_t[]){ES_PEERS, 0, 0}, 3);
  es_put_u16(list + 3, (uint16_t)(list_length - ES_FRAME_HEADER));
  stranger_send(&s, list, list_length);
}

/** A world without datagrams; board 0 has a session with the stranger, whom its user named. */
static void begin_told(unsigned seed) {
  begin(seed, 2);
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  es_named *teller = &sim[0].board.ways->named[0];
  es_copy_text(teller->host, sizeof teller->host, "10.0.0.99");
  es_copy_text(teller->id, sizeof teller->id, s.id);
  begin_list();
}

static void told(void) {
  begin_told(4);
  tell_of(earshot_id(&sim[0].board), "10.0.0.0", 3333);
  tell_of(earshot_id(&sim[1].board), "10.0.0.1", 3333);
  tell();
  SIM_UNTIL(sim_count(1, '+', "a") == 1, 1000);
  sim_say(0, "b", "there");
  SIM_UNTIL(sim_count(1, 'c', "there") == 1, 1000);
  /* Its session stays, and comes again: five times, if need be. */
  sim_cut(1);
  SIM_UNTIL(sim_sessions(1) == 1, 5000);
  sim_kill(1);
  sim_run(120000);
  CHECK(sim[0].dials >= 6 && sim[0].dials <= 8);
  CHECK_NUMBER(sim_count(0, '-', "b"), 1);
  stranger_end(&s);
}

static void lies(void) {
  begin_told(5);
  tell_of_nobody(0, "8.8.8.200");
  tell_of_nobody(1, "2001:db8::c8");
  /* There is somebody else. */
  tell_of_nobody(2, "10.0.0.1");
  for (unsigned i = 3; i < 20; i++) tell_of_nobody(i, "10.0.0.200");
  tell();
  tell();
  for (unsigned second = 1; second <= 20; second++) {
    sim_run(1000);
    CHECK(sim[0].dials <= second + 1);
  }
  CHECK_NUMBER(sim[0].dials, EARSHOT_RUMOURS / 2);
  CHECK_NUMBER(sim_count(0, '+', NULL), 1);
  CHECK_NUMBER(sim_count(1, '+', NULL), 0);
  /* The same again: where nobody was is left alone. */
  sim_run(10000);
  unsigned dials = sim[0].dials;
  begin_list();
  for (unsigned i = 2; i < 5; i++) tell_of_nobody(i, i == 2 ? "10.0.0.1" : "10.0.0.200");
  tell();
  sim_run(10000);
  CHECK_NUMBER(sim[0].dials, dials);
  stranger_end(&s);
}

static void not_heeded(void) {
  begin_told(6);
  sim[0].board.ways->named[0].id[0] = 'x';
  tell_of(earshot_id(&sim[1].board), "10.0.0.1", 3333);
  tell();
  sim_run(5000);
  CHECK_NUMBER(sim[0].dials, 0);
  stranger_end(&s);
}

void sim_ways_tests(void) {
  check_run("a named peer is found, kept and dialled again with growing pauses", named);
  check_run("named peers are kept over restarts, until they are removed", kept);
  check_run("who names the board itself, or a neighbour, gets no session for it", named_in_vain);
  check_run("a peer that a named one tells of is found, and dialled again if it was there", told);
  check_run("who tells of peers that do not exist makes the board dial once a second, nobody twice", lies);
  check_run("in an open group only those are heeded that the user named", not_heeded);
  sim_end();
}
