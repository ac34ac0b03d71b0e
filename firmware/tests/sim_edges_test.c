/** Coincidences: sessions that end amid records, storage or power that fails just then, keys at the end. */
#include <stdio.h>
#include <string.h>

#include "outbox.h"
#include "received.h"
#include "sim.h"
#include "stranger.h"
#include "tests.h"

static stranger s;

/** A sender writes a last chat and `close` in one record, as PROTOCOL.md 3.14 allows. */
static void chat_and_close(void) {
  uint8_t bytes[600];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  es_frame chat = {.type = ES_CHAT, .to = ES_TO_YOU, .seq = 1, .body = (const uint8_t *)"last", .length = 4};
  es_frame close = {.type = ES_CLOSE, .why = es_text_of("bye")};
  es_copy_text(chat.id, sizeof chat.id, "01JD3Q8X7Z9V5T2N4M6K8H0GWB");
  stranger_begin(&s, 1);
  CHECK(es_frame_write(&chat, &out));
  size_t chat_length = out.length;
  CHECK(es_frame_write(&close, &out));
  stranger_send(&s, out.bytes, out.length);
  CHECK_NUMBER(sim_count(0, 'c', "last"), 1);
  stranger_end(&s);
  /* It is not acknowledged, but known. */
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  stranger_send(&s, out.bytes, chat_length);
  REQUIRE(stranger_expect(&s, ES_ACK));
  CHECK_NUMBER(sim_count(0, 'c', "last"), 1);
  stranger_end(&s);
}

static void two_heads(void) {
  uint8_t bytes[1000];
  uint8_t hash[ES_HASH] = {1};
  bool asked[3] = {false, false, false};
  es_writer out = es_writer_on(bytes, sizeof bytes);
  stranger_begin(&s, 2);
  stranger_write_head(&out, 1, "01JD3Q8X7Z9V5T2N4M6K8H0GW1", hash, 9000);
  stranger_write_head(&out, 2, "01JD3Q8X7Z9V5T2N4M6K8H0GW2", hash, 9000);
  stranger_send(&s, out.bytes, out.length);
  while (stranger_expect(&s, ES_WANT)) {
    if (s.frame.seq < 3) asked[s.frame.seq] = true;
  }
  CHECK(asked[2]);
  CHECK(asked[1]);
  stranger_end(&s);
}

/** Power fails after file_finish, before the application is told. */
static void finished_not_told(void) {
  static char json[9000];
  char file[ES_FILE_NAME];
  memset(json, ' ', sizeof json);
  json[0] = '1';
  sim_pair(3);
  sim_put_file(0, "out.json", json, sizeof json);
  earshot_document document = {.name = "large.json", .file = "out.json"};
  CHECK_RESULT(earshot_send(&sim[0].board, "b", &document), "ok");
  es_file_name(sim[0].board.self.id, es_next_item(&sim[0].board, NULL, NULL)->id, file);
  sim_put_file(1, file, json, sizeof json);
  SIM_UNTIL(sim_count(0, 's', NULL) == 1, 10000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), 1);
}

/** The same with a document of one frame. */
static void finished_not_told_small(void) {
  char file[ES_FILE_NAME];
  sim_pair(3);
  CHECK_RESULT(sim_send_json(0, "b", NULL, "[1]"), "ok");
  es_file_name(sim[0].board.self.id, es_next_item(&sim[0].board, NULL, NULL)->id, file);
  sim_put_file(1, file, "[1]", 3);
  SIM_UNTIL(sim_count(0, 's', NULL) == 1, 10000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), 1);
}

/** Storage fails after a document was delivered; then the board restarts. */
static void not_removed(void) {
  char id[ES_ULID_CHARACTERS + 1];
  stranger_begin(&s, 4);
  CHECK_RESULT(sim_send_json(0, s.id, NULL, "[1]"), "ok");
  REQUIRE(stranger_expect(&s, ES_DOCUMENT));
  es_copy_text(id, sizeof id, s.frame.id);
  sim[0].fails = 2;
  stranger_ack(&s, s.frame.seq);
  CHECK_NUMBER(sim[0].fails, 0);
  CHECK_NUMBER(sim_count(0, 's', NULL), 1);
  sim_kill(0);
  stranger_end(&s);
  sim_start(0, "a");
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  /* It is sent once more, under its id; and never again after that acknowledgement. */
  REQUIRE(stranger_expect(&s, ES_DOCUMENT));
  CHECK_TEXT(s.frame.id, id);
  stranger_ack(&s, s.frame.seq);
  CHECK(!stranger_expect(&s, ES_DOCUMENT));
  CHECK(sim_file_of(0, "=m0") == NULL);
  stranger_end(&s);
}

