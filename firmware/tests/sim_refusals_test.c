/** Refusals for now and what ends them, on both sides: PROTOCOL.md section 4.8, order and refusals. */
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;
static es_frame frame;

static void say(const char *to, const char *text) {
  CHECK_RESULT(earshot_say(&sim[0].board, to, text), "ok");
}

/** The next frame is a chat or a document with this number and body. */
static void check_message(uint32_t seq, const char *body) {
  REQUIRE(stranger_next(&s, &frame));
  CHECK(frame.type == ES_CHAT || frame.type == ES_DOCUMENT);
  CHECK_NUMBER(frame.seq, seq);
  CHECK_BYTES(frame.body, frame.length, body, strlen(body));
}

static void check_void(uint32_t seq) {
  REQUIRE(stranger_next(&s, &frame));
  CHECK_NUMBER(frame.type, ES_VOID);
  CHECK_NUMBER(frame.seq, seq);
}

/** Nothing comes in the two seconds that stranger_next waits. */
static void check_silence(void) {
  CHECK(!stranger_next(&s, &frame));
}

/** Lets time pass in which the stranger shows that it is there. */
static void stay(unsigned seconds) {
  static const es_frame ping = {.type = ES_PING, .n = 1};
  for (unsigned i = 0; i < seconds; i++) {
    sim_run(1000);
    stranger_say(&s, &ping);
    REQUIRE(stranger_expect(&s, ES_PONG, &frame));
  }
}

/** What is said to everybody is given up after 30 s. */
static void only_unanswered_numbers(void) {
  stranger_begin(&s, 1);
  say(NULL, "one");
  say(NULL, "two");
  say(s.id, "three");
  for (uint32_t seq = 1; seq <= 3; seq++) REQUIRE(stranger_next(&s, &frame));
  stranger_ack(&s, 3);
  stay(31);
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 2);
  /* Answered before, and never sent. */
  stranger_nak(&s, 3, "busy");
  stranger_ack(&s, 3);
  stranger_nak(&s, 9, "busy");
  check_silence();
  stranger_nak(&s, 2, "quota");
  check_void(2);
  stranger_nak(&s, 1, "busy");
  check_void(1);
  stranger_nak(&s, 1, "busy");
  check_silence();
  stranger_end(&s);
}

/** All of a window is given up: each number that is refused then is voided once. */
static void window_given_up(void) {
  stranger_begin(&s, 2);
  for (unsigned i = 0; i < ES_WINDOW; i++) say(NULL, "x");
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) check_message(seq, "x");
  stay(31);
  say(s.id, "next");
  check_silence();
  uint8_t record[1000];
  es_writer out = es_writer_on(record, sizeof record);
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) {
    es_frame nak = {.type = ES_NAK, .seq = seq, .code = "busy", .why = es_text_of("")};
    CHECK(es_frame_write(&nak, &out));
  }
  stranger_send(&s, out.bytes, out.length);
  uint32_t voids = 0;
  while (stranger_next(&s, &frame) && frame.type == ES_VOID) voids |= 1u << (frame.seq - 1);
  CHECK_NUMBER(voids, 0xffff);
  CHECK_NUMBER(frame.type, ES_CHAT);
  CHECK_NUMBER(frame.seq, ES_WINDOW + 1);
  stranger_end(&s);
}

/** The recipient has refused both, and the refusal of the second is still on its way. */
static void order_behind_given_up(void) {
  stranger_begin(&s, 3);
  say(NULL, "first");
  say(s.id, "second");
  check_message(1, "first");
  check_message(2, "second");
  stay(31);
  say(s.id, "third");
  stranger_nak(&s, 1, "quota");
  check_void(1);
  check_silence();
  stranger_nak(&s, 2, "busy");
  check_void(2);
  check_message(3, "second");
  check_silence();
  stranger_ack(&s, 3);
  check_message(4, "third");
  stranger_end(&s);
}

/** The same if the first is given up after it was refused. */
static void order_behind_deferred(void) {
  stranger_begin(&s, 4);
  say(NULL, "first");
  say(s.id, "second");
  check_message(1, "first");
  check_message(2, "second");
  stranger_nak(&s, 1, "quota");
  check_void(1);
  stay(31);
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 1);
  say(s.id, "third");
  check_silence();
  stranger_nak(&s, 2, "busy");
  check_void(2);
  check_message(3, "second");
  stranger_ack(&s, 3);
  check_message(4, "third");
  stranger_end(&s);
}

/** What is behind one that was given up goes on once what is unanswered is taken, also in other ways. */
static void goes_on_behind_given_up(void) {
  stranger_begin(&s, 5);
  say(NULL, "first");
  say(s.id, "second");
  check_message(1, "first");
  check_message(2, "second");
  stay(31);
  say(s.id, "third");
  say(s.id, "fourth");
  stranger_ack(&s, 2);
  check_message(3, "third");
  stranger_ack(&s, 3);
  check_message(4, "fourth");
  stranger_nak(&s, 4, "refused");
  say(s.id, "fifth");
  check_message(5, "fifth");
  stranger_end(&s);
}

