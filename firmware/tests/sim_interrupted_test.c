/** Large documents that are interrupted, and messages after them. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

#define LARGE 3000000

static stranger s;
static unsigned commands;

/** Ways for a transfer to end early. */
typedef enum interruption {
  LINK_BREAKS,
  POWER_FAILS,
  STORAGE_FULL,
  SENDER_LEAVES,
  INTERRUPTIONS
} interruption;

/** A short-lived command of the same sender: a new chat and a new document, which are acknowledged. */
static void command(unsigned seed) {
  char id[ES_ULID_CHARACTERS + 1];
  char text[32];
  stranger_make(&s, (uint8_t)seed);
  s.payload.brief = true;
  REQUIRE(stranger_dial(&s, 0));
  snprintf(text, sizeof text, "command %u", commands);
  es_frame chat = {
      .type = ES_CHAT, .to = ES_TO_YOU, .seq = 1, .body = (uint8_t *)text, .length = strlen(text)};
  snprintf(chat.id, sizeof chat.id, "01JD3Q8X7Z9V5T2N00000C%04u", commands);
  stranger_say(&s, &chat);
  snprintf(id, sizeof id, "01JD3Q8X7Z9V5T2N00000D%04u", commands);
  stranger_document(&s, 2, id, "row", text + 8, strlen(text + 8));
  for (uint32_t seq = 1; seq <= 2; seq++) {
    stranger_check_ack(&s, seq);
  }
  CHECK_NUMBER(sim_count(0, 'c', text), 1);
  commands++;
  stranger_end(&s);
}

/** Sends ten parts of a document of 3 MB from the offset that the board wants; until it is refused if `full`. */
static void send_pieces(unsigned seed, const char *body, const uint8_t hash[ES_HASH], bool full) {
  stranger_make(&s, (uint8_t)seed);
  s.payload.brief = true;
  REQUIRE(stranger_dial(&s, 0));
  stranger_announce(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GWB", LARGE, hash);
  for (unsigned piece = 0; piece < 10; piece++) {
    REQUIRE(stranger_next(&s));
    if (s.frame.type == ES_NAK) break;
    REQUIRE(s.frame.type == ES_WANT);
    stranger_part(&s, 1, s.frame.offset, body + s.frame.offset, (size_t)(s.frame.until - s.frame.offset));
  }
  CHECK_NUMBER(s.frame.type, full ? ES_NAK : ES_WANT);
}

static void interrupted_sender(void) {
  static char body[LARGE];
  uint8_t hash[ES_HASH];
  memset(body, ' ', sizeof body);
  body[0] = '1';
  CHECK_RESULT(es_sha256(body, sizeof body, NULL, 0, hash), "ok");
  for (unsigned how = 0; how < INTERRUPTIONS; how++) {
    unsigned seed = 8 * (how + 1);
    sim_begin(seed);
    sim_start(0, "a");
    if (how == STORAGE_FULL) sim[0].quota = 20000;
    for (unsigned time = 0; time < SIM_SHARE(3); time++) {
      send_pieces(seed, body, hash, how == STORAGE_FULL);
      if (how == LINK_BREAKS) sim_cut(0);
      if (how == SENDER_LEAVES) stranger_say(&s, &(es_frame){.type = ES_CLOSE, .why = es_text_of("bye")});
      if (how == POWER_FAILS) {
        sim_kill(0);
        sim_start(0, "a");
      }
      stranger_end(&s);
      for (unsigned i = 0; i < 6; i++) command(seed);
    }
  }
}

static uint32_t waiting(void) {
  earshot_numbers numbers;
  earshot_stats(&sim[0].board, &numbers);
  return numbers.waiting;
}

/** The same with a board as the sender: messages after a large document arrive without it. */
static void interrupted_recipient(void) {
  static char body[200000];
  memset(body, ' ', sizeof body);
  body[0] = '1';
  for (unsigned how = 0; how < SENDER_LEAVES; how++) {
    sim_pair(20 + how);
    sim_rate = 100;
    if (how == STORAGE_FULL) sim[1].quota = 50000;
    sim_put_file(0, "out.json", body, sizeof body);
    earshot_document document = {.name = "large.json", .file = "out.json"};
    CHECK_RESULT(earshot_send(&sim[0].board, "b", &document), "ok");
    for (unsigned i = 0; i < 40; i++) {
      char text[16];
      sim_run(20 * (i % 3));
      if (how == LINK_BREAKS && i % 5 == 0) sim_cut(0);
      if (how == POWER_FAILS && i % 5 == 0) {
        sim_kill(1);
        sim_start(1, "b");
      }
      snprintf(text, sizeof text, "%u", i);
      CHECK_RESULT(earshot_say(&sim[0].board, "b", text), "ok");
      CHECK_RESULT(sim_send_json(0, "b", "row", text), "ok");
      SIM_UNTIL(waiting() <= 1, 70000);
    }
    CHECK_NUMBER(sim_count(1, 'c', NULL), 40);
    CHECK_NUMBER(sim_count(1, 'd', "large.json") + waiting(), 1);
    sim[1].quota = 0;
    SIM_UNTIL(waiting() == 0, 120000);
    CHECK_NUMBER(sim_count(1, 'd', "large.json"), 1);
    CHECK_NUMBER(sim_count(1, 'd', NULL), 41);
    CHECK_NUMBER(sim_count(0, 'r', NULL), 0);
  }
}

void sim_interrupted_tests(void) {
  check_run("a large document that was interrupted keeps nothing else of its sender away",
            interrupted_sender);
  check_run("a recipient that was interrupted amid a large document gets all that comes after it",
            interrupted_recipient);
  sim_end();
}
