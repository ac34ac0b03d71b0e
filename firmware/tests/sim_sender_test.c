/** Messages from a board to a peer that answers in any way: PROTOCOL.md 1.1 and 3.11, the sender. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;

static void send_row(const char *stream, const char *json) {
  CHECK_RESULT(sim_send_json(0, s.id, stream, json), "ok");
}

static uint32_t waiting(void) {
  earshot_numbers numbers;
  earshot_stats(&sim[0].board, &numbers);
  return numbers.waiting;
}

static void numbers(void) {
  char ids[4][ES_ULID_CHARACTERS + 1];
  sim_begin(1);
  sim_start(0, "a");
  stranger_make(&s, 1);
  send_row("row", "0");
  send_row("row", "1");
  sim_say(0, s.id, "first");
  sim_say(0, s.id, "second");
  REQUIRE(stranger_dial(&s, 0));
  static const char *const BODIES[] = {"first", "second", "0", "1"};
  for (unsigned i = 0; i < 4; i++) {
    stranger_check_message(&s, i + 1, BODIES[i]);
    memcpy(ids[i], s.frame.id, sizeof ids[i]);
  }
  stranger_ack(&s, 3);
  sim_say(0, s.id, "third");
  stranger_check_message(&s, 5, "third");
  /* The unanswered ones again, in order, under new numbers and the old ids. */
  stranger_dial_again(&s);
  stranger_check_message(&s, 1, "first");
  CHECK_TEXT(s.frame.id, ids[0]);
  stranger_check_message(&s, 2, "second");
  stranger_check_message(&s, 3, "third");
  stranger_check_message(&s, 4, "1");
  CHECK_TEXT(s.frame.id, ids[3]);
  for (uint32_t seq = 1; seq <= 4; seq++) stranger_ack(&s, seq);
  CHECK_NUMBER(waiting(), 0);
  CHECK_NUMBER(sim_count(0, 's', NULL), 5);
  stranger_end(&s);
}

static void window(void) {
  sim_begin(2);
  sim_start(0, "a");
  stranger_make(&s, 1);
  s.payload.window = 3;
  for (unsigned i = 0; i < 6; i++) sim_say(0, s.id, "x");
  REQUIRE(stranger_dial(&s, 0));
  for (uint32_t seq = 1; seq <= 3; seq++) stranger_check_message(&s, seq, "x");
  stranger_check_silence(&s);
  stranger_ack(&s, 2);
  stranger_check_message(&s, 4, "x");
  stranger_check_silence(&s);
  /* Acknowledged twice, or never sent: that makes no room in the window. */
  stranger_ack(&s, 2);
  stranger_ack(&s, 77);
  stranger_check_silence(&s);
  stranger_nak(&s, 1, "refused");
  stranger_nak(&s, 1, "refused");
  stranger_check_message(&s, 5, "x");
  stranger_check_silence(&s);
  CHECK_NUMBER(sim_count(0, 'r', "refused"), 1);
  stranger_end(&s);
}

static void deferred(void) {
  stranger_begin(&s, 3);
  send_row("row", "0");
  send_row("row", "1");
  send_row("row", "2");
  for (uint32_t seq = 1; seq <= 3; seq++)
    stranger_check_message(&s, seq, (const char[]){(char)('/' + seq), 0});
  stranger_nak(&s, 1, "busy");
  stranger_check_void(&s, 1);
  stranger_nak(&s, 2, "busy");
  stranger_check_void(&s, 2);
  send_row("row", "3");
  send_row("other", "4");
  stranger_check_message(&s, 4, "4");
  stranger_ack(&s, 4);
  /* One of the order is unanswered. */
  stranger_check_silence(&s);
  stranger_nak(&s, 3, "quota");
  stranger_check_void(&s, 3);
  sim_run(1000);
  /* The oldest alone; its pause doubles. */
  stranger_check_message(&s, 5, "0");
  stranger_nak(&s, 5, "busy");
  stranger_check_void(&s, 5);
  earshot_ms refused_at = sim_now;
  stranger_check_message(&s, 6, "0");
  CHECK(sim_now - refused_at >= 1990 && sim_now - refused_at < 2100);
  stranger_check_silence(&s);
  stranger_ack(&s, 6);
  for (uint32_t seq = 7; seq <= 9; seq++)
    stranger_check_message(&s, seq, (const char[]){(char)('*' + seq), 0});
  for (uint32_t seq = 7; seq <= 9; seq++) stranger_ack(&s, seq);
  CHECK_NUMBER(waiting(), 0);
  stranger_end(&s);
}

/** A document that is refused again and again has its own pause. */
static void own_pauses(void) {
  stranger_begin(&s, 4);
  send_row(NULL, "0");
  for (uint32_t seq = 1; seq <= 4; seq++) {
    for (unsigned i = 0; i < 4 && !stranger_expect(&s, ES_DOCUMENT); i++) continue;
    CHECK_NUMBER(s.frame.seq, seq);
    stranger_nak(&s, seq, "quota");
  }
  /* Of no order: it blocks nothing, and nothing is voided. */
  sim_say(0, s.id, "hello");
  stranger_check_message(&s, 5, "hello");
  stranger_nak(&s, 5, "busy");
  stranger_check_void(&s, 5);
  sim_run(1000);
  stranger_check_message(&s, 6, "hello");
  stranger_end(&s);
}