/** Announces a document of 9000 bytes as number 1, of a stream. */
static void announce_file(void) {
  static char json[9000];
  memset(json, ' ', sizeof json);
  json[0] = '1';
  sim_put_file(0, "out.json", json, sizeof json);
  earshot_document document = {.name = "large.json", .stream = "row", .file = "out.json"};
  CHECK_RESULT(earshot_send(&sim[0].board, s.id, &document), "ok");
  REQUIRE(stranger_next(&s, &frame));
  CHECK(frame.type == ES_DOCUMENT && frame.length == 0);
}

static void want(uint64_t offset, uint64_t until) {
  es_frame wanted = {.type = ES_WANT, .seq = 1, .offset = offset, .until = until};
  stranger_say(&s, &wanted);
}

/** Parts come, one behind the other, from one offset up to another one, and nothing else. */
static void check_parts(uint64_t from, uint64_t to) {
  for (; from < to; from += frame.length) {
    REQUIRE(stranger_next(&s, &frame));
    CHECK_NUMBER(frame.type, ES_PART);
    CHECK_NUMBER(frame.offset, from);
  }
  CHECK_NUMBER(from, to);
  check_silence();
}

static void wanted(void) {
  stranger_begin(&s, 6);
  announce_file();
  want(0, 100);
  check_parts(0, 100);
  /* Farther than before: it goes on from where it is. */
  want(50, 200);
  check_parts(100, 200);
  want(50, 200);
  check_parts(50, 200);
  want(20, 150);
  check_parts(20, 150);
  want(0, 20000);
  check_parts(150, 9000);
  want(0, 1ull << 40);
  check_silence();
  /* Less far than before, though beyond the end as well. */
  want(8000, 30000);
  check_parts(8000, 9000);
  want(8500, 30000);
  check_parts(8500, 9000);
  want(9000, 9000);
  check_silence();
  want(8900, 9000);
  check_parts(8900, 9000);
  want(0, 20000);
  check_silence();
  want(0, 20000);
  check_parts(0, 9000);
  stranger_ack(&s, 1);
  CHECK_NUMBER(sim_count(0, 's', NULL), 1);
  want(0, 10000);
  check_silence();
  stranger_end(&s);
}

/** A document in parts is given up by a void; its stream goes on once that is answered, others at once. */
static void stream_behind_given_up(void) {
  static const char *const ANSWERS[] = {"busy", "quota", "refused"};
  for (unsigned i = 0; i < 4; i++) {
    stranger_begin(&s, 7);
    announce_file();
    if (i % 2 == 0) CHECK_RESULT(sim_send_json(0, s.id, "row", "1"), "ok");
    sim[0].storage.file_remove(&sim[0], "out.json");
    want(0, 9000);
    check_void(1);
    CHECK_NUMBER(sim_count(0, 'r', "io"), 1);
    want(0, 9000);
    if (i % 2 == 1) CHECK_RESULT(sim_send_json(0, s.id, "row", "1"), "ok");
    CHECK_RESULT(sim_send_json(0, s.id, "row", "2"), "ok");
    check_silence();
    CHECK_RESULT(sim_send_json(0, s.id, "other", "3"), "ok");
    check_message(2, "3");
    check_silence();
    if (i == 3) stranger_ack(&s, 1);
    else stranger_nak(&s, 1, ANSWERS[i]);
    if (i < 2) check_void(1);
    check_message(3, "1");
    stranger_ack(&s, 3);
    check_message(4, "2");
    stranger_end(&s);
  }
}

/* The board receives. */

static void check_nak(uint32_t seq, const char *code) {
  REQUIRE(stranger_next(&s, &frame));
  CHECK_NUMBER(frame.type, ES_NAK);
  CHECK_NUMBER(frame.seq, seq);
  CHECK_TEXT(frame.code, code);
}

static void check_ack(uint32_t seq) {
  REQUIRE(stranger_next(&s, &frame));
  CHECK_NUMBER(frame.type, ES_ACK);
  CHECK_NUMBER(frame.length, 4);
  CHECK_NUMBER(es_get_u32(frame.body), seq);
}

static void send_row(uint32_t seq, const char *id) {
  stranger_document(&s, seq, id, "row", "1", 1);
}

/** The head of a document of the stream that comes in parts. */
static void announce_row(uint32_t seq, const char *id) {
  static const uint8_t HEX[] = "0000000000000000000000000000000000000000000000000000000000000000";
  es_frame head = {.type = ES_DOCUMENT,
                   .seq = seq,
                   .name = es_text_of("a.json"),
                   .stream = es_text_of("row"),
                   .size = 9000,
                   .sha256 = {HEX, sizeof HEX - 1}};
  es_copy_text(head.id, sizeof head.id, id);
  stranger_say(&s, &head);
}

