/** Questions to a board: its application is asked once, and each answer arrives once. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
static stranger s;
static char first_id[ES_ULID_CHARACTERS + 1];

/** Id of question number `number`. */
static const char *id_of(unsigned number) {
  static char id[ES_ULID_CHARACTERS + 1];
  snprintf(id, sizeof id, "01JD3Q8X7Z9V5T2N%010u", number);
  return id;
}

/** Reads the acknowledgement of a question, then its answer, and acknowledges that. */
static void expect_answer(uint32_t seq, const char *id, const char *json) {
  stranger_check_ack(&s, seq);
  stranger_check_answer(&s, id, "", json);
  stranger_ack(&s, s.frame.seq);
}

static void once(void) {
  stranger_begin(&s, 1);
  for (uint32_t seq = 1; seq <= 4; seq++) {
    stranger_ask(&s, seq, ID, "{\"cmd\":\"read\"}");
    expect_answer(seq, ID, "[1]");
    if (seq == 1) memcpy(first_id, s.frame.id, sizeof first_id);
    CHECK_TEXT(s.frame.id, first_id);
  }
  stranger_ask(&s, 5, id_of(2), "2");
  expect_answer(5, id_of(2), "[2]");
  CHECK_NUMBER(sim_count(0, 'q', NULL), 2);
  CHECK_NUMBER(sim_count(0, 's', NULL), 0);
  stranger_check_silence(&s);
  stranger_end(&s);
}

static void restarted(void) {
  stranger_begin(&s, 2);
  stranger_ask(&s, 1, ID, "1");
  stranger_check_ack(&s, 1);
  stranger_check_answer(&s, ID, "", "[1]");
  memcpy(first_id, s.frame.id, sizeof first_id);
  for (unsigned round = 0; round < 3; round++) {
    /* Without an acknowledgement the answer comes by itself; with one, only for the question. */
    sim_kill(0);
    sim_start(0, "a");
    stranger_dial_again(&s);
    if (round > 0) {
      stranger_check_silence(&s);
      stranger_ask(&s, 1, ID, "1");
      stranger_check_ack(&s, 1);
    }
    stranger_check_answer(&s, ID, "", "[1]");
    CHECK_TEXT(s.frame.id, first_id);
    stranger_ack(&s, s.frame.seq);
  }
  CHECK_NUMBER(sim_count(0, 'q', NULL), 1);
  stranger_end(&s);
}

static void last_eight(void) {
  stranger_begin(&s, 3);
  for (unsigned i = 1; i <= EARSHOT_ANSWERS + 1; i++) {
    char json[16];
    stranger_ask(&s, i, id_of(i), "1");
    snprintf(json, sizeof json, "[%u]", i);
    expect_answer(i, id_of(i), json);
  }
  sim_kill(0);
  sim_start(0, "a");
  stranger_dial_again(&s);
  stranger_ask(&s, 1, id_of(2), "1");
  expect_answer(1, id_of(2), "[2]");
  stranger_ask(&s, 2, id_of(EARSHOT_ANSWERS + 1), "1");
  expect_answer(2, id_of(EARSHOT_ANSWERS + 1), "[9]");
  /* The answer before them is forgotten, but not that the question was answered. */
  stranger_ask(&s, 3, id_of(1), "1");
  stranger_check_ack(&s, 3);
  stranger_check_silence(&s);
  CHECK_NUMBER(sim_count(0, 'q', NULL), EARSHOT_ANSWERS + 1);
  stranger_end(&s);
}

static void other_asker(void) {
  stranger_begin(&s, 4);
  stranger_ask(&s, 1, ID, "1");
  expect_answer(1, ID, "[1]");
  stranger_end(&s);
  stranger_make(&s, 8);
  REQUIRE(stranger_dial(&s, 0));
  stranger_ask(&s, 1, ID, "1");
  expect_answer(1, ID, "[2]");
  stranger_end(&s);
}

static void without_an_answer(void) {
  stranger_begin(&s, 5);
  stranger_ask(&s, 1, id_of(1), "0");
  stranger_check_ack(&s, 1);
  stranger_check_answer(&s, id_of(1), "failed", "\"not \\\"0\\\"\"");
  earshot_on_ask(&sim[0].board, NULL, NULL);
  stranger_ask(&s, 2, id_of(2), "1");
  stranger_check_ack(&s, 2);
  stranger_check_answer(&s, id_of(2), "no-answer", "\"nothing answers questions here\"");
  stranger_ask(&s, 3, id_of(3), "{");
  stranger_check_nak(&s, 3, "not-json", "not JSON at byte 1");
  stranger_end(&s);
}

static void in_parts(void) {
  uint8_t hash[ES_HASH] = {0};
  uint8_t hex[2 * ES_HASH];
  stranger_begin(&s, 6);
  es_writer text = es_writer_on(hex, sizeof hex);
  es_write_hex(&text, hash, sizeof hash);
  es_frame frame = {.type = ES_DOCUMENT,
                    .seq = 1,
                    .name = es_text_of("ask.json"),
                    .size = 9000,
                    .sha256 = {hex, text.length},
                    .ask = true};
  es_copy_text(frame.id, sizeof frame.id, ID);
  stranger_say(&s, &frame);
  stranger_check_nak(&s, 1, "too-large", "too large for this board");
  stranger_end(&s);
}