static earshot_result no_get(void *context, const char *key, uint8_t *value, size_t capacity,
                             size_t *length) {
  (void)context, (void)key, (void)value, (void)capacity, (void)length;
  return EARSHOT_IO;
}

static void keys_stay(void) {
  static struct earshot board;
  sim_begin(6);
  sim_join_code = "lab.hwvkgplw62qkgp3ccmh6yd6vcnfxfnwz";
  sim_start(0, "a");
  earshot_settings settings = {.name = "x", .kind = "sim", .app = "x", .join_code = sim_join_code};
  for (unsigned i = 0; i < 40; i++) {
    if (earshot_init(&board, sizeof board, &sim[0].port, &settings) != EARSHOT_OK) {
      check_failed(__FILE__, __LINE__, "start number %u failed", i);
      break;
    }
    earshot_close(&board);
    sim_now += 200;
    earshot_poll(&board);
    CHECK(earshot_close(&board));
  }
}

static void keys_wiped(void) {
  const es_group *group = &sim[0].board.self.group;
  sim_begin(12);
  sim_join_code = "lab.hwvkgplw62qkgp3ccmh6yd6vcnfxfnwz";
  sim_start(0, "a");
  earshot_close(&sim[0].board);
  sim_run(1000);
  CHECK(earshot_close(&sim[0].board));
  uint8_t zero[ES_KEY] = {0};
  CHECK_BYTES(group->session_key, ES_KEY, zero, ES_KEY);
  CHECK_BYTES(group->announce_key, ES_KEY, zero, ES_KEY);
}

static void keys_stay_of_failed(void) {
  static struct earshot board;
  sim_begin(7);
  sim_join_code = "lab.hwvkgplw62qkgp3ccmh6yd6vcnfxfnwz";
  sim_start(0, "a");
  earshot_settings settings = {.name = "x", .kind = "sim", .app = "x", .join_code = sim_join_code};
  sim[0].storage.get = no_get;
  for (unsigned i = 0; i < 40; i++)
    CHECK_RESULT(earshot_init(&board, sizeof board, &sim[0].port, &settings), "io");
}

/** The order of entries in the outbox is not that of their ages: the youngest may be first. */
static void order_of_ages(void) {
  char got[4] = "";
  sim_begin(8);
  sim_start(0, "a");
  stranger_make(&s, 1);
  CHECK_RESULT(sim_send_json(0, "zzzzzzzzzzzzzzzzzzzzzzzz", "row", "9"), "ok");
  CHECK_RESULT(sim_send_json(0, s.id, "row", "0"), "ok");
  CHECK_RESULT(sim_send_json(0, s.id, "row", "1"), "ok");
  es_outbox_remove(&sim[0].board, es_next_item(&sim[0].board, NULL, NULL));
  CHECK_RESULT(sim_send_json(0, s.id, "row", "2"), "ok");
  CHECK_NUMBER(sim[0].board.outbox->items[0].order, 3);
  sim_kill(0);
  sim_start(0, "a");
  REQUIRE(stranger_dial(&s, 0));
  for (unsigned i = 0; i < 3 && stranger_expect(&s, ES_DOCUMENT); i++) got[i] = (char)s.frame.body[0];
  CHECK_TEXT(got, "012");
  stranger_end(&s);
}

/** A peer first met through a session it dialled is dialled at the port of its announcements. */
static void port_after_session(void) {
  sim_pair(9);
  sim_run(20000);
  memset(sim[0].board.roster, 0, sizeof sim[0].board.tables.roster);
  CHECK_RESULT(earshot_say(&sim[1].board, "a", "first"), "ok");
  sim_run(40000);
  CHECK_NUMBER(sim_sessions(0), 0);
  CHECK_NUMBER(es_roster_find(&sim[0].board, sim[1].board.self.id)->port, 3333);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "back"), "ok");
  SIM_UNTIL(sim_count(1, 'c', "back") == 1, 500);
}

static char to_before[EARSHOT_ID + 1];
static char to_after[EARSHOT_ID + 1];

static void say_to_another(void *context, const char *id, earshot_peer to, earshot_result result,
                           const char *why) {
  (void)context, (void)id, (void)result, (void)why;
  snprintf(to_before, sizeof to_before, "%s", to.id);
  CHECK_RESULT(earshot_say(&sim[0].board, "zzzzzzzzzzzzzzzzzzzzzzzz", "another"), "ok");
  snprintf(to_after, sizeof to_after, "%s", to.id);
}

