/** Finding peers, and noticing peers that are gone. */
#include <stdio.h>
#include <string.h>

#include "announcement.h"
#include "base32.h"
#include "sim.h"
#include "tests.h"

static unsigned up(unsigned node) {
  earshot_numbers numbers;
  earshot_stats(&sim[node].board, &numbers);
  return numbers.peers;
}

static void found_at_once(void) {
  sim_begin(1);
  for (unsigned node = 0; node < 6; node++) {
    char name[8];
    snprintf(name, sizeof name, "n%u", node);
    sim_start(node, name);
    sim_run(200);
    for (unsigned other = 0; other <= node; other++) CHECK_NUMBER(up(other), node);
  }
  CHECK_NUMBER(sim_count(0, '+', "n5"), 1);
}

static void found_in_spite_of_loss(void) {
  for (unsigned seed = 1; seed <= 10; seed++) {
    sim_begin(seed);
    sim_loss = 50;
    sim_start(0, "a");
    sim_start(1, "b");
    SIM_UNTIL(up(0) == 1 && up(1) == 1, 30000);
  }
}

static void goes(void) {
  sim_begin(2);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_start(2, "c");
  sim_run(1000);
  earshot_close(&sim[1].board);
  sim_run(200);
  sim_kill(1);
  SIM_UNTIL(up(0) == 1 && up(2) == 1, 15000);
  sim_kill(2);
  /* Without a `bye`: it times out. */
  SIM_UNTIL(up(0) == 0, 25000);
  CHECK_NUMBER(sim_count(0, '-', "b"), 1);
  CHECK_NUMBER(sim_count(0, '-', "c"), 1);
  sim_start(2, "c");
  SIM_UNTIL(up(0) == 1, 2000);
}

static void stays(void) {
  sim_begin(3);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(600000);
  CHECK_NUMBER(sim_count(0, '-', NULL), 0);
  CHECK_NUMBER(sim_count(1, '-', NULL), 0);
  CHECK_NUMBER(sim_count(0, '+', NULL), 1);
}

static void restart_is_no_departure(void) {
  sim_begin(4);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(15000);
  sim_kill(1);
  sim_run(500);
  sim_start(1, "b");
  sim_run(60000);
  CHECK_NUMBER(sim_count(0, '-', NULL), 0);
  CHECK_NUMBER(up(0), 1);
}

static void announce(const es_announcement *a) {
  uint8_t bytes[ES_ANNOUNCEMENT_MAX];
  es_writer writer = es_writer_on(bytes, sizeof bytes);
  CHECK_RESULT(es_announcement_write(a, &writer), "ok");
  sim_datagram(0, bytes, writer.length, false);
}

static void promise(uint8_t t, const char *id, uint32_t boot, uint32_t seq, const char *echo,
                    uint32_t every) {
  es_announcement a = {.t = t,
                       .name = "forged",
                       .group = "earshot",
                       .kind = "x",
                       .boot = boot,
                       .seq = seq,
                       .port = 3333,
                       .every = every};
  es_copy_text(a.id, sizeof a.id, id);
  es_copy_text(a.echo, sizeof a.echo, echo);
  announce(&a);
}

static void say(uint8_t t, const char *id, uint32_t boot, uint32_t seq, const char *echo) {
  promise(t, id, boot, seq, echo, 10);
}

static void make_up(unsigned number, char id[ES_ID_CHARACTERS + 1]) {
  memset(id, 'a', ES_ID_CHARACTERS);
  id[ES_ID_CHARACTERS] = '\0';
  for (unsigned c = 0; c < 4; c++, number /= 26) id[c] = (char)('a' + number % 26);
}

/** A forger cannot hide a peer for long: neither one that is up nor one that was gone. */
static void forged_ahead(void) {
  sim_begin(13);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(11000);
  const char *id = sim[1].board.self.id;
  uint32_t boot = sim[1].board.self.payload.boot;
  promise(ES_HELLO, id, boot, 0xffffffff, "", 1000);
  sim_run(100);
  const es_peer *peer = es_roster_find(&sim[0].board, id);
  REQUIRE(peer != NULL);
  CHECK_TEXT(peer->name, "b");
  sim_run(25000);
  CHECK(peer->up && peer->seq < 1000 && peer->every < 60);
  sim[1].off = true;
  SIM_UNTIL(!peer->up, 25000);
  promise(ES_HELLO, id, boot, 0xffffffff, "", 1000);
  sim_run(100);
  CHECK(peer->up);
  SIM_UNTIL(!peer->up, 100000);
  sim[1].off = false;
  SIM_UNTIL(peer->up, 13000);
  CHECK_TEXT(peer->name, "b");
}