static void later(void) {
  stranger_begin(&s, 7);
  sim[0].thinks = true;
  stranger_ask(&s, 1, ID, "1");
  stranger_check_silence(&s);
  /* The session stays while the application thinks, and the question is not asked again on the next one. */
  sim_run(12000);
  stranger_chat(&s, 2, "still there?");
  CHECK(stranger_expect(&s, ES_ACK));
  stranger_dial_again(&s);
  stranger_ask(&s, 1, ID, "1");
  stranger_check_silence(&s);
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket + 1, EARSHOT_OK, "1"), "absent");
  CHECK_RESULT(earshot_answer(&sim[0].board, 0, EARSHOT_OK, "1"), "absent");
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket, EARSHOT_OK, "{"), "not-json");
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket, EARSHOT_FAILED, "\xff"), "argument");
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket, EARSHOT_BUSY, "1"), "argument");
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket, EARSHOT_OK, "[7]"), "ok");
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket, EARSHOT_OK, "[7]"), "absent");
  sim_run(5);
  expect_answer(1, ID, "[7]");
  CHECK_NUMBER(sim_count(0, 'q', NULL), 1);
  stranger_end(&s);
}

static void later_without_a_session(void) {
  stranger_begin(&s, 8);
  sim[0].thinks = true;
  stranger_ask(&s, 1, ID, "1");
  stranger_end(&s);
  sim_run(100);
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket, EARSHOT_OK, "[7]"), "ok");
  sim_kill(0);
  sim_start(0, "a");
  stranger_dial_again(&s);
  stranger_check_answer(&s, ID, "", "[7]");
  stranger_ack(&s, s.frame.seq);
  /* It was never acknowledged. */
  stranger_ask(&s, 1, ID, "1");
  expect_answer(1, ID, "[7]");
  CHECK_NUMBER(sim_count(0, 'q', NULL), 1);
  stranger_end(&s);
}

static void power_fails_before(void) {
  stranger_begin(&s, 9);
  sim[0].thinks = true;
  stranger_ask(&s, 1, ID, "1");
  sim_kill(0);
  sim[0].thinks = false;
  sim_start(0, "a");
  stranger_dial_again(&s);
  stranger_ask(&s, 1, ID, "1");
  expect_answer(1, ID, "[2]");
  stranger_end(&s);
}

static void too_many(void) {
  stranger_begin(&s, 10);
  sim[0].thinks = true;
  for (unsigned i = 1; i <= EARSHOT_QUESTIONS; i++) stranger_ask(&s, i, id_of(i), "1");
  stranger_ask(&s, 9, id_of(9), "1");
  stranger_check_nak(&s, 9, "busy", "not now");
  uint32_t last = sim[0].ticket;
  /* One that was given up is refused, and may still be answered. */
  stranger_void(&s, EARSHOT_QUESTIONS);
  stranger_check_nak(&s, EARSHOT_QUESTIONS, "busy", "not now");
  /* The place of the oldest without a session is for another. */
  stranger_ask(&s, 10, id_of(10), "1");
  CHECK_NUMBER(sim_count(0, 'q', NULL), EARSHOT_QUESTIONS + 1);
  CHECK_RESULT(earshot_answer(&sim[0].board, last, EARSHOT_OK, "1"), "absent");
  CHECK_RESULT(earshot_answer(&sim[0].board, sim[0].ticket, EARSHOT_OK, "1"), "ok");
  stranger_end(&s);
}

static void storage_fails(void) {
  stranger_begin(&s, 11);
  sim[0].fails = 1;
  stranger_ask(&s, 1, ID, "1");
  stranger_check_nak(&s, 1, "busy", "not now");
  stranger_ask(&s, 2, ID, "1");
  expect_answer(2, ID, "[2]");
  /* Nothing of the answer that could not be stored is left. */
  sim_kill(0);
  sim_start(0, "a");
  stranger_dial_again(&s);
  stranger_ask(&s, 1, ID, "1");
  expect_answer(1, ID, "[2]");
  stranger_check_silence(&s);
  stranger_end(&s);
}

static void without_storage(void) {
  sim_begin(12);
  sim[0].forgets = true;
  sim_start(0, "a");
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  stranger_ask(&s, 1, ID, "1");
  stranger_check_ack(&s, 1);
  stranger_check_answer(&s, ID, "", "[1]");
  stranger_dial_again(&s);
  stranger_check_answer(&s, ID, "", "[1]");
  stranger_ask(&s, 1, ID, "1");
  stranger_check_ack(&s, 1);
  stranger_ack(&s, 1);
  stranger_ask(&s, 2, ID, "1");
  stranger_check_ack(&s, 2);
  stranger_check_silence(&s);
  CHECK_NUMBER(sim_count(0, 'q', NULL), 1);
  stranger_end(&s);
}

