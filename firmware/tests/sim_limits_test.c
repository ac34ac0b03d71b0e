/**
 * A board without something: random numbers, storage, an address that answers, a small group.
 */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static earshot_result no_random(void *context, uint8_t *bytes, size_t length) {
  (void)context;
  memset(bytes, 7, length);
  return EARSHOT_IO;
}

/** Counts the datagrams of a board, and drops them. */
static unsigned datagrams;
static void count_datagram(void *context, const earshot_address *to, const uint8_t *data, size_t length) {
  (void)context, (void)to, (void)data, (void)length;
  datagrams++;
}

static void without_random(void) {
  sim_begin(1);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "hello"), "ok");
  sim_run(300);
  sim[0].port.random = no_random;
  sim[0].port.udp_send = count_datagram;
  /* A random number is needed, and the port has none: from here on everything could be guessed. */
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "guessable"), "crypto");
  datagrams = 0;
  unsigned puts = sim[0].puts;
  uint64_t bytes = sim_bytes;
  sim_run(60000);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "again"), "crypto");
  earshot_close(&sim[0].board);
  sim_run(1000);
  CHECK_NUMBER(datagrams, 0);
  CHECK_NUMBER(sim[0].puts, puts);
  CHECK(sim_bytes < bytes + 1000); /* from b */
  CHECK_NUMBER(sim_count(1, 'c', NULL), 1);
  CHECK_NUMBER(sim_sessions(0), 0);
}

static void start_without_random(void) {
  static struct earshot board;
  earshot_settings settings = {.name = "a", .kind = "sim", .app = "sim/1"};
  sim_begin(2);
  sim_start(0, "a");
  sim[0].port.random = no_random;
  CHECK_RESULT(earshot_init(&board, sizeof board, &sim[0].port, &settings), "crypto");
}

static void parts_without_storage(void) {
  static const uint8_t HASH[ES_HASH] = {1};
  static stranger s;
  sim_begin(3);
  sim[0].forgets = true;
  sim_start(0, "a");
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  stranger_announce(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GWB", 70000, HASH);
  REQUIRE(stranger_expect(&s, ES_NAK));
  CHECK_TEXT(s.frame.code, "too-large");
  stranger_end(&s);
}

/**
 * The address of a machine without a listener: the connection is refused at the first write.
 */
static void next_address(void) {
  static const earshot_address REFUSES = {.family = 4, .ip = {10, 0, 0, SIM_REFUSES}};
  sim_begin(4);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
  es_peer *peer = es_roster_find(&sim[0].board, sim[1].board.self.id);
  REQUIRE(peer != NULL);
  es_peer_learn(peer, &REFUSES, ES_SESSION);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "hello"), "ok");
  sim_run(50);
  CHECK_NUMBER(sim_count(1, 'c', "hello"), 1);
}

static void hello_of_many(unsigned count, uint32_t every) {
  for (unsigned i = 0; i < count; i++) {
    es_announcement a = {
        .t = ES_HELLO, .group = "earshot", .kind = "x", .boot = 1, .seq = 1, .port = 1, .every = every};
    uint8_t bytes[ES_ANNOUNCEMENT_MAX];
    es_writer writer = es_writer_on(bytes, sizeof bytes);
    memset(a.id, 'a', ES_ID_CHARACTERS);
    a.id[0] = (char)('a' + i % 26);
    a.id[1] = (char)('a' + i / 26);
    snprintf(a.name, sizeof a.name, "%u", i);
    CHECK_RESULT(es_announcement_write(&a, &writer), "ok");
    sim_datagram(0, bytes, writer.length, false);
    sim_run(1);
  }
}

/** `every` of the announcements of this board, seconds. */
static uint32_t promised(void) {
  sim_start(1, "b");
  sim_run(2000);
  const es_peer *peer = es_roster_find(&sim[1].board, sim[0].board.self.id);
  return peer != NULL ? peer->every : 0;
}

static void large_group(void) {
  sim_begin(5);
  sim_start(0, "a");
  hello_of_many(EARSHOT_ROSTER, 120);
  uint32_t every = promised();
  CHECK(every >= 80 && every <= 120);
}

static void liars(void) {
  sim_begin(6);
  sim_start(0, "a");
  hello_of_many(1, 1000);
  CHECK_NUMBER(promised(), 12);
  sim_begin(7);
  sim_start(0, "a");
  hello_of_many(1, 1000);
  hello_of_many(EARSHOT_ROSTER, 12);
  CHECK(promised() <= 80);
}

static earshot_result take_nobody(void *context, int *connection, earshot_address *from) {
  (void)context, (void)connection, (void)from;
  return EARSHOT_AGAIN;
}

/** Peers whose cable was just pulled: none answers when it is dialled. */
static void dials_into_nothing(void) {
  sim_begin(9);
  for (unsigned i = 0; i <= EARSHOT_HANDSHAKES + 1; i++) sim_start(i, (const char[]){(char)('a' + i), 0});
  sim_run(1000);
  for (unsigned i = 1; i <= EARSHOT_HANDSHAKES; i++) {
    sim[i].port.tcp_accept = take_nobody;
    CHECK_RESULT(earshot_say(&sim[0].board, sim[i].name, "hello?"), "ok");
  }
  sim_run(50);
  CHECK_RESULT(earshot_say(&sim[EARSHOT_HANDSHAKES + 1].board, "a", "here I am"), "ok");
  SIM_UNTIL(sim_count(0, 'c', "here I am") == 1, 500);
}

void sim_limits_tests(void) {
  check_run("a board without random numbers says and stores nothing more, and an application is told",
            without_random);
  check_run("a board that never had random numbers does not start", start_without_random);
  check_run("without storage, a document that comes in parts is refused as too large", parts_without_storage);
  check_run("an address that refuses leads to the next one at once", next_address);
  check_run("peers that do not answer keep nobody from reaching the board that dials them",
            dials_into_nothing);
  check_run("a board whose roster is full learns from others how large the group is", large_group);
  check_run("one that lies about the size of a group silences nobody", liars);
  sim_end();
}
