/** Messages to a board from a peer that breaks the rules: PROTOCOL.md 1.1 and 3.11, the receiver. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;

static void numbers(void) {
  stranger_begin(&s, 1);
  stranger_chat(&s, 1, "one");
  stranger_check_ack(&s, 1);
  stranger_chat(&s, 3, "three");
  stranger_check_ack(&s, 3);
  stranger_chat(&s, 4294967295u, "the last");
  stranger_check_ack(&s, 4294967295u);
  stranger_chat(&s, 4294967295u, "the last again");
  CHECK(stranger_is_left(&s));
  stranger_dial_again(&s);
  /* A known id is a duplicate, whatever its number. */
  stranger_chat(&s, 3, "three");
  stranger_check_ack(&s, 3);
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

static void window(void) {
  stranger_begin(&s, 2);
  for (uint32_t first = 1; first < 100; first += ES_WINDOW) {
    send_chats(first, first + ES_WINDOW - 1);
    stranger_check_acks(&s, first, first + ES_WINDOW - 1);
  }
  CHECK_NUMBER(sim_count(0, 'c', NULL), 112);
  send_chats(113, 129);
  CHECK(stranger_is_left(&s));
  /* Nothing was acknowledged, and what was taken is known. */
  stranger_dial_again(&s);
  send_chats(113, 128);
  stranger_check_acks(&s, 113, 128);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 128);
  stranger_end(&s);
}

static void remembered(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  stranger_begin(&s, 3);
  stranger_document(&s, 1, ID, NULL, "[1]", 3);
  stranger_check_ack(&s, 1);
  send_chats(2, 17);
  stranger_check_acks(&s, 2, 17);
  send_chats(18, 33);
  stranger_check_acks(&s, 18, 33);
  send_chats(34, 49);
  stranger_check_acks(&s, 34, 49);
  sim_kill(0);
  sim_start(0, "a");
  stranger_dial_again(&s);
  unsigned puts = sim[0].puts;
  /* The latest of each kind are known, even after 48 of the other kind. */
  stranger_document(&s, 1, ID, NULL, "[1]", 3);
  stranger_check_ack(&s, 1);
  send_chats(34, 49);
  stranger_check_acks(&s, 34, 49);
  send_chats(50, 50);
  stranger_check_ack(&s, 50);
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
  stranger_dial_again(&s);
  send_chats(2, 17);
  send_chats(18, 33);
  CHECK_NUMBER(sim_count(0, 'c', NULL), 33);
  stranger_dial_again(&s);
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
  stranger_check_nak(&s, 1, "not-json", "not JSON at byte 5");
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  stranger_check_ack(&s, 2);
  /* The same id under another number: acknowledged, and in storage once. */
  stranger_document(&s, 3, ID, NULL, "[1]", 3);
  stranger_check_ack(&s, 3);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
  CHECK_NUMBER(stored_documents(), 1);
  uint8_t hash[ES_HASH] = {0};
  stranger_announce(&s, 5, "01JD3Q8X7Z9V5T2N4M6K8H0GWC", 1ull << 40, hash);
  stranger_check_nak(&s, 5, "too-large", "too large for this board");
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
  REQUIRE(stranger_expect(&s, ES_WANT));
  CHECK(s.frame.offset == 0 && s.frame.until <= 4096);
  uint64_t credit = s.frame.until;
  stranger_part(&s, 1, 10, body + 10, 10); /* not the next offset */
  stranger_part(&s, 1, 0, body, 100);
  stranger_part(&s, 1, 100, body + 100, (size_t)credit); /* beyond the credit */
  stranger_part(&s, 1, 100, body + 100, (size_t)credit - 100);
  REQUIRE(stranger_expect(&s, ES_WANT));
  CHECK_NUMBER(s.frame.offset, credit);
  /* On the next session it resumes, under another number. */
  stranger_dial_again(&s);
  stranger_announce(&s, 2, ID, sizeof body, hash);
  REQUIRE(stranger_expect(&s, ES_WANT));
  CHECK_NUMBER(s.frame.seq, 2);
  CHECK_NUMBER(s.frame.offset, credit);
  /* The same within a session, though no sender should: the number before is answered. */
  stranger_announce(&s, 3, ID, sizeof body, hash);
  stranger_check_nak(&s, 2, "busy", "not now");
  REQUIRE(stranger_expect(&s, ES_WANT));
  CHECK_NUMBER(s.frame.seq, 3);
  CHECK_NUMBER(s.frame.offset, credit);
  for (size_t at = (size_t)credit; at < sizeof body;) {
    size_t length = (size_t)s.frame.until - at;
    stranger_part(&s, 3, at, body + at, length);
    at += length;
    if (at < sizeof body) REQUIRE(stranger_expect(&s, ES_WANT));
  }
  stranger_check_ack(&s, 3);
  /* Announced once more it is known. */
  stranger_announce(&s, 4, ID, sizeof body, hash);
  stranger_check_ack(&s, 4);
  CHECK_NUMBER(sim_count(0, 'd', "a.json"), 1);
  stranger_end(&s);
}

