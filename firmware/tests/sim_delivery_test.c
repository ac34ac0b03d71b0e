/** Sessions between boards, and messages through them. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "tests.h"

static unsigned waiting(unsigned node) {
  earshot_numbers numbers;
  earshot_stats(&sim[node].board, &numbers);
  return numbers.waiting;
}

static void chats(void) {
  sim_pair(1);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "to b"), "ok");
  CHECK_RESULT(earshot_say(&sim[1].board, NULL, "to all"), "ok");
  sim_run(300);
  CHECK_NUMBER(sim_count(1, 'c', "to b"), 1);
  CHECK_NUMBER(sim_count(0, 'c', "to all"), 1);
  CHECK_NUMBER(sim_count(0, 's', NULL), 1);
  CHECK_NUMBER(waiting(0) + waiting(1), 0);
}

static void idle(void) {
  sim_pair(2);
  earshot_say(&sim[0].board, "b", "hello");
  sim_run(9000);
  CHECK_NUMBER(sim_sessions(0), 1);
  sim_run(2000);
  CHECK_NUMBER(sim_sessions(0), 0);
  CHECK_NUMBER(sim_sessions(1), 0);
  earshot_say(&sim[1].board, "a", "again");
  sim_run(500);
  CHECK_NUMBER(sim_count(0, 'c', "again"), 1);
}

static void both_dial(void) {
  for (unsigned seed = 1; seed <= 20; seed++) {
    sim_pair(seed);
    for (unsigned i = 0; i < 3; i++) {
      CHECK_RESULT(earshot_say(&sim[0].board, "b", "from a"), "ok");
      CHECK_RESULT(earshot_say(&sim[1].board, "a", "from b"), "ok");
    }
    sim_run(4000);
    CHECK_NUMBER(sim_count(1, 'c', "from a"), 3);
    CHECK_NUMBER(sim_count(0, 'c', "from b"), 3);
    CHECK_NUMBER(sim_sessions(0), 1);
    CHECK_NUMBER(sim_sessions(1), 1);
  }
}

/** Checks that the texts with this beginning were delivered in order, each once, numbered 0 to `count` - 1. */
static void check_row(unsigned node, char what, const char *beginning, unsigned count) {
  unsigned next = 0;
  for (unsigned i = 0; i < sim[node].event_count; i++) {
    const sim_event *event = &sim[node].events[i];
    unsigned number;
    if (event->what != what || strncmp(event->text, beginning, strlen(beginning)) != 0) continue;
    CHECK(sscanf(event->text + strlen(beginning), "%u", &number) == 1);
    CHECK_NUMBER(number, next);
    next = number + 1;
  }
  CHECK_NUMBER(next, count);
}

static void links_break(void) {
  for (unsigned seed = 1; seed <= 4; seed++) {
    sim_pair(seed);
    unsigned said = 0;
    unsigned sent = 0;
    for (unsigned cut = 0; cut < 200; cut++) {
      char text[32];
      snprintf(text, sizeof text, "chat %u", said);
      if (waiting(0) < 8 && earshot_say(&sim[0].board, "b", text) == EARSHOT_OK) said++;
      snprintf(text, sizeof text, "%u", sent);
      if (waiting(1) < 8 && sim_send_json(1, "a", "row", text) == EARSHOT_OK) sent++;
      sim_run(sim_random(60));
      sim_cut(sim_random(2));
      sim_run(sim_random(40));
    }
    SIM_UNTIL(waiting(0) + waiting(1) == 0, 120000);
    check_row(1, 'c', "chat ", said);
    check_row(0, 'd', "row ", sent);
    CHECK(said > 20 && sent > 20);
  }
}

static void power_fails(void) {
  for (unsigned seed = 1; seed <= SIM_SHARE(2); seed++) {
    sim_pair(seed);
    unsigned sent = 0;
    for (unsigned kill = 0; kill < 60; kill++) {
      char text[32];
      snprintf(text, sizeof text, "%u", sent);
      if (waiting(0) < 10 && sim_send_json(0, "b", "row", text) == EARSHOT_OK) sent++;
      sim_run(sim_random(400));
      unsigned victim = sim_random(2);
      sim_kill(victim);
      sim_run(sim_random(100));
      sim_start(victim, victim == 0 ? "a" : "b");
      sim_run(sim_random(1500));
    }
    SIM_UNTIL(waiting(0) == 0, 120000);
    check_row(1, 'd', "row ", sent);
    CHECK(sent > 10);
  }
}

static void without_storage(void) {
  sim_begin(5);
  sim[0].forgets = true;
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
  for (unsigned start = 0; start < 5; start++) {
    char text[16];
    snprintf(text, sizeof text, "start %u", start);
    CHECK_RESULT(earshot_say(&sim[0].board, "b", text), "ok");
    sim_run(1500);
    CHECK_NUMBER(sim_count(1, 'c', text), 1);
    sim_kill(0);
    sim_start(0, "a");
    sim_run(300);
  }
  CHECK_RESULT(sim_send_json(1, sim[0].board.self.id, NULL, "[]"), "ok");
  sim_run(2000);
  CHECK_NUMBER(sim_count(0, 'd', NULL), 1);
}