/** The arguments of a handler stay valid until it returns, even if it sends to a new peer. */
static void handed_stays(void) {
  char id[] = "aaaaaaaaaaaaaaaaaaaaaaaa";
  sim_pair(10);
  sim_kill(1);
  earshot_on_sent(&sim[0].board, say_to_another, NULL);
  CHECK_RESULT(earshot_say(&sim[0].board, NULL, "nobody hears it"), "ok");
  sim_run(10);
  for (unsigned i = 0; i + 1 < EARSHOT_CONTACTS; i++) {
    id[0] = (char)('b' + i);
    CHECK(es_contact_get(&sim[0].board, id) != NULL);
  }
  sim_run(31000);
  CHECK_TEXT(to_before, sim[1].board.self.id);
  CHECK_TEXT(to_after, to_before);
}

/** A stored outbox value with lengths that only fit after wrapping around at 16 bits. */
static void wrapped_lengths(void) {
  uint8_t value[87] = {3, ES_ITEM_CHAT};
  sim_begin(11);
  stranger_make(&s, 1);
  memcpy(value + 2, s.id, EARSHOT_ID);
  memcpy(value + 51, "01JD3Q8X7Z9V5T2N4M6K8H0GWB", EARSHOT_MESSAGE_ID);
  es_put_u16(value + 77, 65000);
  es_put_u16(value + 81, 540);
  sim_put_file(0, "=m0", value, sizeof value);
  sim_start(0, "a");
  REQUIRE(stranger_dial(&s, 0));
  CHECK(!stranger_next(&s));
  stranger_end(&s);
}

/** Storage of an earlier version: a contact with its numbers, and a waiting document. */
static void older_storage_of(uint8_t version) {
  uint8_t contact[47] = {1};
  uint8_t item[95] = {version, ES_ITEM_DOCUMENT};
  uint8_t *form = item + (version == 1 ? 34 : 26);
  char own[EARSHOT_ID + 1];
  sim_begin(14);
  sim_start(0, "a");
  es_copy_text(own, sizeof own, earshot_id(&sim[0].board));
  sim_kill(0);
  stranger_make(&s, 1);
  memcpy(contact + 1, s.id, EARSHOT_ID);
  memset(contact + 1 + EARSHOT_ID, 9, sizeof contact - 1 - EARSHOT_ID);
  /* Recipient, in version 1 epoch and number, then age, time, size, id, lengths of name, stream and body. */
  memcpy(item + 2, s.id, EARSHOT_ID);
  memset(item + 26, 7, 8);
  memset(form, 0, 20);
  form[3] = 5;
  form[19] = 3;
  memcpy(form + 20, "01JD3Q8X7Z9V5T2N4M6K8H0GWB", EARSHOT_MESSAGE_ID);
  es_put_u16(form + 46, 6);
  es_put_u16(form + 50, 3);
  memcpy(form + 52, "a.json[1]", 9);
  sim_put_file(0, "=p0", contact, sizeof contact);
  sim_put_file(0, "=m3", item, (size_t)(form - item) + 61);
  sim_start(0, "a");
  CHECK_TEXT(earshot_id(&sim[0].board), own);
  CHECK(sim_file_of(0, "=p0") == NULL);
  REQUIRE(stranger_dial(&s, 0));
  REQUIRE(stranger_expect(&s, ES_DOCUMENT));
  CHECK_NUMBER(s.frame.seq, 1);
  CHECK_TEXT(s.frame.id, "01JD3Q8X7Z9V5T2N4M6K8H0GWB");
  CHECK_BYTES(s.frame.name.bytes, s.frame.name.length, "a.json", 6);
  CHECK_BYTES(s.frame.body, s.frame.length, "[1]", 3);
  stranger_ack(&s, 1);
  CHECK(sim_file_of(0, "=m3") == NULL);
  stranger_end(&s);
}

static void older_storage(void) {
  older_storage_of(1);
  older_storage_of(2);
}

/** Makes a unique id. */
static const char *some_id(unsigned number) {
  static char id[EARSHOT_ID + 1];
  memset(id, 'a', EARSHOT_ID);
  id[0] = (char)('a' + number % 26);
  id[1] = (char)('a' + number / 26);
  return id;
}

/** A contact is evicted, comes back in another entry, and power fails before the first entry is written again. */
static void place_lost(void) {
  static const uint8_t OLD[ES_MARK] = {1}, NEW[ES_MARK] = {2};
  sim_begin(13);
  sim_start(0, "a");
  earshot *board = &sim[0].board;
  es_contact *contact = es_contact_get(board, some_id(0));
  es_contact_remember(contact, OLD, false);
  CHECK(es_contact_store(board, contact) == EARSHOT_OK);
  for (unsigned i = 1; i <= EARSHOT_CONTACTS; i++) {
    sim_run(10);
    REQUIRE(es_contact_get(board, some_id(i)) != NULL);
  }
  CHECK(es_contact_find(board, some_id(0)) == NULL);
  contact = es_contact_get(board, some_id(0));
  es_contact_remember(contact, NEW, false);
  CHECK(es_contact_store(board, contact) == EARSHOT_OK);
  sim_kill(0);
  sim_start(0, "a");
  contact = es_contact_find(board, some_id(0));
  REQUIRE(contact != NULL);
  CHECK(es_contact_knows(contact, NEW) && !es_contact_knows(contact, OLD));
}

