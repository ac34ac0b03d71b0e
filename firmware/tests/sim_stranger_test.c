/** What a peer says that is no board, and not always well-behaved. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;
static es_frame frame;

static void check_have(uint32_t epoch, uint32_t upto, const char *bitmap, size_t length) {
  REQUIRE(stranger_expect(&s, ES_HAVE, &frame));
  CHECK_NUMBER(frame.epoch, epoch);
  CHECK_NUMBER(frame.upto, upto);
  CHECK_BYTES(frame.body, frame.length, bitmap, length);
}

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

static void numbers(void) {
  stranger_begin(&s, 1);
  stranger_chat(&s, 1, "before any epoch");
  stranger_epoch(&s, 7);
  check_have(7, 0, "", 0);
  stranger_chat(&s, 1, "one");
  check_ack(1);
  stranger_chat(&s, 1, "one again");
  check_ack(1);
  stranger_chat(&s, 3, "three");
  check_ack(3);
  stranger_chat(&s, 18, "beyond the window");
  stranger_epoch(&s, 7);
  check_have(7, 1, "\x40", 1);
  stranger_chat(&s, 17, "at its end");
  check_ack(17);
  stranger_void(&s, 2);
  check_ack(2);
  stranger_epoch(&s, 7);
  check_have(7, 3, "\x00\x04", 2);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 3);
  stranger_epoch(&s, 8);
  check_have(8, 0, "", 0);
  stranger_chat(&s, 1, "another numbering");
  check_ack(1);
  CHECK_NUMBER(sim_count(0, 'c', "another numbering"), 1);
  stranger_end(&s);
}

static void remembered(void) {
  stranger_begin(&s, 2);
  stranger_epoch(&s, 7);
  stranger_chat(&s, 1, "one");
  stranger_chat(&s, 16, "sixteen");
  check_ack(1);
  check_ack(16);
  sim_kill(0);
  stranger_end(&s);
  sim_start(0, "a");
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  stranger_epoch(&s, 7);
  check_have(7, 1, "\x00\x02", 2);
  stranger_end(&s);
}

static void documents(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  stranger_begin(&s, 3);
  stranger_epoch(&s, 7);
  stranger_document(&s, 1, ID, NULL, "{\"a\":}", 6);
  check_nak(1, "not-json", "not JSON at byte 5");
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  check_ack(2);
  /* The same id under another number: acknowledged, and in storage once. */
  stranger_document(&s, 3, ID, NULL, "[1]", 3);
  check_ack(3);
  stranger_document(&s, 4, ID, NULL, "[2]", 3);
  check_nak(4, "refused", "not taken here");
  unsigned files = 0;
  for (unsigned i = 0; i < SIM_FILES; i++) files += strstr(sim[0].files[i].name, ".json") != NULL;
  CHECK_NUMBER(files, 1);
  uint8_t hash[ES_HASH] = {0};
  stranger_announce(&s, 5, "01JD3Q8X7Z9V5T2N4M6K8H0GWC", 1ull << 40, hash);
  check_nak(5, "too-large", "too large for this board");
  stranger_end(&s);
}

