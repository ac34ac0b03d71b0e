/** Members of the group that harm others, and storage with values that no board wrote. */
#include <stdio.h>
#include <string.h>

#include "example.h"
#include "received.h"
#include "sim.h"
#include "stranger.h"
#include "tests.h"

static const char ID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
static stranger s;

/** A document of so many bytes, and its hash. */
static const char *large(size_t size, uint8_t hash[ES_HASH]) {
  static char body[200000];
  memset(body, ' ', sizeof body);
  body[0] = '1';
  CHECK(size <= sizeof body);
  CHECK_RESULT(es_sha256(body, size, NULL, 0, hash), "ok");
  return body;
}

/** Sends the requested parts of a document until there is an answer. */
static void send_parts(stranger *from, const char *body, size_t size) {
  for (size_t at = 0; at < size;) {
    REQUIRE(stranger_expect(from, ES_WANT));
    uint32_t seq = from->frame.seq;
    size_t length = (size_t)from->frame.until - at;
    stranger_part(from, seq, at, body + at, length);
    at += length;
  }
}

/** Two documents under one id, the larger one in parts: the one that was acknowledged stays. */
static void one_id_twice(void) {
  uint8_t hash[ES_HASH];
  char file[ES_FILE_NAME];
  const char *body = large(9000, hash);
  stranger_begin(&s, 1);
  stranger_announce(&s, 1, ID, 9000, hash);
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  REQUIRE(stranger_expect(&s, ES_ACK));
  CHECK_NUMBER(es_get_u32(s.frame.body), 2);
  /* Known by its id: the contents are not compared. */
  stranger_announce(&s, 3, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_ACK));
  es_file_name(s.id, ID, file);
  REQUIRE(sim_file_of(0, file) != NULL);
  CHECK_NUMBER(sim_file_of(0, file)->length, 3);
  stranger_end(&s);
  /* The same if the larger one is on its way already when the other one comes. */
  stranger_begin(&s, 2);
  stranger_announce(&s, 1, ID, 9000, hash);
  REQUIRE(stranger_expect(&s, ES_WANT));
  size_t credit = (size_t)s.frame.until;
  stranger_part(&s, 1, 0, body, credit);
  stranger_document(&s, 2, ID, NULL, "[1]", 3);
  for (size_t at = credit; at < 9000 && stranger_expect(&s, ES_WANT);) {
    size_t length = (size_t)s.frame.until - at;
    stranger_part(&s, 1, at, body + at, length);
    at += length;
  }
  REQUIRE(stranger_expect(&s, ES_NAK));
  CHECK_TEXT(s.frame.code, "refused");
  es_file_name(s.id, ID, file);
  const sim_file *kept = sim_file_of(0, file);
  REQUIRE(kept != NULL);
  CHECK_BYTES(kept->bytes, kept->length, "[1]", 3);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
  stranger_end(&s);
}

static uint64_t bytes_read;
static earshot_result (*read_file)(void *context, const char *name, uint64_t offset, uint8_t *bytes,
                                   size_t length, size_t *got);

static earshot_result count_bytes(void *context, const char *name, uint64_t offset, uint8_t *bytes,
                                  size_t length, size_t *got) {
  earshot_result result = read_file(context, name, offset, bytes, length, got);
  bytes_read += *got;
  return result;
}

/** Stored documents with forgotten ids, announced one after the other. */
static void stored_heads(void) {
  char id[] = "01JD3Q8X7Z9V5T2N4M6K8H0GW0";
  uint8_t hash[ES_HASH];
  char file[ES_FILE_NAME];
  const char *body = large(200000, hash);
  unsigned acks = 0, busy = 0;
  stranger_begin(&s, 3);
  read_file = sim[0].storage.file_read;
  sim[0].storage.file_read = count_bytes;
  bytes_read = 0;
  for (uint32_t seq = 1; seq <= 9; seq++) {
    id[25] = (char)('0' + seq);
    es_file_name(s.id, id, file);
    sim_put_file(0, file, body, 200000);
    stranger_announce(&s, seq, id, 200000, hash);
  }
  while (stranger_next(&s)) {
    if (s.frame.type == ES_ACK) acks += (unsigned)s.frame.length / 4;
    if (s.frame.type == ES_NAK) busy += strcmp(s.frame.code, "busy") == 0;
  }
  CHECK_NUMBER(acks, 1);
  CHECK_NUMBER(busy, 8);
  CHECK_NUMBER(bytes_read, 200000);
  /* The file of a known id is not read again. */
  id[25] = '1';
  stranger_announce(&s, 11, id, 200000, hash);
  REQUIRE(stranger_expect(&s, ES_ACK));
  CHECK_NUMBER(bytes_read, 200000);
  /* An honest sender retries, and is acknowledged. */
  sim_run(1000);
  id[25] = '2';
  stranger_announce(&s, 12, id, 200000, hash);
  REQUIRE(stranger_expect(&s, ES_ACK));
  /* A different size shows without reading that it is another document. */
  bytes_read = 0;
  sim_run(1000);
  id[25] = '3';
  stranger_announce(&s, 13, id, 100000, hash);
  REQUIRE(stranger_expect(&s, ES_NAK));
  CHECK_TEXT(s.frame.code, "refused");
  CHECK_NUMBER(bytes_read, 0);
  stranger_end(&s);
}

