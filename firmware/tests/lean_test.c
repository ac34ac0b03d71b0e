/** A board without features that earshot_config.h can leave out: built with one of them set to 0, or both. */
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;

#if !EARSHOT_PARTS
static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";

#define LARGE 9000
static void no_parts(void) {
  static char large[LARGE];
  uint8_t hash[ES_HASH] = {0};
  stranger_begin(&s, 1);
  stranger_announce(&s, 1, ID, LARGE, hash);
  stranger_check_nak(&s, 1, "too-large", "too large for this board");
  stranger_part(&s, 1, 0, "1", 1);
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  stranger_check_ack(&s, 2);
  CHECK_NUMBER(sim_count(0, 'd', "a.json"), 1);
  sim_put_file(0, "a", "1", 1);
  earshot_document file = {.name = "a", .file = "a"};
  CHECK_RESULT(earshot_send(&sim[0].board, s.id, &file), "argument");
  /* It fits the outbox of the board, but not the record of the stranger. */
  stranger_end(&s);
  stranger_make(&s, 1);
  s.payload.rx = 1024;
  REQUIRE(stranger_dial(&s, 0));
  memset(large, ' ', sizeof large);
  large[0] = '1';
  earshot_document document = {.name = "a", .body = large, .length = 2000};
  CHECK_RESULT(earshot_send(&sim[0].board, s.id, &document), "ok");
  sim_say(0, s.id, "and on");
  sim_run(10);
  stranger_check_message(&s, 1, "and on");
  CHECK_NUMBER(sim_count(0, 'r', "too-long"), 1);
  stranger_end(&s);
}

#endif

#if !EARSHOT_ASK
/** A document as a later version may send it: what the head has beyond the known members is skipped. */
static void no_questions(void) {
  static const char HEAD[] =
      "{\"seq\":1,\"id\":\"01JD3Q8X7Z9V5T2N4M6K8H0GWB\",\"name\":\"ask.json\",\"size\":1,\"ask\":true}";
  uint8_t frame[ES_FRAME_HEADER + sizeof HEAD] = {ES_DOCUMENT, 0, sizeof HEAD - 1, 0, 1};
  memcpy(frame + ES_FRAME_HEADER, HEAD, sizeof HEAD - 1);
  frame[sizeof frame - 1] = '1';
  stranger_begin(&s, 2);
  const es_payload *mine = &sim[0].board.self.payload;
  CHECK(mine->can.bytes == NULL || es_text_is(mine->can, ES_FEATURE_PEERS));
  stranger_send(&s, frame, sizeof frame);
  stranger_check_ack(&s, 1);
  CHECK_NUMBER(sim_count(0, 'd', "ask.json"), 1);
  stranger_check_silence(&s);
  stranger_end(&s);
}

/** An image of all features was there before, and left what it had in storage. */
static void values_of_others(void) {
  static const uint8_t QUESTION[] = {2, 4, 'a'};
  static const uint8_t ANSWER[] = {2, 5, 'a'};
  sim_begin(3);
  sim_put_file(0, "=m0", QUESTION, sizeof QUESTION);
  sim_put_file(0, "=a0", ANSWER, sizeof ANSWER);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(500);
  CHECK_RESULT(sim_send_json(0, "b", "s", "1"), "ok");
  sim_say(1, "a", "hello");
  SIM_UNTIL(sim_count(1, 'd', "s 1") == 1 && sim_count(0, 'c', "hello") == 1, 5000);
}
#endif

#if !EARSHOT_HEARSAY
/** A frame of a type that this board does not know, even if it is malformed. */
static void no_hearsay(void) {
  stranger_begin(&s, 5);
  CHECK(!es_text_is(sim[0].board.self.payload.can, ES_FEATURE_PEERS));
  stranger_send(&s, "\x0d\0\0\0\2\xff\xff", 7);
  stranger_document(&s, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GWB", NULL, "[1]", 3);
  stranger_check_ack(&s, 1);
  stranger_end(&s);
}
#endif

void lean_tests(void) {
#if !EARSHOT_PARTS
  check_run("without parts large documents are refused, and those of one record are not", no_parts);
#endif
#if !EARSHOT_ASK
  check_run("without questions one that comes all the same is a document", no_questions);
  check_run("what an image with all features left in storage does no harm", values_of_others);
#endif
#if !EARSHOT_HEARSAY
  check_run("without hearsay a list of peers does no harm", no_hearsay);
#endif
  sim_end();
}
