/** Refusals of messages that a board has given up, or sends in parts: PROTOCOL.md 3.12. */
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;

/** Lets time pass while the stranger pings. */
static void stay(unsigned seconds) {
  static const es_frame ping = {.type = ES_PING, .n = 1};
  for (unsigned i = 0; i < seconds; i++) {
    sim_run(1000);
    stranger_say(&s, &ping);
    REQUIRE(stranger_expect(&s, ES_PONG));
  }
}

/** Begins with two unanswered messages: the first, to every peer, expires after 30 s. */
static void begin_with_two(unsigned seed) {
  stranger_begin(&s, seed);
  sim_say(0, NULL, "first");
  sim_say(0, s.id, "second");
  stranger_check_message(&s, 1, "first");
  stranger_check_message(&s, 2, "second");
}

/** A chat to every peer expires after 30 s. */
static void only_unanswered_numbers(void) {
  stranger_begin(&s, 1);
  sim_say(0, NULL, "one");
  sim_say(0, NULL, "two");
  sim_say(0, s.id, "three");
  for (uint32_t seq = 1; seq <= 3; seq++) REQUIRE(stranger_next(&s));
  stranger_ack(&s, 3);
  stay(31);
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 2);
  /* Answered before, and never sent. */
  stranger_nak(&s, 3, "busy");
  stranger_ack(&s, 3);
  stranger_nak(&s, 9, "busy");
  stranger_check_silence(&s);
  stranger_nak(&s, 2, "quota");
  stranger_check_void(&s, 2);
  stranger_nak(&s, 1, "busy");
  stranger_check_void(&s, 1);
  stranger_nak(&s, 1, "busy");
  stranger_check_silence(&s);
  stranger_end(&s);
}

/** A whole window is given up: each number refused afterwards is voided once. */
static void window_given_up(void) {
  stranger_begin(&s, 2);
  for (unsigned i = 0; i < ES_WINDOW; i++) sim_say(0, NULL, "x");
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) stranger_check_message(&s, seq, "x");
  stay(31);
  sim_say(0, s.id, "next");
  stranger_check_silence(&s);
  uint8_t record[1000];
  es_writer out = es_writer_on(record, sizeof record);
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) {
    es_frame nak = {.type = ES_NAK, .seq = seq, .code = "busy", .why = es_text_of("")};
    CHECK(es_frame_write(&nak, &out));
  }
  stranger_send(&s, out.bytes, out.length);
  uint32_t voids = 0;
  while (stranger_next(&s) && s.frame.type == ES_VOID) voids |= 1u << (s.frame.seq - 1);
  CHECK_NUMBER(voids, 0xffff);
  CHECK_NUMBER(s.frame.type, ES_CHAT);
  CHECK_NUMBER(s.frame.seq, ES_WINDOW + 1);
  stranger_end(&s);
}

/** The recipient has refused both, and the refusal of the second is still on its way. */
static void order_behind_given_up(void) {
  begin_with_two(3);
  stay(31);
  sim_say(0, s.id, "third");
  stranger_nak(&s, 1, "quota");
  stranger_check_void(&s, 1);
  stranger_check_silence(&s);
  stranger_nak(&s, 2, "busy");
  stranger_check_void(&s, 2);
  stranger_check_message(&s, 3, "second");
  stranger_check_silence(&s);
  stranger_ack(&s, 3);
  stranger_check_message(&s, 4, "third");
  stranger_end(&s);
}

/** The same if the first is given up after it was refused. */
static void order_behind_deferred(void) {
  begin_with_two(4);
  stranger_nak(&s, 1, "quota");
  stranger_check_void(&s, 1);
  stay(31);
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 1);
  sim_say(0, s.id, "third");
  stranger_check_silence(&s);
  stranger_nak(&s, 2, "busy");
  stranger_check_void(&s, 2);
  stranger_check_message(&s, 3, "second");
  stranger_ack(&s, 3);
  stranger_check_message(&s, 4, "third");
  stranger_end(&s);
}

/** Messages after one that was given up are sent once the unanswered ones are acknowledged, in any way. */
static void goes_on_behind_given_up(void) {
  begin_with_two(5);
  stay(31);
  sim_say(0, s.id, "third");
  sim_say(0, s.id, "fourth");
  stranger_ack(&s, 2);
  stranger_check_message(&s, 3, "third");
  stranger_ack(&s, 3);
  stranger_check_message(&s, 4, "fourth");
  stranger_nak(&s, 4, "refused");
  sim_say(0, s.id, "fifth");
  stranger_check_message(&s, 5, "fifth");
  stranger_end(&s);
}

/** Announces a document of 9000 bytes as number 1, of a stream. */
static void announce_file(void) {
  sim_send_file(0, s.id, "out.json", "row", 9000);
  stranger_check_head(&s);
}

