/** Sessions with a peer that is not a board: what ends one, what does not, and which peer gets one. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;

/** Sends bytes as a record, and expects the board to hang up. */
static void check_ends(unsigned seed, const void *bytes, size_t length) {
  stranger_begin(&s, seed);
  stranger_send(&s, bytes, length);
  CHECK(stranger_is_left(&s));
  CHECK_NUMBER(sim_sessions(0), 0);
  stranger_end(&s);
}

static void malformed(void) {
  check_ends(10, "\x80\0\0\0\0", 5);
  check_ends(11, "\x08\0\0\0\0", 5);
  check_ends(12, "\x08\0\x07\0\0{\"n\":1", 11);
  /* A good chat before a malformed frame in one record has no effect. */
  stranger_begin(&s, 13);
  uint8_t record[200];
  es_writer out = es_writer_on(record, sizeof record);
  es_frame chat = {.type = ES_CHAT, .seq = 1, .id = "01JD3Q8X7Z9V5T2N4M6K8H0GWB", .length = 5};
  chat.body = (const uint8_t *)"hello";
  CHECK(es_frame_write(&chat, &out));
  es_write(&out, "\xff\0\0\0\0", 5);
  stranger_send(&s, out.bytes, out.length);
  CHECK(stranger_is_left(&s));
  CHECK_NUMBER(sim_count(0, 'c', NULL), 0);
  stranger_end(&s);
}

static void tolerated(void) {
  stranger_begin(&s, 14);
  /* Unassigned types, answers to no message, parts and credit of no document. */
  stranger_send(&s, "\x01\0\x0b\0\x02{\"epoch\":1}\x40\x80\x0a\0\x0b\0\0{\"epoch\":1}", 34);
  stranger_send(&s, "\x63\0\0\0\x02xy\x09\0\x07\0\0{\"n\":1}", 19);
  stranger_part(&s, 9, 0, "x", 1);
  es_frame want = {.type = ES_WANT, .seq = 3, .until = 100};
  es_frame nak = {.type = ES_NAK, .seq = 3, .code = "busy", .why = es_text_of("")};
  stranger_say(&s, &want);
  stranger_say(&s, &nak);
  stranger_send(&s, "\x06\0\0\0\x04\0\0\0\x05", 9);
  stranger_send(&s, "\x08\0\x09\0\0{\"n\":123}", 14);
  REQUIRE(stranger_expect(&s, ES_PONG));
  CHECK_NUMBER(s.frame.n, 123);
  stranger_end(&s);
}

static void silent(void) {
  stranger_begin(&s, 16);
  CHECK(!stranger_is_left(&s));
  stranger_hello(&s, 0);
  sim_run(15000);
  /* A quiet session is idle before it times out. */
  REQUIRE(stranger_expect(&s, ES_CLOSE));
  CHECK(es_text_is(s.frame.why, "idle"));
  stranger_end(&s);
}

static void unheard(void) {
  es_frame ping = {.type = ES_PING, .n = 1};
  stranger_begin(&s, 17);
  for (unsigned i = 0; i < 10; i++) {
    sim_run(6000);
    stranger_say(&s, &ping);
    REQUIRE(stranger_expect(&s, ES_PONG));
  }
  CHECK_NUMBER(sim_count(0, '-', NULL), 0);
  stranger_end(&s);
}

