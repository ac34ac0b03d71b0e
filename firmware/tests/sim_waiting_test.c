/** Messages that wait: in memory only, for some time, in place of older ones, as fast as the peer takes them. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "stranger.h"
#include "tests.h"

#define AWAY "zzzzzzzzzzzzzzzzzzzzzzzz"

static uint32_t waiting(void) {
  earshot_numbers numbers;
  earshot_stats(&sim[0].board, &numbers);
  return numbers.waiting;
}

static earshot_result send_row(const char *to, unsigned row, bool passing, bool newest, uint32_t within_s) {
  char json[12];
  snprintf(json, sizeof json, "%u", row);
  earshot_document document = {.name = "x.json",
                               .stream = "row",
                               .body = json,
                               .length = strlen(json),
                               .within_s = within_s,
                               .passing = passing,
                               .newest = newest};
  return earshot_send(&sim[0].board, to, &document);
}

static void passing(void) {
  sim_pair(1);
  sim[1].off = true;
  sim_run(100);
  unsigned puts = sim[0].puts;
  CHECK_RESULT(send_row("b", 1, true, false, 0), "ok");
  CHECK_NUMBER(sim[0].puts, puts);
  CHECK_RESULT(send_row("b", 2, false, false, 0), "ok");
  CHECK(sim[0].puts > puts);
  sim_kill(0);
  sim_start(0, "a");
  CHECK_NUMBER(waiting(), 1);
  sim[1].off = false;
  SIM_UNTIL(sim_count(1, 'd', "row 2") == 1, 60000);
  puts = sim[0].puts;
  CHECK_RESULT(send_row("b", 3, true, false, 0), "ok");
  SIM_UNTIL(sim_count(1, 'd', "row 3") == 1, 5000);
  CHECK_NUMBER(sim_count(1, 'd', "row 1"), 0);
  CHECK_NUMBER(sim[0].puts, puts);
}

static void time_to_live(void) {
  sim_pair(2);
  sim[1].off = true;
  CHECK_RESULT(send_row("b", 1, false, false, 60), "ok");
  CHECK_RESULT(send_row("b", 2, false, false, 0), "ok");
  sim_run(59000);
  CHECK_NUMBER(sim_count(0, 'r', NULL), 0);
  /* A restart begins it anew, and does not forget it. */
  sim_kill(0);
  sim_start(0, "a");
  sim_run(59000);
  CHECK_NUMBER(waiting(), 2);
  sim_run(2000);
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 1);
  CHECK_NUMBER(waiting(), 1);
  sim[1].off = false;
  SIM_UNTIL(sim_count(1, 'd', "row 2") == 1, 60000);
  CHECK_NUMBER(sim_count(1, 'd', "row 1"), 0);
}

/** More readings than fit: the newest arrive, in order, and each of the others is told. */
static void newest_of(unsigned seed, bool durable) {
  const unsigned rows = 3 * EARSHOT_OUTBOX_MESSAGES;
  sim_pair(seed);
  sim[1].off = true;
  CHECK_RESULT(sim_send_json(0, "b", NULL, "\"stays\""), "ok");
  for (unsigned row = 0; row < rows; row++) CHECK_RESULT(send_row("b", row, !durable, true, 0), "ok");
  CHECK_NUMBER(waiting(), EARSHOT_OUTBOX_MESSAGES);
  unsigned dropped = rows - (EARSHOT_OUTBOX_MESSAGES - 1);
  CHECK_NUMBER(sim_count(0, 'r', "full"), dropped);
  CHECK_NUMBER(sim[0].board.numbers.dropped, dropped);
  /* One that does not say so drops nothing. */
  CHECK_RESULT(send_row("b", rows, false, false, 0), "full");
  if (durable) {
    /* Until they cost flash. */
    sim_run(11000);
    sim_kill(0);
    sim_start(0, "a");
    sim_run(10);
    CHECK_RESULT(send_row(sim[1].board.self.id, rows, false, true, 0), "ok");
    dropped++;
  }
  sim[1].off = false;
  SIM_UNTIL(waiting() == 0, 60000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), EARSHOT_OUTBOX_MESSAGES);
  for (unsigned i = 0; i + 1 < EARSHOT_OUTBOX_MESSAGES; i++) {
    char text[16];
    snprintf(text, sizeof text, "row %u", dropped + i);
    CHECK_NUMBER(sim_count(1, 'd', text), 1);
  }
}

static void newest(void) {
  newest_of(3, false);
  newest_of(4, true);
}