static void want(uint64_t offset, uint64_t until) {
  es_frame wanted = {.type = ES_WANT, .seq = 1, .offset = offset, .until = until};
  stranger_say(&s, &wanted);
}

/** Checks that parts come from one offset to another one, in order, and nothing else. */
static void check_parts(uint64_t from, uint64_t to) {
  for (; from < to; from += s.frame.length) {
    REQUIRE(stranger_next(&s));
    CHECK_NUMBER(s.frame.type, ES_PART);
    CHECK_NUMBER(s.frame.offset, from);
  }
  CHECK_NUMBER(from, to);
  stranger_check_silence(&s);
}

static void wanted(void) {
  stranger_begin(&s, 6);
  announce_file();
  want(0, 100);
  check_parts(0, 100);
  /* More credit than before: it goes on from its offset. */
  want(50, 200);
  check_parts(100, 200);
  want(50, 200);
  check_parts(50, 200);
  want(20, 150);
  check_parts(20, 150);
  want(0, 20000);
  check_parts(150, 9000);
  want(0, 1ull << 40);
  stranger_check_silence(&s);
  /* Less credit than before, but also beyond the end. */
  want(8000, 30000);
  check_parts(8000, 9000);
  want(8500, 30000);
  check_parts(8500, 9000);
  want(9000, 9000);
  stranger_check_silence(&s);
  want(8900, 9000);
  check_parts(8900, 9000);
  want(0, 20000);
  stranger_check_silence(&s);
  want(0, 20000);
  check_parts(0, 9000);
  stranger_ack(&s, 1);
  CHECK_NUMBER(sim_count(0, 's', NULL), 1);
  want(0, 10000);
  stranger_check_silence(&s);
  stranger_end(&s);
}

/** A document in parts is given up with a void; its stream goes on once that is answered, others at once. */
static void stream_behind_given_up(void) {
  static const char *const ANSWERS[] = {"busy", "quota", "refused"};
  for (unsigned i = 0; i < 4; i++) {
    stranger_begin(&s, 7);
    announce_file();
    if (i % 2 == 0) CHECK_RESULT(sim_send_json(0, s.id, "row", "1"), "ok");
    sim[0].storage.file_remove(&sim[0], "out.json");
    want(0, 9000);
    stranger_check_void(&s, 1);
    CHECK_NUMBER(sim_count(0, 'r', "io"), 1);
    want(0, 9000);
    if (i % 2 == 1) CHECK_RESULT(sim_send_json(0, s.id, "row", "1"), "ok");
    CHECK_RESULT(sim_send_json(0, s.id, "row", "2"), "ok");
    stranger_check_silence(&s);
    CHECK_RESULT(sim_send_json(0, s.id, "other", "3"), "ok");
    stranger_check_message(&s, 2, "3");
    stranger_check_silence(&s);
    if (i == 3) stranger_ack(&s, 1);
    else stranger_nak(&s, 1, ANSWERS[i]);
    if (i < 2) stranger_check_void(&s, 1);
    stranger_check_message(&s, 3, "1");
    stranger_ack(&s, 3);
    stranger_check_message(&s, 4, "2");
    stranger_end(&s);
  }
}

/** Between boards: a chat that is refused until it expires does not block others for ever. */
static void between_boards(void) {
  sim_pair(11);
  sim_say(0, "b", "before");
  SIM_UNTIL(sim_count(1, 'c', NULL) == 1, 2000);
  sim[1].fails = 1000000;
  sim_say(0, NULL, "to all");
  for (unsigned i = 0; i < 3; i++) sim_say(0, "b", "to you");
  SIM_UNTIL(sim_count(0, 'r', "expired") == 1, 40000);
  sim[1].fails = 0;
  SIM_UNTIL(sim_count(0, 's', NULL) == 4, 70000);
  CHECK_NUMBER(sim_count(0, 'r', NULL), 1);
}

void sim_refusals_tests(void) {
  check_run("only an unanswered number is answered, and voided for it", only_unanswered_numbers);
  check_run("each number of a window that was given up is voided as it is refused", window_given_up);
  check_run("nothing overtakes what is behind a chat that was given up", order_behind_given_up);
  check_run("nothing overtakes what is behind a chat that was refused, then given up", order_behind_deferred);
  check_run("what is behind a chat that was given up goes once the recipient takes more",
            goes_on_behind_given_up);
  check_run("parts go from where the recipient says, also if it asks beyond the end", wanted);
  check_run("the stream of a document that was given up waits for the answer, others do not",
            stream_behind_given_up);
  check_run("chats go on behind one that expired as it was refused", between_boards);
  sim_end();
}