/** One host answers with more ids than the roster has places, and a long `every`. */
static void one_host(void) {
  char nonce[ES_NONCE_CHARACTERS + 1];
  char id[ES_ID_CHARACTERS + 1];
  sim_begin(14);
  sim_start(0, "a");
  sim_run(10);
  es_base32_encode(sim[0].board.discovery.nonces[0], ES_NONCE_BYTES, nonce);
  for (unsigned i = 0; i < 3 * EARSHOT_ROSTER; i++) {
    make_up(i, id);
    promise(ES_HELLO, id, i, 1, nonce, 1000);
    sim_run(1);
  }
  CHECK_NUMBER(up(0), EARSHOT_ROSTER);
  sim_start(1, "b");
  sim_run(300);
  const es_peer *peer = es_roster_find(&sim[0].board, sim[1].board.self.id);
  CHECK(peer != NULL && peer->up);
  for (unsigned i = 0; i < 3 * EARSHOT_ROSTER; i++) {
    make_up(1000 + i, id);
    promise(ES_HELLO, id, i, 1, nonce, 1000);
    sim_run(1);
  }
  peer = es_roster_find(&sim[0].board, sim[1].board.self.id);
  CHECK(peer != NULL && peer->up);
}

/** Echoes from other hosts do not displace the address that a peer answers from. */
static void forged_address(void) {
  sim_begin(15);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(30000);
  es_peer *peer = es_roster_find(&sim[0].board, sim[1].board.self.id);
  REQUIRE(peer != NULL && peer->proof == ES_ECHOED);
  earshot_address true_one = peer->way[0].address;
  for (uint8_t host = 1; host < 9; host++) {
    earshot_address other = {.family = 4, .ip = {10, 9, 9, host}, .port = 3333};
    es_peer_learn(peer, &other, ES_ECHOED);
  }
  unsigned at = 0;
  while (at < peer->ways && !es_is_same_host(&peer->way[at].address, &true_one)) at++;
  CHECK(at < peer->ways);
}

/** A `bye` counts even while no peer times out. */
static void goes_at_the_start(void) {
  sim_begin(16);
  sim_start(1, "b");
  sim_run(5000);
  sim_start(0, "a");
  sim_run(500);
  CHECK_NUMBER(up(0), 1);
  earshot_close(&sim[1].board);
  sim_run(200);
  sim_kill(1);
  SIM_UNTIL(up(0) == 0, 5000);
}

/** What was under way when a peer said `bye`, be it an answer, does not take that back. */
static void goes_though_it_is_heard(void) {
  for (unsigned answers = 0; answers <= 1; answers++) {
    sim_begin(17);
    sim_start(1, "b");
    sim_run(5000);
    sim_start(0, "a");
    sim_run(500);
    const es_peer *peer = es_roster_find(&sim[0].board, sim[1].board.self.id);
    REQUIRE(peer != NULL);
    es_announcement late = {.t = ES_HELLO, .group = "earshot", .kind = "x", .every = 12, .port = peer->port};
    late.boot = peer->boot;
    late.seq = peer->seq + 100;
    es_copy_text(late.id, sizeof late.id, peer->id);
    es_copy_text(late.name, sizeof late.name, peer->name);
    if (answers) es_base32_encode(sim[0].board.discovery.nonces[0], ES_NONCE_BYTES, late.echo);
    earshot_close(&sim[1].board);
    sim_run(50);
    announce(&late);
    sim_run(150);
    sim_kill(1);
    SIM_UNTIL(up(0) == 0, 5000);
  }
}

static void forged(void) {
  sim_begin(5);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(11000);
  const char *id = sim[1].board.self.id;
  say(ES_BYE, id, sim[1].board.self.payload.boot, 0xfffffff0, "");
  say(ES_HELLO, id, 12345, 1, "");
  say(ES_HELLO, id, sim[1].board.self.payload.boot, 0xffffffff, "");
  say(ES_HELLO, id, 54321, 1, "aaaaaaaaaaaaa");
  sim_run(60000);
  CHECK_NUMBER(sim_count(0, '-', NULL), 0);
  const es_peer *peer = es_roster_find(&sim[0].board, id);
  CHECK(peer != NULL && peer->up && peer->boot == sim[1].board.self.payload.boot);
  CHECK_TEXT(peer->name, "b");
}