/** A contact with a session or a waiting message is not evicted, however many others come. */
static void place_kept(void) {
  stranger_begin(&s, 17);
  earshot *board = &sim[0].board;
  stranger_chat(&s, 1, "hello");
  CHECK_RESULT(earshot_say(board, some_id(1), "when you are back"), "ok");
  for (unsigned i = 2; i < 3 * EARSHOT_CONTACTS; i++) {
    sim_run(10);
    REQUIRE(es_contact_get(board, some_id(i)) != NULL);
  }
  CHECK(es_contact_find(board, some_id(1)) != NULL);
  stranger_end(&s);
  stranger_make(&s, 1);
  REQUIRE(stranger_dial(&s, 0));
  stranger_chat(&s, 1, "hello");
  REQUIRE(stranger_expect(&s, ES_ACK));
  CHECK_NUMBER(sim_count(0, 'c', "hello"), 1);
  stranger_end(&s);
}

/** TCP itself would resume only after a while: the longer the network was down, the later. */
static void network_came_back(void) {
  struct earshot *board = &sim[0].board;
  stranger_begin(&s, 15);
  sim_run(4000);
  earshot_network_changed(board);
  CHECK_NUMBER(sim_sessions(0), 1);
  CHECK_RESULT(earshot_say(board, s.id, "are you there?"), "ok");
  sim_run(2000);
  earshot_network_changed(board);
  CHECK_NUMBER(sim_sessions(0), 1);
  sim_run(2000);
  earshot_network_changed(board);
  CHECK_NUMBER(sim_sessions(0), 0);
  stranger_end(&s);
}

static char ended_ids[4][EARSHOT_MESSAGE_ID + 1];
static unsigned ended_count;

static void note_end(void *context, const char *id, earshot_peer to, earshot_result result, const char *why) {
  (void)context, (void)to, (void)why;
  REQUIRE(ended_count < 4);
  CHECK_RESULT(result, "ok");
  es_copy_text(ended_ids[ended_count++], sizeof ended_ids[0], id);
}

static void ids_told(void) {
  char taken[2][EARSHOT_MESSAGE_ID + 1];
  struct earshot *board = &sim[0].board;
  sim_pair(16);
  ended_count = 0;
  earshot_on_sent(board, note_end, NULL);
  CHECK_RESULT(sim_send_json(0, "b", NULL, "[1]"), "ok");
  es_copy_text(taken[0], sizeof taken[0], earshot_last_id(board));
  CHECK_RESULT(sim_send_json(0, "b", NULL, "not JSON"), "not-json");
  CHECK_TEXT(earshot_last_id(board), taken[0]);
  CHECK_RESULT(earshot_say(board, "b", "look"), "ok");
  es_copy_text(taken[1], sizeof taken[1], earshot_last_id(board));
  SIM_UNTIL(ended_count == 2, 2000);
  CHECK(strcmp(taken[0], taken[1]) != 0);
  for (unsigned i = 0; i < 2; i++)
    CHECK(strcmp(ended_ids[i], taken[0]) == 0 || strcmp(ended_ids[i], taken[1]) == 0);
  CHECK(strcmp(ended_ids[0], ended_ids[1]) != 0);
}

void sim_edges_tests(void) {
  check_run("a chat that comes in one record with close counts once", chat_and_close);
  check_run("of two documents in parts announced in one record both are asked for", two_heads);
  check_run("a large document whose file was finished before power failed is told", finished_not_told);
  check_run("a small document whose file was finished before power failed is told", finished_not_told_small);
  check_run("a document that storage could not remove is sent once more", not_removed);
  check_run("messages go by their ages, whatever places they have", order_of_ages);
  check_run("a peer first met through a session is dialled at once", port_after_session);
  check_run("what a handler is handed stays", handed_stays);
  check_run("what is known of a peer that lost its place is not taken for what came after", place_lost);
  check_run("a peer whose messages are under way keeps its place", place_kept);
  check_run("a value whose lengths do not fit is no message", wrapped_lengths);
  check_run("a board of an earlier version keeps its identity and sends what waits", older_storage);
  check_run("a session that stood still while the network was away is not waited for", network_came_back);
  check_run("an application knows which of its messages has ended", ids_told);
  check_run("a board that is closed keeps no key of its group", keys_wiped);
  check_run("a board that is closed gives its keys back", keys_stay);
  check_run("a board that cannot start gives its keys back", keys_stay_of_failed);
  sim_end();
}
