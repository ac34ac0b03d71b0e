/** Questions of a board: each ends once, with its answer or the reason that there is none. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;
static char question[ES_ULID_CHARACTERS + 1];

/** Begins a world with a board and a stranger that says `can` in its handshake. */
static void begin(unsigned seed, const char *can) {
  sim_begin(seed);
  sim_start(0, "a");
  stranger_make(&s, 1);
  if (can != NULL) s.payload.can = es_text_of(can);
  REQUIRE(stranger_dial(&s, 0));
}

/** The board asks the stranger, which reads the question and does not acknowledge it. */
static void ask(uint32_t seq) {
  sim_ask(0, s.id, "[1]");
  memcpy(question, earshot_last_id(&sim[0].board), sizeof question);
  sim_run(5);
  stranger_check_message(&s, seq, "[1]");
  CHECK(s.frame.ask && strcmp(s.frame.id, question) == 0);
}

static void between_boards(void) {
  sim_pair(1);
  sim_ask(0, "b", "[\"how are you?\"]");
  sim_ask(0, "b", "0");
  SIM_UNTIL(sim_count(0, 'a', NULL) == 2, 5000);
  CHECK_NUMBER(sim_count(1, 'q', "[\"how are you?\"]"), 1);
  CHECK_NUMBER(sim_count(0, 'a', "ok [1]"), 1);
  CHECK_NUMBER(sim_count(0, 'a', "failed \"not \\\"0\\\"\""), 1);
  earshot_on_ask(&sim[1].board, NULL, NULL);
  sim_ask(0, "b", "1");
  SIM_UNTIL(sim_count(0, 'a', "no-answer \"nothing answers questions here\"") == 1, 5000);
  CHECK_NUMBER(sim_count(0, 's', NULL) + sim_count(1, 's', NULL) + sim_count(1, 'd', NULL), 0);
  CHECK_RESULT(earshot_ask(&sim[0].board, "b", "{", 0), "not-json");
  CHECK_RESULT(earshot_ask(&sim[0].board, "nobody", "1", 0), "no-peer");
}

static void to_everybody(void) {
  sim_pair(2);
  sim_start(2, "c");
  sim_run(500);
  CHECK_RESULT(earshot_ask(&sim[0].board, NULL, "1", 0), "ok");
  SIM_UNTIL(sim_count(0, 'a', "ok [1]") == 2, 5000);
  CHECK(strcmp(sim_told(0, 'a', 0)->from, sim_told(0, 'a', 1)->from) != 0);
}

/** Links break and boards lose power at random; both ask all the time. */
static void interrupted(void) {
  for (unsigned seed = 1; seed <= 4; seed++) {
    unsigned asked[2] = {0, 0};
    unsigned killed = 0;
    sim_pair(100 + seed);
    sim_loss = seed % 2 == 0 ? 20 : 0;
    for (unsigned round = 0; round < 40; round++) {
      unsigned node = round % 2;
      char json[16];
      snprintf(json, sizeof json, "[%u]", round);
      const char *to = sim[1 - node].board.self.id;
      if (earshot_ask(&sim[node].board, to, json, 0) == EARSHOT_OK) asked[node]++;
      sim_run(sim_random(40));
      if (sim_random(3) == 0) sim_cut(node);
      if (sim_random(8) == 0) {
        killed++;
        sim_kill(node);
        sim_run(sim_random(100));
        sim_start(node, node == 0 ? "a" : "b");
      }
      sim_run(sim_random(1500));
    }
    sim_loss = 0;
    SIM_UNTIL(sim_count(0, 'a', NULL) >= asked[0] && sim_count(1, 'a', NULL) >= asked[1], 300000);
    sim_run(20000);
    CHECK(killed > 0);
    for (unsigned node = 0; node < 2; node++) {
      CHECK_NUMBER(sim_count(node, 'a', NULL), asked[node]);
      CHECK_NUMBER(sim_count(1 - node, 'q', NULL), asked[node]);
      for (unsigned i = 0; i < asked[node]; i++) {
        char answer[16];
        snprintf(answer, sizeof answer, "ok [%u]", i + 1);
        CHECK_NUMBER(sim_count(node, 'a', answer), 1);
      }
    }
  }
}

static void cannot(void) {
  begin(3, "peers askance");
  CHECK_RESULT(earshot_ask(&sim[0].board, s.id, "1", 0), "cannot");
  CHECK_NUMBER(sim[0].board.outbox->used, 0);
  stranger_end(&s);
  sim_run(100);
  sim_ask(0, s.id, "1");
  sim_run(1000);
  CHECK_NUMBER(sim_count(0, 'a', NULL), 0);
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  sim_run(10);
  CHECK_NUMBER(sim_count(0, 'a', "cannot "), 1);
  stranger_check_silence(&s);
  stranger_end(&s);
}