static void flood(void) {
  sim_begin(6);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "hello"), "ok");
  sim_run(200);
  for (unsigned i = 0; i < 2000; i++) {
    char id[ES_ID_CHARACTERS + 1];
    make_up(sim_random(26 * 26 * 26 * 26), id);
    say(i % 3 == 0 ? ES_ASK : ES_HELLO, id, i, 1, "");
    sim_run(1);
  }
  const es_peer *peer = es_roster_find(&sim[0].board, sim[1].board.self.id);
  CHECK(peer != NULL && peer->up);
  CHECK(up(0) <= EARSHOT_ROSTER);
}

/** A class of boards, larger than the roster of each. */
static void larger_than_roster(void) {
  enum { BOARDS = EARSHOT_ROSTER + 3 };
  unsigned told[BOARDS];
  sim_begin(12);
  for (unsigned i = 0; i < BOARDS; i++) {
    char name[8] = {'n', (char)('a' + i)};
    sim_start(i, name);
    sim_run(20);
  }
  sim_run(30000);
  for (unsigned i = 0; i < BOARDS; i++) told[i] = sim[i].event_count;
  uint64_t said = sim_datagrams;
  sim_run(120000);
  for (unsigned i = 0; i < BOARDS; i++) {
    CHECK_NUMBER(up(i), EARSHOT_ROSTER);
    CHECK_NUMBER(sim[i].event_count, told[i]);
  }
  /* One hello of each in 10 s, and some asks. */
  CHECK(sim_datagrams - said < 2 * BOARDS * 12);
  /* A peer that is not on the roster of a board can still talk to it, and is on it from then on. */
  struct earshot *board = &sim[0].board;
  unsigned stranger = 1;
  while (stranger < BOARDS && (es_roster_find(board, sim[stranger].board.self.id) != NULL ||
                               es_roster_find(&sim[stranger].board, board->self.id) == NULL)) {
    stranger++;
  }
  REQUIRE(stranger < BOARDS);
  CHECK_RESULT(earshot_say(&sim[stranger].board, board->self.id, "here I am"), "ok");
  SIM_UNTIL(sim_count(0, 'c', "here I am") == 1, 1000);
  CHECK(es_roster_find(board, sim[stranger].board.self.id) != NULL);
}

static void closed(void) {
  char code[ES_JOIN_CODE_MAX + 1];
  static const uint8_t SECRET[ES_SECRET] = {7};
  sim_begin(7);
  CHECK_RESULT(es_join_code_write("earshot", SECRET, code), "ok");
  sim_start(2, "outsider");
  sim_join_code = code;
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(5000);
  CHECK_NUMBER(up(0), 1);
  CHECK_NUMBER(up(2), 0);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "psst"), "ok");
  sim_run(500);
  CHECK_NUMBER(sim_count(1, 'c', "psst"), 1);
}

static void names(void) {
  sim_begin(8);
  sim_start(0, "a");
  sim_start(1, "Kitchen");
  sim_start(2, "kitchen");
  sim_run(500);
  CHECK_RESULT(earshot_say(&sim[0].board, "kitchen", "which?"), "no-peer");
  CHECK_RESULT(earshot_say(&sim[0].board, "nobody", "hello?"), "no-peer");
  char prefix[7] = {0};
  memcpy(prefix, sim[2].board.self.id, 6);
  CHECK_RESULT(earshot_say(&sim[0].board, prefix, "by id"), "ok");
  sim_run(500);
  CHECK_NUMBER(sim_count(2, 'c', "by id"), 1);
  sim_kill(1);
  SIM_UNTIL(up(0) == 1, 25000);
  CHECK_RESULT(earshot_say(&sim[0].board, "KITCHEN", "the one that is up"), "ok");
}