/** The recipient has the link but does not acknowledge: also messages on their way make room. */
static void newest_on_the_way(void) {
  static stranger s;
  stranger_begin(&s, 5);
  for (unsigned row = 0; row < EARSHOT_OUTBOX_MESSAGES; row++)
    CHECK_RESULT(send_row(s.id, row, true, true, 0), "ok");
  sim_run(10);
  for (unsigned row = 0; row < 100; row++) CHECK_RESULT(send_row(s.id, row, true, true, 0), "ok");
  sim_run(10);
  /* No more than the window: nothing of what follows was sent. */
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) {
    REQUIRE(stranger_expect(&s, ES_DOCUMENT));
    CHECK_NUMBER(s.frame.seq, seq);
  }
  stranger_check_silence(&s);
  for (uint32_t seq = 1; seq <= ES_WINDOW; seq++) stranger_ack(&s, seq);
  sim_run(100);
  CHECK(stranger_expect(&s, ES_DOCUMENT));
  stranger_end(&s);
}

/** An application that sends again what was dropped. */
static void send_again(void *context, const char *id, earshot_peer to, earshot_result result,
                       const char *why) {
  (void)id, (void)why;
  unsigned *again = context;
  if (result != EARSHOT_FULL) return;
  ++*again;
  (void)send_row(to.id, 1000, true, true, 0);
}

static void newest_again(void) {
  unsigned again = 0;
  sim_begin(6);
  sim_start(0, "a");
  earshot_on_sent(&sim[0].board, send_again, &again);
  for (unsigned row = 0; row < 3 * EARSHOT_OUTBOX_MESSAGES; row++) (void)send_row(AWAY, row, true, true, 0);
  CHECK(again > 0);
  CHECK_NUMBER(waiting(), EARSHOT_OUTBOX_MESSAGES);
}

static void cancel(void) {
  char id[EARSHOT_MESSAGE_ID + 1];
  sim_pair(7);
  earshot *board = &sim[0].board;
  sim[1].off = true;
  CHECK_RESULT(send_row("b", 1, false, false, 0), "ok");
  snprintf(id, sizeof id, "%s", earshot_last_id(board));
  CHECK_RESULT(send_row("b", 2, false, false, 0), "ok");
  CHECK_RESULT(earshot_cancel(board, id), "ok");
  CHECK_RESULT(earshot_cancel(board, id), "absent");
  CHECK_RESULT(earshot_cancel(board, "nothing"), "absent");
  /* Also in storage. */
  sim_kill(0);
  sim_start(0, "a");
  CHECK_NUMBER(waiting(), 1);
  sim[1].off = false;
  SIM_UNTIL(sim_count(1, 'd', "row 2") == 1, 60000);
  CHECK_NUMBER(sim_count(1, 'd', "row 1"), 0);
  CHECK_NUMBER(sim_count(0, 'r', NULL), 0);
}

/** A message that was sent is cancelled before it is acknowledged; the next ones follow. */
static void cancel_sent(void) {
  static stranger s;
  stranger_begin(&s, 8);
  CHECK_RESULT(send_row(s.id, 1, false, false, 0), "ok");
  sim_run(10);
  CHECK_RESULT(earshot_cancel(&sim[0].board, earshot_last_id(&sim[0].board)), "ok");
  CHECK_RESULT(send_row(s.id, 2, false, false, 0), "ok");
  sim_run(10);
  stranger_check_message(&s, 1, "1");
  stranger_ack(&s, 1);
  stranger_check_message(&s, 2, "2");
  stranger_ack(&s, 2);
  CHECK_NUMBER(sim_count(0, 's', NULL), 1);
  CHECK_NUMBER(waiting(), 0);
  stranger_end(&s);
}

/** A body that can never be sent; the next one can. */
static void never(void) {
  static char json[EARSHOT_OUTBOX_BYTES + 2];
  memset(json, ' ', sizeof json - 1);
  json[0] = '1';
  sim_pair(9);
  CHECK_RESULT(sim_send_json(0, "b", NULL, json), "too-long");
  CHECK_RESULT(earshot_ask(&sim[0].board, "b", json, 0), "too-long");
  CHECK_RESULT(earshot_say(&sim[0].board, "b", json), "too-long");
  /* What fits an empty outbox waits for room: not now. */
  json[EARSHOT_OUTBOX_BYTES - 200] = '\0';
  CHECK_RESULT(sim_send_json(0, "b", NULL, json), "ok");
  CHECK_RESULT(sim_send_json(0, "b", NULL, json), "full");
  SIM_UNTIL(sim_count(1, 'd', NULL) == 1, 5000);
  CHECK_RESULT(sim_send_json(0, "b", NULL, json), "ok");
}