static void refused_for_now(void) {
  sim_pair(6);
  sim[1].answer = EARSHOT_BUSY;
  sim[1].answers = 5;
  for (unsigned i = 0; i < 8; i++) {
    char text[8];
    snprintf(text, sizeof text, "%u", i);
    CHECK_RESULT(sim_send_json(0, "b", i % 2 == 0 ? "even" : "odd", text), "ok");
    sim_run(20);
  }
  SIM_UNTIL(waiting(0) == 0, 120000);
  unsigned even = 0, odd = 1;
  for (unsigned i = 0; i < 8; i++) {
    const sim_event *event = sim_told(1, 'd', i);
    REQUIRE(event != NULL);
    unsigned number;
    bool is_even = sscanf(event->text, "even %u", &number) == 1;
    CHECK(is_even || sscanf(event->text, "odd %u", &number) == 1);
    unsigned *next = is_even ? &even : &odd;
    CHECK_NUMBER(number, *next);
    *next += 2;
  }
}

static void refused_for_good(void) {
  sim_pair(7);
  sim[1].answer = EARSHOT_REFUSED;
  sim[1].answers = 1;
  CHECK_RESULT(sim_send_json(0, "b", NULL, "1"), "ok");
  CHECK_RESULT(sim_send_json(0, "b", NULL, "2"), "ok");
  sim_run(1000);
  CHECK_NUMBER(sim_count(0, 'r', "refused"), 1);
  CHECK_NUMBER(sim_count(0, 's', NULL), 1);
  CHECK_NUMBER(waiting(0), 0);
  /* A refused message does not block later ones. */
  for (unsigned i = 0; i < 40; i++) {
    CHECK_RESULT(earshot_say(&sim[0].board, "b", "more"), "ok");
    sim_run(50);
  }
  CHECK_NUMBER(sim_count(1, 'c', "more"), 40);
}

static void no_room(void) {
  sim_pair(8);
  sim[1].quota = 20;
  CHECK_RESULT(sim_send_json(0, "b", NULL, "\"0123456789\""), "ok");
  sim_run(500);
  CHECK_RESULT(sim_send_json(0, "b", NULL, "\"abcdefghij\""), "ok");
  sim_run(5000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), 1);
  CHECK_NUMBER(waiting(0), 1);
  sim[1].quota = 100;
  SIM_UNTIL(waiting(0) == 0, 60000);
  CHECK_NUMBER(sim_count(1, 'd', NULL), 2);
}

static void storage_fails(void) {
  sim_pair(9);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "first"), "ok");
  sim_run(500);
  sim[1].fails = 3;
  CHECK_RESULT(sim_send_json(0, "b", NULL, "[1]"), "ok");
  SIM_UNTIL(waiting(0) == 0, 60000);
  CHECK_NUMBER(sim[1].fails, 0);
  const sim_event *last = sim_told(1, 'd', sim_count(1, 'd', NULL) - 1);
  CHECK(last != NULL && sim_file_of(1, last->file) != NULL);
  unsigned documents = 0;
  for (unsigned i = 0; i < SIM_FILES; i++) documents += strstr(sim[1].files[i].name, ".json") != NULL;
  CHECK_NUMBER(documents, 1);
  sim[0].fails = 1;
  CHECK_RESULT(sim_send_json(0, "b", NULL, "[2]"), "io");
  CHECK_RESULT(sim_send_json(0, "b", NULL, "[3]"), "ok");
  SIM_UNTIL(waiting(0) == 0, 60000);
}

static void no_room_for_ids(void) {
  sim_pair(21);
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "first"), "ok");
  SIM_UNTIL(waiting(0) == 0, 5000);
  sim[1].fails = 1000000;
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "led on"), "ok");
  sim_run(60000);
  CHECK_NUMBER(sim_count(1, 'c', "led on"), 1);
  CHECK_NUMBER(waiting(0), 1);
  /* It was shown, but not acknowledged: so it comes once more, and only once. */
  sim[1].fails = 0;
  SIM_UNTIL(waiting(0) == 0, 70000);
  CHECK_NUMBER(sim_count(1, 'c', "led on"), 2);
}

static void order_without_storage(void) {
  sim_pair(17);
  CHECK_RESULT(sim_send_json(0, "b", "row", "0"), "ok");
  SIM_UNTIL(waiting(0) == 0, 5000);
  /* A document that cannot be stored is not accepted; later ones are sent. */
  sim[0].fails = 1;
  CHECK_RESULT(sim_send_json(0, "b", "row", "1"), "io");
  CHECK_RESULT(sim_send_json(0, "b", "row", "1"), "ok");
  CHECK_RESULT(sim_send_json(0, "b", "row", "2"), "ok");
  SIM_UNTIL(waiting(0) == 0, 5000);
  check_row(1, 'd', "row ", 3);
}