static void name_like_an_id(void) {
  char prefix[8] = {0};
  sim_begin(9);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(500);
  memcpy(prefix, sim[1].board.self.id, 7);
  CHECK_RESULT(earshot_say(&sim[0].board, prefix, "by id"), "ok");
  sim_run(500);
  CHECK_NUMBER(sim_count(1, 'c', "by id"), 1);
  sim_start(2, prefix);
  SIM_UNTIL(up(0) == 2, 5000);
  CHECK_RESULT(earshot_say(&sim[0].board, prefix, "which?"), "no-peer");
  sim_kill(1);
  SIM_UNTIL(up(0) == 1, 25000);
  CHECK_RESULT(earshot_say(&sim[0].board, prefix, "the one that is away?"), "no-peer");
  CHECK_RESULT(earshot_say(&sim[0].board, sim[1].board.self.id, "by its whole id"), "ok");
  CHECK_RESULT(earshot_say(&sim[0].board, sim[2].board.self.id, "by its whole id"), "ok");
  sim_run(500);
  sim_kill(0);
  sim_start(0, "a");
  SIM_UNTIL(up(0) == 1, 5000);
  CHECK_RESULT(earshot_say(&sim[0].board, prefix, "one of before the restart?"), "no-peer");
  sim_run(1000);
  for (unsigned i = 0; i < sim[2].event_count; i++) {
    if (sim[2].events[i].what == 'c') CHECK_TEXT(sim[2].events[i].text, "by its whole id");
  }
  CHECK_NUMBER(sim_count(2, 'c', "by its whole id"), 1);
}

/** A board does not start with such a name in its settings. */
static void no_names(void) {
  static const char *const NAMES[] = {
      "all", "ALL", "@lab", "-x", "plain-10.0.0.1", "Plain-x", "", "a\x1b[b", "aaaaaabbbbbbccccccdddddd"};
  static struct earshot board;
  sim_begin(10);
  sim_start(0, "a");
  for (unsigned i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
    earshot_settings settings = {.name = NAMES[i], .kind = "sim", .app = "sim/1"};
    CHECK_RESULT(earshot_init(&board, sizeof board, &sim[0].port, &settings), "argument");
  }
}

#if EARSHOT_TWINS
/** A copy of the flash of a board. */
static void twins(void) {
  sim_begin(40);
  sim_start(0, "a");
  sim_run(1000);
  sim_copy_storage(0, 1);
  sim_start(1, "b");
  SIM_UNTIL(sim[0].board.numbers.twins == 1 && sim[1].board.numbers.twins == 1, 5000);
  CHECK_TEXT(earshot_id(&sim[0].board), earshot_id(&sim[1].board));
}

/** Announcements of an earlier start come again. */
static void no_twin(void) {
  es_announcement replay = {
      .t = ES_HELLO, .group = "earshot", .name = "a", .kind = "test", .seq = 1, .port = 1, .every = 12};
  uint8_t bytes[ES_ANNOUNCEMENT_MAX];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  sim_begin(41);
  sim_start(0, "a");
  es_copy_text(replay.id, sizeof replay.id, earshot_id(&sim[0].board));
  replay.boot = sim[0].board.self.payload.boot + 1;
  CHECK_RESULT(es_announcement_write(&replay, &out), "ok");
  uint64_t before = sim_datagrams;
  for (unsigned i = 0; i < 100; i++) {
    sim_datagram(0, bytes, out.length, i % 2 == 1);
    sim_run(100);
  }
  CHECK_NUMBER(sim[0].board.numbers.twins, 0);
  CHECK(sim_datagrams - before < 20);
}
#endif

void sim_discovery_tests(void) {
  check_run("boards find each other within 200 ms", found_at_once);
  check_run("boards find each other though every second datagram is lost", found_in_spite_of_loss);
  check_run("a board that leaves, or falls silent, is gone; one that comes back is there", goes);
  check_run("boards that stay are never gone, for ten minutes", stays);
  check_run("a board that restarts was never gone", restart_is_no_departure);
  check_run("forged announcements change nothing about a peer that is there", forged);
  check_run("a counter and a promise that are forged hide nobody for long", forged_ahead);
  check_run("one host that fills the roster keeps nobody else out", one_host);
  check_run("an address that answers is not pushed out", forged_address);
  check_run("a board that leaves while another has just started is gone", goes_at_the_start);
  check_run("what a board said before it left, and comes later, does not bring it back",
            goes_though_it_is_heard);
  check_run("in a group that is larger than its roster nobody is told gone who is there", larger_than_roster);
  check_run("a flood of forged peers does not evict one with a session", flood);
  check_run("a closed group is deaf to others of its name", closed);
  check_run("a name that two peers share means neither of them, while both are up", names);
  check_run("a name that is the beginning of somebody's id means neither of them", name_like_an_id);
  check_run("a board has no name that means something else than a peer", no_names);
#if EARSHOT_TWINS
  check_run("two boards with one identity are told of each other", twins);
  check_run("what a board sent before its restart is no twin of it", no_twin);
#endif
  sim_end();
}
