/** What a peer says that is no board, and not always well-behaved. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;
static es_frame frame;

static void check_ack(uint32_t seq) {
  REQUIRE(stranger_expect(&s, ES_ACK, &frame));
  CHECK_NUMBER(frame.length, 4);
  CHECK_NUMBER(es_get_u32(frame.body), seq);
}

static void check_nak(uint32_t seq, const char *code, const char *why) {
  char text[ES_WHY_MAX + 1];
  REQUIRE(stranger_expect(&s, ES_NAK, &frame));
  CHECK_NUMBER(frame.seq, seq);
  CHECK_TEXT(frame.code, code);
  CHECK(es_text_decode(frame.why, text, sizeof text));
  CHECK_TEXT(text, why);
}

/** The same stranger dials anew, as after a broken link. */
static void dial_again(void) {
  stranger_end(&s);
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
}

static void numbers(void) {
  stranger_begin(&s, 1);
  stranger_chat(&s, 1, "one");
  check_ack(1);
  stranger_chat(&s, 3, "three");
  check_ack(3);
  stranger_chat(&s, 4294967295u, "the last");
  check_ack(4294967295u);
  stranger_chat(&s, 4294967295u, "the last again");
  CHECK(stranger_is_left(&s));
  dial_again();
  /* What has an id that is known counts no more, whatever number it has. */
  stranger_chat(&s, 3, "three");
  check_ack(3);
  stranger_chat(&s, 2, "two, behind three");
  CHECK(stranger_is_left(&s));
  CHECK_NUMBER(sim_count(0, 'c', NULL), 3);
  stranger_end(&s);
}

/** Chats with these numbers, in one record. */
static void send_chats(uint32_t first, uint32_t last) {
  static uint8_t bytes[4000];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  for (uint32_t seq = first; seq <= last; seq++) {
    es_frame chat = {.type = ES_CHAT, .seq = seq, .body = (const uint8_t *)"x", .length = 1};
    snprintf(chat.id, sizeof chat.id, "01JD3Q8X7Z9V5T2N%010u", (unsigned)seq);
    CHECK(es_frame_write(&chat, &out));
  }
  stranger_send(&s, out.bytes, out.length);
}

static void check_acks(uint32_t first, uint32_t last) {
  REQUIRE(stranger_expect(&s, ES_ACK, &frame));
  CHECK_NUMBER(frame.length, 4 * (last - first + 1));
  for (size_t i = 0; i < frame.length; i += 4) CHECK_NUMBER(es_get_u32(frame.body + i), first + i / 4);
}

static void window(void) {
  stranger_begin(&s, 2);
  for (uint32_t first = 1; first < 100; first += ES_WINDOW) {
    send_chats(first, first + ES_WINDOW - 1);
    check_acks(first, first + ES_WINDOW - 1);
  }
  CHECK_NUMBER(sim_count(0, 'c', NULL), 112);
  send_chats(113, 129);
  CHECK(stranger_is_left(&s));
  /* Nothing was acknowledged, and what was taken is known. */
  dial_again();
  send_chats(113, 128);
  check_acks(113, 128);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 128);
  stranger_end(&s);
}

static void remembered(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  stranger_begin(&s, 3);
  stranger_document(&s, 1, ID, NULL, "[1]", 3);
  check_ack(1);
  send_chats(2, 17);
  check_acks(2, 17);
  send_chats(18, 33);
  check_acks(18, 33);
  send_chats(34, 49);
  check_acks(34, 49);
  sim_kill(0);
  sim_start(0, "a");
  dial_again();
  unsigned puts = sim[0].puts;
  /* The latest of each kind are known, also where 48 of the other came after them. */
  stranger_document(&s, 1, ID, NULL, "[1]", 3);
  check_ack(1);
  send_chats(34, 49);
  check_acks(34, 49);
  send_chats(50, 50);
  check_ack(50);
  CHECK_NUMBER(sim[0].puts, puts + 1);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 49);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
  stranger_end(&s);
}

/** Of one kind alone the latest 32 are known, and none before. */
static void remembered_alone(void) {
  stranger_begin(&s, 4);
  send_chats(1, 16);
  send_chats(17, 32);
  send_chats(33, 33);
  dial_again();
  send_chats(2, 17);
  send_chats(18, 33);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 33);
  dial_again();
  send_chats(1, 1);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 34);
  stranger_end(&s);
}

static unsigned stored_documents(void) {
  unsigned files = 0;
  for (unsigned i = 0; i < SIM_FILES; i++) files += strstr(sim[0].files[i].name, ".json") != NULL;
  return files;
}

static void documents(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  stranger_begin(&s, 5);
  stranger_document(&s, 1, ID, NULL, "{\"a\":}", 6);
  check_nak(1, "not-json", "not JSON at byte 5");
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  check_ack(2);
  /* The same id under another number: acknowledged, and in storage once. */
  stranger_document(&s, 3, ID, NULL, "[1]", 3);
  check_ack(3);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
  CHECK_NUMBER(stored_documents(), 1);
  uint8_t hash[ES_HASH] = {0};
  stranger_announce(&s, 5, "01JD3Q8X7Z9V5T2N4M6K8H0GWC", 1ull << 40, hash);
  check_nak(5, "too-large", "too large for this board");
  stranger_end(&s);
}