/** Peers that are up, and never acknowledge messages. */
static void never_acknowledged(void) {
  static stranger each[EARSHOT_SESSIONS];
  sim_begin(4);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    stranger_make(&each[i], (uint8_t)(8 * (i + 1)));
    REQUIRE(stranger_dial(&each[i], 0));
    CHECK_RESULT(earshot_say(&sim[0].board, each[i].id, "hello"), "ok");
    sim_run(10);
    REQUIRE(stranger_expect(&each[i], ES_CHAT));
  }
  CHECK_NUMBER(sim_sessions(0), EARSHOT_SESSIONS);
  es_frame ping = {.type = ES_PING, .n = 1};
  for (unsigned second = 0; second < 11; second++) {
    for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) stranger_say(&each[i], &ping);
    sim_run(1000);
  }
  CHECK_RESULT(earshot_say(&sim[1].board, "a", "room for me"), "ok");
  SIM_UNTIL(sim_count(0, 'c', "room for me") == 1, 1000);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) stranger_end(&each[i]);
}

/** A sender announces as many documents as there are places, and then sends a byte of each now and then. */
static void byte_by_byte(void) {
  static stranger other;
  uint8_t hash[ES_HASH];
  const char *body = large(9000, hash);
  char id[] = "01JD3Q8X7Z9V5T2N4M6K8H0GW0";
  es_frame ping = {.type = ES_PING, .n = 1};
  stranger_begin(&s, 5);
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    id[25] = (char)('1' + i);
    stranger_announce(&s, i + 1, id, 9000, hash);
  }
  for (unsigned second = 0; second < 65; second++) {
    if (second % 5 == 0) stranger_say(&s, &ping);
    for (unsigned i = 0; i < EARSHOT_DOWNLOADS && second % 5 == 0; i++)
      stranger_part(&s, i + 1, second / 5, body + second / 5, 1);
    sim_run(1000);
  }
  stranger_make(&other, 8);
  REQUIRE(stranger_dial(&other, 0));
  stranger_announce(&other, 1, ID, 9000, hash);
  /* The evicted one is refused. */
  REQUIRE(stranger_expect(&s, ES_NAK));
  CHECK_NUMBER(s.frame.seq, 1);
  CHECK_TEXT(s.frame.code, "busy");
  send_parts(&other, body, 9000);
  REQUIRE(stranger_expect(&other, ES_ACK));
  stranger_end(&other);
  stranger_end(&s);
}

static void set_led(void *context, bool on) {
  (void)context, (void)on;
}

/** Commands of a peer that accepts no answers. */
static void answers_not_taken(void) {
  static example app;
  const example_machine machine = {.set_led = set_led};
  stranger_begin(&s, 8);
  example_start(&app, &sim[0].board, &sim[0].port, &machine);
  earshot_on_chat(&sim[0].board, example_hear, &app);
  for (uint32_t seq = 1; seq <= 2 * EARSHOT_OUTBOX_MESSAGES; seq++) stranger_chat(&s, seq, "led on");
  CHECK(stranger_expect(&s, ES_CHAT));
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES / 4; i++)
    CHECK_RESULT(sim_send_json(0, "zzzzzzzzzzzzzzzzzzzzzzzz", "readings", "1"), "ok");
  stranger_end(&s);
}

static uint32_t waiting(void) {
  earshot_numbers numbers;
  earshot_stats(&sim[0].board, &numbers);
  return numbers.waiting;
}

/** Changes a byte of the document that waits in storage, and starts the board again. */
static void start_with(size_t at, uint8_t value) {
  sim_begin(7);
  sim_start(0, "a");
  CHECK_RESULT(sim_send_json(0, "zzzzzzzzzzzzzzzzzzzzzzzz", NULL, "[1]"), "ok");
  sim_kill(0);
  sim_file *stored = sim_file_of(0, "=m0");
  REQUIRE(stored != NULL && stored->length > at);
  stored->bytes[at] = value;
  sim_start(0, "a");
}

static void damaged_message(void) {
  /* The version, the kind, and the last byte of the size. */
  start_with(0, 3);
  CHECK_NUMBER(waiting(), 1);
  start_with(1, ES_ITEM_FREE);
  CHECK_NUMBER(waiting(), 0);
  CHECK_NUMBER(sim[0].board.outbox->used, 0);
  start_with(50, 200);
  CHECK_NUMBER(waiting(), 0);
}

void sim_hostile_tests(void) {
  check_run("a document that was acknowledged stays, whatever comes under its id", one_id_twice);
  check_run("large documents that are announced again are read once in a while only", stored_heads);
  check_run("peers that never acknowledge keep nobody out for long", never_acknowledged);
  check_run("documents that come byte by byte keep no place from others", byte_by_byte);
  check_run("answers that nobody takes leave room for readings", answers_not_taken);
  check_run("a stored message whose size or kind cannot be is no message", damaged_message);
  sim_end();
}