static void dial_as(bool brief, bool answers) {
  stranger_end(&s);
  stranger_make(&s, 1);
  s.payload.brief = brief;
  s.payload.answers = answers;
  REQUIRE(stranger_dial(&s, 0));
}

static void short_lived(void) {
  stranger_begin(&s, 13);
  dial_as(true, true);
  sim_say(0, s.id, "nothing for a short-lived command");
  CHECK_RESULT(sim_send_json(0, s.id, NULL, "1"), "ok");
  CHECK_RESULT(earshot_ask(&sim[0].board, s.id, "1", 0), "ok");
  stranger_ask(&s, 1, id_of(1), "1");
  expect_answer(1, id_of(1), "[1]");
  stranger_check_silence(&s);
  /* One that does not wait for answers gets none; the next one does. */
  dial_as(true, false);
  stranger_ask(&s, 1, id_of(2), "1");
  stranger_check_ack(&s, 1);
  stranger_check_silence(&s);
  dial_as(true, true);
  stranger_check_answer(&s, id_of(2), "", "[2]");
  stranger_nak(&s, s.frame.seq, "busy");
  dial_as(false, false);
  stranger_check_message(&s, 1, "nothing for a short-lived command");
  stranger_check_message(&s, 2, "1");
  stranger_check_answer(&s, id_of(2), "", "[2]");
  stranger_end(&s);
}

static void gone_askers(void) {
  char json[16];
  stranger_begin(&s, 14);
  for (unsigned i = 1; i <= 3 * EARSHOT_ANSWERS; i++) {
    stranger_end(&s);
    stranger_make(&s, (uint8_t)(8 * i));
    s.payload.brief = true;
    REQUIRE(stranger_dial(&s, 0));
    stranger_ask(&s, 1, ID, "1");
    stranger_check_ack(&s, 1);
  }
  dial_as(true, true);
  stranger_ask(&s, 1, ID, "1");
  snprintf(json, sizeof json, "[%u]", 3 * EARSHOT_ANSWERS + 1);
  expect_answer(1, ID, json);
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES - EARSHOT_ANSWERS; i++)
    sim_say(0, s.id, "room for others");
  /* The answer of the last one that left still waits for it. */
  stranger_end(&s);
  stranger_make(&s, 8 * 3 * EARSHOT_ANSWERS);
  REQUIRE(stranger_dial(&s, 0));
  snprintf(json, sizeof json, "[%u]", 3 * EARSHOT_ANSWERS);
  stranger_check_answer(&s, ID, "", json);
  stranger_end(&s);
}

static void greedy_asker(void) {
  static stranger other;
  uint32_t seq = 1;
  stranger_begin(&s, 16);
  for (; seq <= EARSHOT_ANSWERS / 2; seq++) {
    stranger_ask(&s, seq, id_of(seq), "1");
    CHECK(stranger_expect(&s, ES_DOCUMENT));
  }
  stranger_ask(&s, seq, id_of(seq), "1");
  stranger_check_nak(&s, seq, "busy", "not now");
  stranger_make(&other, 8);
  REQUIRE(stranger_dial(&other, 0));
  stranger_ask(&other, 1, ID, "1");
  CHECK(stranger_expect(&other, ES_DOCUMENT));
  stranger_end(&other);
  stranger_ack(&s, 1);
  seq++;
  stranger_ask(&s, seq, id_of(seq), "1");
  CHECK(stranger_expect(&s, ES_DOCUMENT));
  stranger_end(&s);
}

static void full_outbox(void) {
  stranger_begin(&s, 15);
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++)
    CHECK_RESULT(sim_send_json(0, "vm4dw5ugif2cwxniccmudrkc", NULL, "1"), "ok");
  stranger_ask(&s, 1, ID, "1");
  stranger_check_nak(&s, 1, "busy", "not now");
  es_outbox_remove(&sim[0].board, &sim[0].board.outbox->items[3]);
  stranger_ask(&s, 2, ID, "1");
  expect_answer(2, ID, "[2]");
  stranger_end(&s);
}

void sim_answering_tests(void) {
  check_run("a question is answered once, and again with the same answer if it comes again", once);
  check_run("an answer survives a restart, before and after it was taken", restarted);
  check_run("the answers to the last eight questions are kept, and earlier questions are not asked again",
            last_eight);
  check_run("questions of two askers under one id are two questions", other_asker);
  check_run("a question without an answer is told why", without_an_answer);
  check_run("a question in parts is refused as too large", in_parts);
  check_run("a question that is answered later is asked once, also over a broken link", later);
  check_run("an answer that comes after the asker left waits for it, also over a restart",
            later_without_a_session);
  check_run("a question that was not answered when power failed is asked again", power_fails_before);
  check_run("questions beyond those that may wait are put off, and lost ones give their place", too_many);
  check_run("a question whose answer cannot be stored is put off", storage_fails);
  check_run("without storage a question is answered once while the board runs", without_storage);
  check_run("a short-lived asker is sent answers and nothing else", short_lived);
  check_run("askers that left without their answers do not fill the outbox", gone_askers);
  check_run("an asker that does not take its answers does not keep others from theirs", greedy_asker);
  check_run("a question is put off while the outbox is full", full_outbox);
  sim_end();
}