static void answered_by(void) {
  begin(4, "peers ask");
  ask(1);
  stranger_ack(&s, 1);
  sim_run(60000);
  CHECK_NUMBER(sim_count(0, 'a', NULL), 0);
  stranger_end(&s);
  stranger_make(&s, 1);
  s.payload.can = es_text_of("ask");
  REQUIRE(stranger_dial(&s, 0));
  stranger_answer(&s, 1, "01JD3Q8X7Z9V5T2N0000000001", question, "", "[5]");
  stranger_check_ack(&s, 1);
  CHECK_NUMBER(sim_count(0, 'a', "ok [5]"), 1);
  CHECK_NUMBER(sim[0].board.outbox->used, 0);
  /* A second answer, and one to another's question, are taken and have no effect. */
  stranger_answer(&s, 2, "01JD3Q8X7Z9V5T2N0000000002", question, "", "[6]");
  stranger_check_ack(&s, 2);
  stranger_answer(&s, 3, "01JD3Q8X7Z9V5T2N0000000001", question, "", "[5]");
  stranger_check_ack(&s, 3);
  CHECK_NUMBER(sim_count(0, 'a', NULL), 1);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 0);
  /* The answer may come before the acknowledgement, and with a code of a later version. */
  ask(1);
  stranger_answer(&s, 4, "01JD3Q8X7Z9V5T2N0000000004", question, "later-code", "\"why\"");
  stranger_check_ack(&s, 4);
  CHECK_NUMBER(sim_count(0, 'a', "failed \"why\""), 1);
  stranger_ack(&s, 1);
  sim_say(0, s.id, "and on");
  sim_run(5);
  stranger_check_message(&s, 2, "and on");
  stranger_end(&s);
}

static void of_another(void) {
  static stranger other;
  begin(5, "ask");
  ask(1);
  stranger_make(&other, 8);
  REQUIRE(stranger_dial(&other, 0));
  stranger_answer(&other, 1, "01JD3Q8X7Z9V5T2N0000000001", question, "", "\"forged\"");
  stranger_check_ack(&other, 1);
  CHECK_NUMBER(sim_count(0, 'a', NULL), 0);
  stranger_end(&other);
  stranger_answer(&s, 1, "01JD3Q8X7Z9V5T2N0000000001", question, "no-answer", "\"\"");
  stranger_check_ack(&s, 1);
  CHECK_NUMBER(sim_count(0, 'a', "no-answer \"\""), 1);
  stranger_end(&s);
}

static void refused(void) {
  begin(6, "ask");
  ask(1);
  stranger_nak(&s, 1, "busy");
  CHECK(stranger_next(&s) && s.frame.ask);
  CHECK_TEXT(s.frame.id, question);
  stranger_nak(&s, 2, "refused");
  CHECK_NUMBER(sim_count(0, 'a', "refused "), 1);
  ask(3);
  stranger_ack(&s, 3);
  uint8_t hex[2 * ES_HASH];
  memset(hex, '0', sizeof hex);
  es_frame frame = {.type = ES_DOCUMENT,
                    .seq = 1,
                    .name = es_text_of("answer.json"),
                    .size = 70000,
                    .sha256 = {hex, sizeof hex}};
  es_copy_text(frame.id, sizeof frame.id, "01JD3Q8X7Z9V5T2N0000000001");
  es_copy_text(frame.re, sizeof frame.re, question);
  stranger_say(&s, &frame);
  stranger_check_nak(&s, 1, "too-large", "too large for this board");
  CHECK_NUMBER(sim_count(0, 'a', "too-long "), 1);
  stranger_end(&s);
}

static void no_answer_in_time(void) {
  begin(7, "ask");
  CHECK_RESULT(earshot_ask(&sim[0].board, s.id, "[1]", 5), "ok");
  memcpy(question, earshot_last_id(&sim[0].board), sizeof question);
  sim_run(5);
  stranger_check_message(&s, 1, "[1]");
  stranger_ack(&s, 1);
  sim_run(4900);
  CHECK_NUMBER(sim_count(0, 'a', NULL), 0);
  sim_run(100);
  CHECK_NUMBER(sim_count(0, 'a', "expired "), 1);
  stranger_answer(&s, 1, "01JD3Q8X7Z9V5T2N0000000001", question, "", "[1]");
  stranger_check_ack(&s, 1);
  CHECK_NUMBER(sim_count(0, 'a', NULL), 1);
  /* Its time begins anew at a restart, at which it is asked again. */
  CHECK_RESULT(earshot_ask(&sim[0].board, s.id, "[1]", 5), "ok");
  sim_run(5);
  stranger_check_message(&s, 2, "[1]");
  stranger_ack(&s, 2);
  sim_kill(0);
  sim_start(0, "a");
  stranger_end(&s);
  stranger_make(&s, 1);
  s.payload.can = es_text_of("ask");
  REQUIRE(stranger_dial(&s, 0));
  stranger_check_message(&s, 1, "[1]");
  CHECK(s.frame.ask);
  sim_run(6000);
  CHECK_NUMBER(sim_count(0, 'a', "expired "), 2);
  CHECK_NUMBER(sim[0].board.outbox->used, 0);
  stranger_end(&s);
}

void sim_asking_tests(void) {
  check_run("a board asks another, and is told the answer or why there is none", between_boards);
  check_run("a question to everybody is answered by each", to_everybody);
  check_run("over links that break and power that fails each question is asked and answered once",
            interrupted);
  check_run("a question to a peer that does not understand questions ends at once", cannot);
  check_run("the first answer ends a question, whenever it comes", answered_by);
  check_run("an answer counts only from the peer that was asked", of_another);
  check_run("a question that is refused, or whose answer is too large, ends with that", refused);
  check_run("a question without an answer ends in time, and late answers have no effect", no_answer_in_time);
  sim_end();
}