/** An answer that can never be sent: the asker is told at once. */
static void answer_never(void) {
  static char json[EARSHOT_OUTBOX_BYTES + 2];
  memset(json, ' ', sizeof json - 1);
  json[0] = '1';
  sim_pair(10);
  sim[1].thinks = true;
  sim_ask(0, "b", "1");
  SIM_UNTIL(sim_count(1, 'q', NULL) == 1, 5000);
  CHECK_RESULT(earshot_answer(&sim[1].board, sim[1].ticket, EARSHOT_OK, json), "too-long");
  SIM_UNTIL(sim_count(0, 'a', "failed \"the answer is too long\"") == 1, 5000);
  CHECK_RESULT(earshot_answer(&sim[1].board, sim[1].ticket, EARSHOT_OK, "1"), "absent");
}

/** Storage of the simulated world has no room for all of them. */
static earshot_result remove_it(void *context, const earshot_received *document) {
  return earshot_remove(context, document->file);
}

/** The loop that earshot.h shows: sends until the outbox is full, polls, waits unless earshot_poll says 0. */
static void as_fast_as_taken(void) {
  const unsigned rows = 2000;
  unsigned row = 0, waits = 0;
  sim_pair(11);
  earshot_on_document(&sim[1].board, remove_it, &sim[1].board);
  sim_run(1000);
  while (waits < 10000 && (row < rows || waiting() > 0)) {
    while (row < rows && send_row("b", row, true, false, 0) == EARSHOT_OK) row++;
    uint32_t before = waiting();
    uint32_t wait = earshot_poll(&sim[0].board);
    /* What became free in the poll is told, or the loop would wait with room in the outbox. */
    if (waiting() < before) CHECK_NUMBER(wait, 0);
    sim[0].stands = true;
    sim_run(wait == 0 ? 0 : 1);
    sim[0].stands = false;
    waits += wait > 0;
  }
  CHECK_NUMBER(sim[0].board.numbers.delivered, rows);
  CHECK(waits < rows);
}

static uint32_t handler_ms;

/** A handler that takes long: meanwhile the other boards go on. */
static void take_long(void *context, const earshot_chat *chat) {
  (void)context, (void)chat;
  sim[0].stands = true;
  sim_run(handler_ms);
  sim[0].stands = false;
}

/** Three boards, of which one is in a handler for so long; they chat with it, and one looks for it. */
static void block(unsigned seed, uint32_t ms) {
  sim_begin(seed);
  for (unsigned node = 0; node < 3; node++) sim_start(node, (const char[]){(char)('a' + node), 0});
  sim_run(500);
  handler_ms = ms;
  earshot_on_chat(&sim[0].board, take_long, NULL);
  sim_say(1, "a", "work");
  sim_say(1, "a", "once more");
  sim_say(2, "a", "and here");
  sim_run(100);
  earshot_on_chat(&sim[0].board, NULL, NULL);
  sim_run(20000);
  CHECK_NUMBER(sim_count(1, 's', NULL), 2);
  CHECK_NUMBER(sim_count(2, 's', NULL), 1);
  CHECK_NUMBER(sim[0].board.numbers.chats_received, 3);
  CHECK(earshot_is_up(&sim[1].board, "a") && earshot_is_up(&sim[2].board, "a"));
}

static void blocks_shortly(void) {
  for (unsigned seed = 12; seed < 16; seed++) {
    block(seed, 2000);
    CHECK_NUMBER(sim_count(1, '-', "a") + sim_count(2, '-', "a"), 0);
  }
}

static void blocks_long(void) {
  for (unsigned seed = 16; seed < 20; seed++) block(seed, seed < 18 ? 10000 : 35000);
}

void sim_waiting_tests(void) {
  check_run("a passing document writes nothing to storage, and a restart loses it", passing);
  check_run("a document expires when its time is over, after a restart too", time_to_live);
  check_run("of readings that are too many the newest arrive", newest);
  check_run("readings on their way make room as well, and the window holds", newest_on_the_way);
  check_run("an application that sends again what was dropped does not drop for ever", newest_again);
  check_run("a cancelled message is gone, from storage too", cancel);
  check_run("a message that is cancelled on its way holds up nothing", cancel_sent);
  check_run("what never fits is told at once, and is not confused with what does not fit now", never);
  check_run("an answer that never fits is told to the asker", answer_never);
  check_run("a loop that sends until the outbox is full goes on as soon as it has room", as_fast_as_taken);
  check_run("a handler that takes two seconds is not noticed", blocks_shortly);
  check_run(
      "a handler that takes ten seconds, or longer than a session lasts, loses nothing, and the board is "
      "found again",
      blocks_long);
  sim_end();
}