static void given_up(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  uint8_t hash[ES_HASH] = {0};
  stranger_begin(&s, 9);
  stranger_announce(&s, 1, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT));
  stranger_part(&s, 1, 0, "[1,", 3);
  stranger_void(&s, 1);
  stranger_check_nak(&s, 1, "busy", "not now");
  CHECK(sim_file_of(0, "~partia0") == NULL);
  stranger_part(&s, 1, 3, "2]", 2);
  /* A number that was answered, and one that never was sent. */
  stranger_void(&s, 1);
  stranger_void(&s, 77);
  stranger_announce(&s, 2, ID, 9000, hash);
  REQUIRE(stranger_next(&s));
  CHECK_NUMBER(s.frame.type, ES_WANT);
  CHECK_NUMBER(s.frame.offset, 0);
  stranger_end(&s);
}

static void long_document(void) {
  static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  uint8_t hash[ES_HASH] = {0};
  stranger_begin(&s, 10);
  stranger_announce(&s, 1, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT));
  stranger_part(&s, 1, 0, "[1,", 3);
  for (uint32_t seq = 2; seq <= 60; seq++) {
    stranger_chat(&s, seq, "meanwhile");
    stranger_check_ack(&s, seq);
  }
  CHECK(!stranger_expect(&s, ES_NAK));
  stranger_end(&s);
}

/** One id is one message, whatever kind it is sent as. */
static void id_of_another_kind(void) {
  static const char BOTH[] = "01JD3Q8X7Z9V5T2N0000000001";
  static const char LATER[] = "01JD3Q8X7Z9V5T2N0000000003";
  stranger_begin(&s, 10);
  stranger_chat(&s, 1, "x");
  stranger_check_ack(&s, 1);
  stranger_document(&s, 2, BOTH, NULL, "[1]", 3);
  stranger_check_ack(&s, 2);
  stranger_document(&s, 3, LATER, NULL, "[1]", 3);
  stranger_check_ack(&s, 3);
  stranger_say(&s, &(es_frame){.type = ES_CHAT, .seq = 4, .id = "01JD3Q8X7Z9V5T2N0000000003"});
  stranger_check_ack(&s, 4);
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
  stranger_check_want(&s, 1);
  stranger_part(&s, 1, 0, "[1", 2);
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  stranger_check_ack(&s, 2);
  sim_run(1000);
  stranger_part(&s, 1, 2, "]", 1);
  stranger_check_ack(&s, 1);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
  stranger_end(&s);
}

void sim_receiver_tests(void) {
  check_run("numbers that do not grow end the session, and mean nothing beyond it", numbers);
  check_run("as many messages as the window has may be unanswered, and not one more", window);
  check_run("what was taken is known by its id after a power failure", remembered);
  check_run("the latest 32 messages of a sender are known, and none before", remembered_alone);
  check_run("documents are refused with their code, and taken once for each id", documents);
  check_run("parts are taken in order within the credit, and go on in the next session", parts);
  check_run("a number that is given up is answered, and its transfer dropped", given_up);
  check_run("a document that takes long holds back no others", long_document);
  check_run("a document under the id of a chat is known, and a chat under that of a document",
            id_of_another_kind);
  check_run("a document that comes in one piece and in parts at once is taken once", whole_amid_parts);
  sim_end();
}