static void pinged(void) {
  stranger_begin(&s, 17);
  uint8_t hash[ES_HASH] = {0};
  /* A stalled download keeps the session from being idle. */
  stranger_announce(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GWB", 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT));
  sim_run(16000);
  CHECK(stranger_expect(&s, ES_PING));
  sim_run(20000);
  CHECK(stranger_is_left(&s));
  stranger_end(&s);
}

static void half_handshakes(void) {
  sim_begin(18);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
  int connections[8];
  for (unsigned i = 0; i < 8; i++) {
    connections[i] = sim_dial(0);
    sim_write(connections[i], i % 2 == 0 ? "ES1\n" : "ES", i % 2 == 0 ? 4 : 2);
    sim_run(5);
  }
  sim_say(1, "a", "let me in");
  SIM_UNTIL(sim_count(0, 'c', "let me in") == 1, 5000);
  sim_run(8000);
  for (unsigned i = 0; i < 8; i++) {
    uint8_t byte;
    CHECK_NUMBER(sim_read(connections[i], &byte, 1), -1);
    sim_hang_up(connections[i]);
  }
  int http = sim_dial(0);
  sim_write(http, "GET / HTTP/1.1\r\n\r\n", 18);
  sim_run(10);
  uint8_t byte;
  CHECK_NUMBER(sim_read(http, &byte, 1), -1);
  sim_hang_up(http);
}

static void newer_session(void) {
  static stranger again;
  stranger_begin(&s, 19);
  stranger_make(&again, 1);
  REQUIRE(stranger_dial(&again, 0));
  REQUIRE(stranger_expect(&s, ES_CLOSE));
  CHECK(es_text_is(s.frame.why, "replaced"));
  CHECK(stranger_is_left(&s));
  stranger_chat(&again, 1, "on the newer one");
  CHECK(stranger_expect(&again, ES_ACK));
  CHECK_NUMBER(sim_sessions(0), 1);
  stranger_end(&again);
  stranger_end(&s);
}

/** A peer has at most two of the sessions, however often it dials. */
static void many_sessions(void) {
  static stranger each[6];
  for (unsigned seed = 30; seed < 34; seed++) {
    sim_begin(seed);
    sim_start(0, "a");
    sim_start(1, "b");
    sim_run(200);
    for (unsigned i = 0; i < 6; i++) {
      stranger_make(&each[i], (uint8_t)seed);
      stranger_appear(&each[i], 0);
      sim_run(20);
    }
    CHECK(sim_sessions(0) <= 2);
    sim_say(1, "a", "room for me");
    sim_run(500);
    CHECK_NUMBER(sim_count(0, 'c', "room for me"), 1);
    for (unsigned i = 0; i < 6; i++) stranger_end(&each[i]);
  }
}

static void brief(void) {
  sim_begin(21);
  sim_start(0, "a");
  stranger_make(&s, 1);
  s.payload.brief = true;
  REQUIRE(stranger_dial(&s, 0));
  stranger_chat(&s, 1, "status");
  stranger_check_ack(&s, 1);
  sim_say(0, s.id, "nothing for a short-lived command");
  sim_run(100);
  CHECK(!stranger_next(&s));
  CHECK_NUMBER(sim_count(0, '+', NULL), 0);
  stranger_end(&s);
}

static void named_like_an_id(void) {
  static const char *const NAMES[] = {
      "all", "ALL", "@lab", "-x", "plain-10.0.0.1", "aaaaaabbbbbbccccccdddddd"};
  stranger_begin(&s, 19);
  stranger_end(&s);
  for (unsigned i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
    stranger_make(&s, 16);
    es_copy_text(s.payload.name, sizeof s.payload.name, NAMES[i]);
    bool taken = stranger_dial(&s, 0) && !stranger_is_left(&s);
    CHECK(!taken);
    CHECK(es_roster_find(&sim[0].board, s.id) == NULL);
    stranger_end(&s);
  }
}

void sim_sessions_tests(void) {
  check_run("a malformed record ends the session, and nothing of it takes effect", malformed);
  check_run("what is not known, or answers nothing, is ignored", tolerated);
  check_run("a session without use is closed as idle", silent);
  check_run("a session with a peer whose announcements do not come stays without use", unheard);
  check_run("a silent peer is asked by a ping, and left after 30 s", pinged);
  check_run("handshakes that stop half-way keep nobody out, and end after 5 s", half_handshakes);
  check_run("a newer session of the same peer replaces the older one", newer_session);
  check_run("a peer that dials again and again does not take all sessions", many_sessions);
  check_run("a short-lived command is obeyed, sent nothing, and in no roster", brief);
  check_run("no session is taken with a peer whose name means something else than a peer", named_like_an_id);
  sim_end();
}