static void check_want(uint32_t seq) {
  REQUIRE(stranger_next(&s, &frame));
  CHECK_NUMBER(frame.type, ES_WANT);
  CHECK_NUMBER(frame.seq, seq);
}

static void given_up_holds_nothing(void) {
  stranger_begin(&s, 8);
  announce_row(1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1");
  check_want(1);
  stranger_void(&s, 1);
  check_nak(1, "busy");
  send_row(2, "01JD3Q8X7Z9V5T2N4M6K8H0GW2");
  check_ack(2);
  /* Refused, and given up before the sender could see that. */
  uint8_t record[400];
  es_writer out = es_writer_on(record, sizeof record);
  es_frame row = {.type = ES_DOCUMENT,
                  .seq = 3,
                  .id = "01JD3Q8X7Z9V5T2N4M6K8H0GW3",
                  .name = es_text_of("a.json"),
                  .stream = es_text_of("row"),
                  .size = 1,
                  .body = (const uint8_t *)"1",
                  .length = 1};
  es_frame voided = {.type = ES_VOID, .seq = 3};
  CHECK(es_frame_write(&row, &out) && es_frame_write(&voided, &out));
  sim[0].answer = EARSHOT_BUSY;
  sim[0].answers = 1;
  stranger_send(&s, out.bytes, out.length);
  check_nak(3, "busy");
  send_row(4, "01JD3Q8X7Z9V5T2N4M6K8H0GW4");
  check_ack(4);
  /* As its sender answers that refusal in addition, it has no effect. */
  stranger_void(&s, 3);
  check_silence();
  stranger_end(&s);
}

/** A board takes the place of a document that stands still: that is a refusal like any other. */
static void put_off_holds_until_void(void) {
  stranger_begin(&s, 9);
  announce_row(1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1");
  check_want(1);
  announce_row(2, "01JD3Q8X7Z9V5T2N4M6K8H0GW1");
  check_nak(1, "busy");
  check_want(2);
  send_row(3, "01JD3Q8X7Z9V5T2N4M6K8H0GW3");
  check_nak(3, "busy");
  stranger_void(&s, 3);
  stranger_void(&s, 2);
  check_nak(2, "busy");
  send_row(4, "01JD3Q8X7Z9V5T2N4M6K8H0GW3");
  check_nak(4, "busy");
  stranger_void(&s, 4);
  stranger_void(&s, 1);
  send_row(5, "01JD3Q8X7Z9V5T2N4M6K8H0GW3");
  check_ack(5);
  stranger_end(&s);
}

/** One id is one message, whatever kind it is sent as. */
static void id_of_another_kind(void) {
  static const char BOTH[] = "01JD3Q8X7Z9V5T2N0000000001";
  static const char LATER[] = "01JD3Q8X7Z9V5T2N0000000003";
  stranger_begin(&s, 10);
  stranger_chat(&s, 1, "x");
  check_ack(1);
  stranger_document(&s, 2, BOTH, NULL, "[1]", 3);
  check_ack(2);
  stranger_document(&s, 3, LATER, NULL, "[1]", 3);
  check_ack(3);
  stranger_say(&s, &(es_frame){.type = ES_CHAT, .seq = 4, .id = "01JD3Q8X7Z9V5T2N0000000003"});
  check_ack(4);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 1);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
  stranger_end(&s);
}

/** A document comes in one piece while it comes in parts as well: it is there once. */
static void whole_amid_parts(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GW1";
  uint8_t hash[ES_HASH];
  CHECK_RESULT(es_sha256("[1]", 3, NULL, 0, hash), "ok");
  stranger_begin(&s, 12);
  stranger_announce(&s, 1, ID, 3, hash);
  check_want(1);
  stranger_part(&s, 1, 0, "[1", 2);
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  check_ack(2);
  sim_run(1000);
  stranger_part(&s, 1, 2, "]", 1);
  check_ack(1);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
  stranger_end(&s);
}

/** Between boards: a chat that is refused until nobody wants to hear it any more holds up none for ever. */
static void between_boards(void) {
  sim_pair(11);
  say("b", "before");
  SIM_UNTIL(sim_count(1, 'c', NULL) == 1, 2000);
  sim[1].fails = 1000000;
  say(NULL, "to all");
  for (unsigned i = 0; i < 3; i++) say("b", "to you");
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
  check_run("a number that its sender gave up holds up nothing", given_up_holds_nothing);
  check_run("a transfer that another number took over holds up its stream until the void",
            put_off_holds_until_void);
  check_run("a document under the id of a chat is known, and a chat under that of a document",
            id_of_another_kind);
  check_run("a document that comes in one piece and in parts at once is taken once", whole_amid_parts);
  check_run("chats go on behind one that expired as it was refused", between_boards);
  sim_end();
}