static void expires(void) {
  sim_pair(10);
  sim[1].off = true;
  sim_cut(1);
  CHECK_RESULT(earshot_say(&sim[0].board, NULL, "now or never"), "ok");
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "whenever"), "ok");
  sim_run(31000);
  CHECK_NUMBER(sim_count(0, 'r', "expired"), 1);
  sim[1].off = false;
  SIM_UNTIL(sim_count(1, 'c', "whenever") == 1, 60000);
  CHECK_NUMBER(sim_count(1, 'c', "now or never"), 0);
}

static void full(void) {
  sim_pair(11);
  sim[1].off = true;
  unsigned taken = 0;
  while (taken < 100 && sim_send_json(0, "b", "row", "1") == EARSHOT_OK) taken++;
  CHECK_NUMBER(taken, EARSHOT_OUTBOX_MESSAGES);
  CHECK_RESULT(sim_send_json(0, "b", "row", "1"), "full");
  CHECK_RESULT(sim_send_json(0, "b", NULL, "no json"), "not-json");
  CHECK_RESULT(earshot_say(&sim[0].board, "b", "\xff"), "argument");
}

/** Seven boards and one that has four sessions, over a network of so many bytes a millisecond. */
static void take_turns(unsigned seed, size_t rate) {
  sim_begin(seed);
  sim_start(0, "hub");
  for (unsigned node = 1; node <= 7; node++) {
    char name[8];
    snprintf(name, sizeof name, "n%u", node);
    sim_start(node, name);
  }
  sim_run(500);
  for (unsigned node = 1; node <= 7; node++) {
    for (unsigned line = 0; line < 10; line++) {
      char text[32];
      snprintf(text, sizeof text, "%u says %u", node, line);
      CHECK_RESULT(earshot_say(&sim[node].board, "hub", text), "ok");
    }
  }
  sim_rate = rate;
  SIM_UNTIL(sim_count(0, 'c', NULL) >= 70, 30000);
  for (unsigned node = 1; node <= 7; node++) {
    char text[16];
    snprintf(text, sizeof text, "%u says ", node);
    check_row(0, 'c', text, 10);
    SIM_UNTIL(sim_count(node, 's', NULL) == 10, 5000);
  }
}

static void turns_are_taken(void) {
  take_turns(12, 0);
  /* So slow that handshakes overlap: none may evict another one before that has had its time. */
  take_turns(13, 3);
}

static void lost_memory(void) {
  for (unsigned seed = 13; seed < 16; seed++) {
    sim_pair(seed);
    for (unsigned i = 0; i < 5; i++) CHECK_RESULT(earshot_say(&sim[0].board, "b", "before"), "ok");
    sim_run(1000);
    /* The recipient loses its disk. */
    sim_kill(1);
    for (unsigned i = 0; i < SIM_FILES; i++) {
      if (strcmp(sim[1].files[i].name, "=identity") != 0) sim[1].files[i].name[0] = '\0';
    }
    sim_start(1, "b");
    sim_run(500);
    for (unsigned i = 0; i < 5; i++) CHECK_RESULT(earshot_say(&sim[0].board, "b", "after"), "ok");
    SIM_UNTIL(waiting(0) == 0, 30000);
    CHECK_NUMBER(sim_count(1, 'c', "after"), 5);
    CHECK_NUMBER(sim_count(1, 'c', "before"), 5);
  }
}

static void few_writes(void) {
  sim_pair(16);
  unsigned before = sim[0].puts + sim[1].puts;
  for (unsigned i = 0; i < 32; i++) {
    CHECK_RESULT(earshot_say(&sim[0].board, "b", "x"), "ok");
    sim_run(100);
  }
  /* One write for each chat at the recipient, and one at the sender for the contact. */
  CHECK_NUMBER(sim[0].puts + sim[1].puts - before, 32 + 1);
}

void sim_delivery_tests(void) {
  check_run("chats go both ways, to one and to all, and are acknowledged", chats);
  check_run("a session that nobody needs ends after 10 s, and the next chat makes a new one", idle);
  check_run("where both dial at once one session stays, and nothing is lost or doubled", both_dial);
  check_run("200 broken links lose and double nothing, and keep the order", links_break);
  check_run("60 power failures lose and double no document, and keep the order", power_fails);
  check_run("a board without storage sends and takes all the same", without_storage);
  check_run("what is refused for now comes later, in the order of its stream", refused_for_now);
  check_run("what is refused for good is told, and holds back nothing", refused_for_good);
  check_run("a document for which there is no room comes once there is", no_room);
  check_run("storage that fails costs time, and no document", storage_fails);
  check_run("a board that cannot keep what is done obeys nobody again and again", no_room_for_ids);
  check_run("a document that storage does not take is refused, and leaves no gap in its stream",
            order_without_storage);
  check_run("what was said to all expires after 30 s, what was said to one does not", expires);
  check_run("an outbox that is full says so, and so does what cannot be sent", full);
  check_run("seven boards take turns with one of four sessions", turns_are_taken);
  check_run("a recipient that lost its disk gets what is new, and nothing twice", lost_memory);
  check_run("a chat costs its recipient one write to storage, and its sender none but the first", few_writes);
  sim_end();
}