static void held_order(void) {
  stranger_begin(&s, 4);
  sim[0].answer = EARSHOT_BUSY;
  sim[0].answers = 1;
  stranger_epoch(&s, 7);
  stranger_document(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1", "row", "1", 1);
  check_nak(1, "busy", "not now");
  stranger_document(&s, 2, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", "row", "2", 1);
  check_nak(2, "busy", "not now");
  stranger_document(&s, 3, "01JD3Q8X7Z9V5T2N4M6K8H0GW3", "other", "3", 1);
  check_ack(3);
  stranger_void(&s, 1);
  check_ack(1);
  stranger_document(&s, 4, "01JD3Q8X7Z9V5T2N4M6K8H0GW4", "row", "4", 1);
  check_nak(4, "busy", "not now");
  stranger_void(&s, 2);
  stranger_void(&s, 4);
  check_ack(2);
  check_ack(4);
  stranger_document(&s, 5, "01JD3Q8X7Z9V5T2N4M6K8H0GW1", "row", "1", 1);
  check_ack(5);
  stranger_end(&s);
}

static void parts(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  static char body[9000];
  uint8_t hash[ES_HASH];
  memset(body, ' ', sizeof body);
  memcpy(body, "[1]", 3);
  CHECK_RESULT(es_sha256(body, sizeof body, NULL, 0, hash), "ok");
  stranger_begin(&s, 5);
  stranger_epoch(&s, 7);
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
  /* The sender gives the number up and comes back: it goes on where it was. */
  stranger_void(&s, 1);
  check_ack(1);
  stranger_announce(&s, 2, ID, sizeof body, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  CHECK_NUMBER(frame.seq, 2);
  CHECK_NUMBER(frame.offset, credit);
  for (size_t at = (size_t)credit; at < sizeof body;) {
    size_t length = (size_t)frame.until - at;
    stranger_part(&s, 2, at, body + at, length);
    at += length;
    if (at < sizeof body) REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  }
  check_ack(2);
  CHECK_NUMBER(sim_count(0, 'd', "a.json"), 1);
  stranger_end(&s);
}

static void long_document(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  uint8_t hash[ES_HASH] = {0};
  stranger_begin(&s, 6);
  stranger_epoch(&s, 7);
  stranger_announce(&s, 1, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  stranger_part(&s, 1, 0, "[1,", 3);
  for (uint32_t seq = 2; seq <= 9; seq++) stranger_chat(&s, seq, "meanwhile");
  CHECK(!stranger_expect(&s, ES_NAK, &frame));
  stranger_chat(&s, 10, "the one too many");
  check_nak(1, "busy", "not now");
  stranger_void(&s, 1);
  stranger_announce(&s, 11, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT, &frame));
  CHECK_NUMBER(frame.seq, 11);
  CHECK_NUMBER(frame.offset, 3);
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
  stranger_epoch(&s, 1);
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
  /* Types of later versions, answers to nothing, parts and credit for nothing. */
  stranger_send(&s, "\x63\0\0\0\x02xy\x09\0\x07\0\0{\"n\":1}", 19);
  stranger_part(&s, 9, 0, "x", 1);
  es_frame want = {.type = ES_WANT, .seq = 3, .until = 100};
  es_frame nak = {.type = ES_NAK, .seq = 3, .code = "busy", .why = es_text_of("")};
  es_frame have = {.type = ES_HAVE, .epoch = 99, .upto = 5};
  stranger_say(&s, &want);
  stranger_say(&s, &nak);
  stranger_say(&s, &have);
  stranger_send(&s, "\x06\0\0\0\x04\0\0\0\x05", 9);
  stranger_send(&s, "\x08\0\x09\0\0{\"n\":123}", 14);
  REQUIRE(stranger_expect(&s, ES_PONG, &frame));
  CHECK_NUMBER(frame.n, 123);
  stranger_end(&s);
}

static void misfit(void) {
  stranger_begin(&s, 15);
  CHECK_RESULT(earshot_say(&sim[0].board, s.id, "hello"), "ok");
  sim_run(10);
  uint32_t epoch = 0;
  for (unsigned i = 0; i < 2; i++) {
    REQUIRE(stranger_expect(&s, ES_EPOCH, &frame));
    CHECK(frame.epoch != epoch);
    epoch = frame.epoch;
    es_frame have = {.type = ES_HAVE, .epoch = epoch, .upto = 1000};
    stranger_say(&s, &have);
  }
  CHECK(stranger_is_left(&s));
  CHECK_NUMBER(sim_count(0, 's', NULL), 0);
  stranger_end(&s);
}

static void silent(void) {
  stranger_begin(&s, 16);
  stranger_epoch(&s, 1);
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
  stranger_epoch(&s, 1);
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
  stranger_epoch(&s, 7);
  check_have(7, 0, "", 0);
  stranger_make(&again, 1);
  REQUIRE(stranger_dial(&again, 0));
  stranger_epoch(&again, 7);
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
  stranger_epoch(&s, 7);
  stranger_chat(&s, 1, "status");
  check_ack(1);
  CHECK_RESULT(earshot_say(&sim[0].board, s.id, "nothing for a short-lived command"), "ok");
  sim_run(100);
  CHECK(!stranger_expect(&s, ES_EPOCH, &frame));
  CHECK_NUMBER(sim_count(0, '+', NULL), 0);
  stranger_end(&s);
}

/** Voids for the numbers from `first` to `last`, in one record. */
static es_writer voids(uint32_t first, uint32_t last) {
  static uint8_t bytes[4000];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  for (uint32_t seq = first; seq <= last; seq++) {
    es_frame give_up = {.type = ES_VOID, .seq = seq};
    CHECK(es_frame_write(&give_up, &out));
  }
  return out;
}

static void many_voids(void) {
  stranger_begin(&s, 22);
  stranger_epoch(&s, 7);
  check_have(7, 0, "", 0);
  for (uint32_t first = 1; first < 97; first += 16) {
    es_writer row = voids(first, first + 15);
    stranger_send(&s, row.bytes, row.length);
  }
  es_writer all = voids(1, 96);
  stranger_post(&s, all.bytes, all.length);
  /* A board that still has something of it to do says that it wants to be called again at once. */
  const es_session *session = &sim[0].board.sessions[0];
  unsigned rounds = 0;
  do rounds++;
  while (earshot_poll(&sim[0].board) == 0 && rounds < 100);
  CHECK_NUMBER(session->plain, 0);
  CHECK(rounds > 1 && rounds < 100);
  stranger_epoch(&s, 7);
  check_have(7, 96, "", 0);
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
  check_run("numbers are taken, acknowledged, ignored and voided as the protocol says", numbers);
  check_run("what is done of a sender's numbers survives a power failure", remembered);
  check_run("documents are refused with their code, and stored once for each id", documents);
  check_run("a refusal holds up its stream until the number is voided, and nothing else", held_order);
  check_run("parts are taken in order within the credit, and go on under another number", parts);
  check_run("a document that takes long is put off before it holds back all others", long_document);
  check_run("a malformed record ends the session, and nothing of it takes effect", malformed);
  check_run("what is not known, or answers nothing, is ignored", tolerated);
  check_run("an account that never fits ends the session, and nothing counts as delivered", misfit);
  check_run("a session without use is closed as idle", silent);
  check_run("a silent peer is asked by a ping, and left after 30 s", pinged);
  check_run("handshakes that stop half-way keep nobody out, and end after 5 s", half_handshakes);
  check_run("no session is taken with a peer whose name means something else than a peer", named_like_an_id);
  check_run("a newer session of the same peer replaces the older one", newer_session);
  check_run("a peer that dials again and again does not take all sessions", many_sessions);
  check_run("a short-lived command is obeyed, sent nothing, and in no roster", brief);
  check_run("a record with more numbers than answers fit is taken all the same", many_voids);
  sim_end();
}