static void new_session_keeps_order(void) {
  stranger_begin(&s, 5);
  send_row("row", "0");
  send_row("row", "1");
  stranger_check_message(&s, 1, "0");
  stranger_check_message(&s, 2, "1");
  stranger_nak(&s, 1, "busy");
  stranger_check_void(&s, 1);
  /* The link breaks before the second one is answered: it still waits for the first. */
  stranger_dial_again(&s);
  send_row("row", "2");
  REQUIRE(stranger_next(&s));
  CHECK_NUMBER(s.frame.seq, 1);
  CHECK_BYTES(s.frame.body, s.frame.length, "0", 1);
  stranger_check_silence(&s);
  stranger_ack(&s, 1);
  stranger_check_message(&s, 2, "1");
  stranger_check_message(&s, 3, "2");
  stranger_end(&s);
}

static void deferred_ends_session(void) {
  stranger_begin(&s, 6);
  send_row(NULL, "0");
  for (uint32_t seq = 1; seq <= 5; seq++) {
    for (unsigned i = 0; i < 5 && !stranger_expect(&s, ES_DOCUMENT); i++) continue;
    CHECK_NUMBER(s.frame.seq, seq);
    stranger_nak(&s, seq, "busy");
  }
  /* 16 s to go: the session is idle before. */
  stranger_hello(&s, 0);
  sim_run(9000);
  REQUIRE(stranger_expect(&s, ES_CLOSE));
  CHECK(es_text_is(s.frame.why, "idle"));
  CHECK_NUMBER(waiting(), 1);
  stranger_end(&s);
}

static void unknown_code(void) {
  stranger_begin(&s, 7);
  sim_say(0, s.id, "x");
  stranger_check_message(&s, 1, "x");
  stranger_nak(&s, 1, "of-a-later-version");
  CHECK_NUMBER(sim_count(0, 'r', "refused"), 1);
  sim_say(0, s.id, "y");
  stranger_check_message(&s, 2, "y");
  stranger_end(&s);
}

/** A chat to every peer, unanswered for 30 s. */
static void expires_unanswered(void) {
  es_frame ping = {.type = ES_PING, .n = 1};
  sim_begin(8);
  sim_start(0, "a");
  stranger_make(&s, 1);
  s.payload.window = 1;
  REQUIRE(stranger_dial(&s, 0));
  sim_say(0, NULL, "to all");
  stranger_check_message(&s, 1, "to all");
  sim_say(0, s.id, "to you");
  for (unsigned i = 0; i < 31; i++) {
    sim_run(1000);
    stranger_say(&s, &ping);
  }
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 1);
  /* It still counts as unanswered, and nothing is voided; once it is answered the next one goes. */
  while (stranger_next(&s)) CHECK_NUMBER(s.frame.type, ES_PONG);
  stranger_nak(&s, 1, "busy");
  stranger_check_void(&s, 1);
  stranger_check_message(&s, 2, "to you");
  CHECK_NUMBER(sim_count(0, 's', NULL), 0);
  stranger_end(&s);
}

static void file_lost_amid_parts(void) {
  stranger_begin(&s, 9);
  sim_send_file(0, s.id, "out.json", "row", 9000);
  send_row("row", "1");
  stranger_check_head(&s);
  es_frame want = {.type = ES_WANT, .seq = 1, .until = 100};
  stranger_say(&s, &want);
  REQUIRE(stranger_expect(&s, ES_PART));
  sim[0].storage.file_remove(&sim[0], "out.json");
  want.until = 9000;
  stranger_say(&s, &want);
  stranger_check_void(&s, 1);
  CHECK_NUMBER(sim_count(0, 'r', "io"), 1);
  stranger_nak(&s, 1, "busy");
  stranger_check_void(&s, 1);
  stranger_check_message(&s, 2, "1");
  stranger_end(&s);
}

/** A large document of a stream waits for another large one: later ones of its stream wait as well. */
static void no_overtaking(void) {
  stranger_begin(&s, 10);
  sim_send_file(0, s.id, "one.json", NULL, 9000);
  sim_send_file(0, s.id, "two.json", "row", 9000);
  send_row("row", "3");
  send_row(NULL, "4");
  stranger_check_head(&s);
  CHECK(s.frame.stream.bytes == NULL);
  stranger_check_message(&s, 2, "4");
  stranger_check_silence(&s);
  stranger_ack(&s, 1);
  stranger_check_head(&s);
  CHECK(s.frame.stream.bytes != NULL);
  stranger_check_silence(&s);
  stranger_ack(&s, 3);
  stranger_check_message(&s, 4, "3");
  stranger_end(&s);
}

/** A session that has used its last number is closed; a new session starts from 1. */
static void numbers_run_out(void) {
  sim_pair(11);
  sim_say(0, "b", "first");
  SIM_UNTIL(sim_count(1, 'c', NULL) == 1, 2000);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) sim[0].board.sessions[i].numbered = UINT32_MAX - 1;
  for (unsigned i = 0; i < 3; i++) sim_say(0, "b", "more");
  SIM_UNTIL(sim_count(0, 's', NULL) == 4, 5000);
  CHECK_NUMBER(sim_count(1, 'c', "more"), 3);
}

void sim_sender_tests(void) {
  check_run("each session numbers from 1 on what is not answered, chats first, in its order", numbers);
  check_run("no more messages are unanswered than the peer's window", window);
  check_run("what is refused for now is voided, and tries alone before the rest of its order", deferred);
  check_run("what is refused again and again slows down nothing else", own_pauses);
  check_run("a new session keeps the order of what is deferred", new_session_keeps_order);
  check_run("what is deferred does not keep a session open", deferred_ends_session);
  check_run("a refusal with a code that is not known is final", unknown_code);
  check_run("a chat that expires unanswered counts until it is answered, and is voided then",
            expires_unanswered);
  check_run("a file that is lost amid its parts is given up, and what is behind it goes",
            file_lost_amid_parts);
  check_run("nothing overtakes a large document of its stream", no_overtaking);
  check_run("a session that runs out of numbers is followed by another one", numbers_run_out);
  sim_end();
}