static void held_order(void) {
  stranger_begin(&s, 6);
  sim[0].answer = EARSHOT_BUSY;
  sim[0].answers = 1;
  stranger_document(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1", "row", "1", 1);
  check_nak(1, "busy", "not now");
  stranger_document(&s, 2, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", "row", "2", 1);
  check_nak(2, "busy", "not now");
  stranger_document(&s, 3, "01JD3Q8X7Z9V5T2N4M6K8H0GW3", "other", "3", 1);
  check_ack(3);
  stranger_void(&s, 2);
  stranger_document(&s, 4, "01JD3Q8X7Z9V5T2N4M6K8H0GW4", "row", "4", 1);
  check_nak(4, "busy", "not now");
  stranger_void(&s, 1);
  stranger_document(&s, 5, "01JD3Q8X7Z9V5T2N4M6K8H0GW1", "row", "1", 1);
  check_ack(5);
  /* A new session holds up nothing. */
  sim[0].answers = 1;
  stranger_document(&s, 6, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", "row", "2", 1);
  check_nak(6, "busy", "not now");
  dial_again();
  stranger_document(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", "row", "2", 1);
  check_ack(1);
  stranger_end(&s);
}

/** As many orders as a window has numbers, all of them held up; and one that voids nothing harms only itself. */
static void many_orders(void) {
  char id[] = "01JD3Q8X7Z9V5T2N4M6K8H0GW0";
  char stream[8];
  stranger_begin(&s, 7);
  sim[0].answer = EARSHOT_BUSY;
  sim[0].answers = 40;
  for (uint32_t seq = 1; seq <= 40; seq++) {
    snprintf(stream, sizeof stream, "row%u", (unsigned)seq);
    stranger_document(&s, seq, id, stream, "1", 1);
    check_nak(seq, "busy", "not now");
  }
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) {
    snprintf(stream, sizeof stream, "row%u", (unsigned)seq);
    stranger_document(&s, 100 + 2 * seq, id, stream, "1", 1);
    check_nak(100 + 2 * seq, "busy", "not now");
    stranger_void(&s, seq);
    id[25] = "0123456789ABCDEFGHJ"[seq];
    stranger_document(&s, 101 + 2 * seq, id, stream, "1", 1);
    check_ack(101 + 2 * seq);
  }
  stranger_end(&s);
}

static void parts(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  static char body[9000];
  uint8_t hash[ES_HASH];
  memset(body, ' ', sizeof body);
  memcpy(body, "[1]", 3);
  CHECK_RESULT(es_sha256(body, sizeof body, NULL, 0, hash), "ok");
  stranger_begin(&s, 8);
  stranger_announce(&s, 1, ID, sizeof body, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  CHECK(frame.offset == 0 && frame.until <= 4096);
  uint64_t credit = frame.until;
  stranger_part(&s, 1, 10, body + 10, 10); /* not where it goes on */
  stranger_part(&s, 1, 0, body, 100);
  stranger_part(&s, 1, 100, body + 100, (size_t)credit); /* beyond the credit */
  stranger_part(&s, 1, 100, body + 100, (size_t)credit - 100);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  CHECK_NUMBER(frame.offset, credit);
  /* On the next session it goes on where it was, and under another number. */
  dial_again();
  stranger_announce(&s, 2, ID, sizeof body, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  CHECK_NUMBER(frame.seq, 2);
  CHECK_NUMBER(frame.offset, credit);
  /* The same within a session, though no sender should: the number before is answered. */
  stranger_announce(&s, 3, ID, sizeof body, hash);
  check_nak(2, "busy", "not now");
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  CHECK_NUMBER(frame.seq, 3);
  CHECK_NUMBER(frame.offset, credit);
  for (size_t at = (size_t)credit; at < sizeof body;) {
    size_t length = (size_t)frame.until - at;
    stranger_part(&s, 3, at, body + at, length);
    at += length;
    if (at < sizeof body) REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  }
  check_ack(3);
  /* Announced once more it is known. */
  stranger_announce(&s, 4, ID, sizeof body, hash);
  check_ack(4);
  CHECK_NUMBER(sim_count(0, 'd', "a.json"), 1);
  stranger_end(&s);
}

static void given_up(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  uint8_t hash[ES_HASH] = {0};
  stranger_begin(&s, 9);
  stranger_announce(&s, 1, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  stranger_part(&s, 1, 0, "[1,", 3);
  stranger_void(&s, 1);
  check_nak(1, "busy", "not now");
  CHECK(sim_file_of(0, "~partia0") == NULL);
  stranger_part(&s, 1, 3, "2]", 2);
  /* A number that was answered, and one that never was sent. */
  stranger_void(&s, 1);
  stranger_void(&s, 77);
  stranger_announce(&s, 2, ID, 9000, hash);
  REQUIRE(stranger_next(&s, &frame));
  CHECK_NUMBER(frame.type, ES_WANT);
  CHECK_NUMBER(frame.offset, 0);
  stranger_end(&s);
}

static void long_document(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  uint8_t hash[ES_HASH] = {0};
  stranger_begin(&s, 10);
  stranger_announce(&s, 1, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  stranger_part(&s, 1, 0, "[1,", 3);
  for (uint32_t seq = 2; seq <= 60; seq++) {
    stranger_chat(&s, seq, "meanwhile");
    check_ack(seq);
  }
  CHECK(!stranger_expect(&s, ES_NAK, &frame));
  stranger_end(&s);
}

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
  /* Free types, answers to nothing, parts and credit for nothing. */
  stranger_send(&s, "\x01\0\x0b\0\x02{\"epoch\":1}\x40\x80\x0a\0\x0b\0\0{\"epoch\":1}", 34);
  stranger_send(&s, "\x63\0\0\0\x02xy\x09\0\x07\0\0{\"n\":1}", 19);
  stranger_part(&s, 9, 0, "x", 1);
  es_frame want = {.type = ES_WANT, .seq = 3, .until = 100};
  es_frame nak = {.type = ES_NAK, .seq = 3, .code = "busy", .why = es_text_of("")};
  stranger_say(&s, &want);
  stranger_say(&s, &nak);
  stranger_send(&s, "\x06\0\0\0\x04\0\0\0\x05", 9);
  stranger_send(&s, "\x08\0\x09\0\0{\"n\":123}", 14);
  REQUIRE(stranger_expect(&s, ES_PONG, &frame));
  CHECK_NUMBER(frame.n, 123);
  stranger_end(&s);
}

static void silent(void) {
  stranger_begin(&s, 16);
  CHECK(!stranger_is_left(&s));
  sim_run(15000);
  /* It needs nothing and says nothing: idle before it is silent. */
  REQUIRE(stranger_expect(&s, ES_CLOSE, &frame));
  CHECK(es_text_is(frame.why, "idle"));
  stranger_end(&s);
}

static void pinged(void) {
  stranger_begin(&s, 17);
  uint8_t hash[ES_HASH] = {0};
  /* A download that does not come keeps the session from being idle. */
  stranger_announce(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GWB", 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  sim_run(16000);
  CHECK(stranger_expect(&s, ES_PING, &frame));
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
  CHECK_RESULT(earshot_say(&sim[1].board, "a", "let me in"), "ok");
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
  REQUIRE(stranger_expect(&s, ES_CLOSE, &frame));
  CHECK(es_text_is(frame.why, "replaced"));
  CHECK(stranger_is_left(&s));
  stranger_chat(&again, 1, "on the newer one");
  CHECK(stranger_expect(&again, ES_ACK, &frame));
  CHECK_NUMBER(sim_sessions(0), 1);
  stranger_end(&again);
  stranger_end(&s);
}

/** However often a peer dials, it has no more than two of the sessions. */
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
    CHECK_RESULT(earshot_say(&sim[1].board, "a", "room for me"), "ok");
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
  check_ack(1);
  CHECK_RESULT(earshot_say(&sim[0].board, s.id, "nothing for a short-lived command"), "ok");
  sim_run(100);
  CHECK(!stranger_next(&s, &frame));
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

void sim_stranger_tests(void) {
  check_run("numbers that do not grow end the session, and mean nothing beyond it", numbers);
  check_run("as many messages as the window has may be unanswered, and not one more", window);
  check_run("what was taken is known by its id after a power failure", remembered);
  check_run("the latest 32 messages of a sender are known, and none before", remembered_alone);
  check_run("documents are refused with their code, and taken once for each id", documents);
  check_run("a refusal holds up its stream until its number is voided, and nothing else", held_order);
  check_run("as many streams as the window has numbers are held up", many_orders);
  check_run("parts are taken in order within the credit, and go on in the next session", parts);
  check_run("a number that is given up is answered, and its transfer dropped", given_up);
  check_run("a document that takes long holds back no others", long_document);
  check_run("a malformed record ends the session, and nothing of it takes effect", malformed);
  check_run("what is not known, or answers nothing, is ignored", tolerated);
  check_run("a session without use is closed as idle", silent);
  check_run("a silent peer is asked by a ping, and left after 30 s", pinged);
  check_run("handshakes that stop half-way keep nobody out, and end after 5 s", half_handshakes);
  check_run("no session is taken with a peer whose name means something else than a peer", named_like_an_id);
  check_run("a newer session of the same peer replaces the older one", newer_session);
  check_run("a peer that dials again and again does not take all sessions", many_sessions);
  check_run("a short-lived command is obeyed, sent nothing, and in no roster", brief);
  sim_end();
}
