/** Storage that was copied and restored, or given to another board: every message reported as delivered has arrived. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "tests.h"

/** Boards: two that talk, a second one with the key of the first, and a place for copies. */
enum { A = 0, B = 1, CLONE = 2, COPY = 20 };

static char large[30000];

static unsigned waiting(unsigned node) {
  earshot_numbers numbers;
  earshot_stats(&sim[node].board, &numbers);
  return numbers.waiting;
}

static void begin(unsigned seed) {
  sim_pair(seed);
  memset(large, ' ', sizeof large);
  large[0] = '1';
  sim_put_file(A, "out.json", large, sizeof large);
}

/** Restores the storage of a board from its copy. */
static void restore(unsigned node) {
  sim_kill(node);
  sim_copy_storage(COPY, node);
  sim_run(50);
  sim_start(node, node == B ? "b" : "a");
  sim_run(300);
}

/** A chat, a document, one of a stream and one in parts, all of them with this number. */
static void send_all(unsigned from, unsigned to, unsigned number) {
  char text[32];
  const char *id = sim[to].board.self.id;
  snprintf(text, sizeof text, "chat %u", number);
  CHECK_RESULT(earshot_say(&sim[from].board, id, text), "ok");
  snprintf(text, sizeof text, "%u", number);
  CHECK_RESULT(sim_send_json(from, id, "row", text), "ok");
  earshot_document document = {.name = text, .body = text, .length = strlen(text)};
  CHECK_RESULT(earshot_send(&sim[from].board, id, &document), "ok");
  if (from == B) return;
  snprintf(text, sizeof text, "large %u", number);
  document = (earshot_document){.name = text, .file = "out.json"};
  CHECK_RESULT(earshot_send(&sim[from].board, id, &document), "ok");
}

/** Number of times that the messages of send_all have come: 1 if each has once, 0 if one is missing. */
static unsigned arrived(unsigned from, unsigned at, unsigned number) {
  char text[4][32];
  unsigned kinds = from == B ? 3 : 4;
  unsigned most = 0, least = 100;
  snprintf(text[0], sizeof text[0], "chat %u", number);
  snprintf(text[1], sizeof text[1], "row %u", number);
  snprintf(text[2], sizeof text[2], "%u", number);
  snprintf(text[3], sizeof text[3], "large %u", number);
  for (unsigned i = 0; i < kinds; i++) {
    unsigned count = sim_count(at, i == 0 ? 'c' : 'd', text[i]);
    if (count > most) most = count;
    if (count < least) least = count;
  }
  return least == 0 ? 0 : most;
}

static void restored_sender(void) {
  for (unsigned between = 1; between <= 61; between += 20) {
    begin(between);
    send_all(A, B, 0);
    SIM_UNTIL(waiting(A) == 0, 20000);
    sim_copy_storage(A, COPY);
    for (unsigned i = 0; i < between; i++) {
      CHECK_RESULT(earshot_say(&sim[A].board, "b", "between"), "ok");
      CHECK_RESULT(sim_send_json(A, "b", NULL, "2"), "ok");
      SIM_UNTIL(waiting(A) == 0, 2000);
    }
    restore(A);
    for (unsigned i = 1; i <= 20; i++) {
      send_all(A, B, i);
      SIM_UNTIL(waiting(A) == 0, 20000);
      CHECK_NUMBER(arrived(A, B, i), 1);
    }
    CHECK_NUMBER(arrived(A, B, 0), 1);
    CHECK_NUMBER(sim_count(B, 'c', "between"), between);
  }
}

/** Messages that waited when the copy was made are sent once more, and are deduplicated. */
static void restored_outbox(void) {
  begin(2);
  sim[B].off = true;
  CHECK_RESULT(sim_send_json(A, "b", NULL, "1"), "ok");
  CHECK_RESULT(sim_send_json(A, "b", "row", "1"), "ok");
  sim_copy_storage(A, COPY);
  sim[B].off = false;
  SIM_UNTIL(waiting(A) == 0, 120000);
  restore(A);
  send_all(A, B, 3);
  SIM_UNTIL(waiting(A) == 0, 20000);
  CHECK_NUMBER(arrived(A, B, 3), 1);
  CHECK_NUMBER(sim_count(B, 'd', "x.json"), 1);
  CHECK_NUMBER(sim_count(B, 'd', "row 1"), 1);
}

static void restored_recipient(void) {
  for (unsigned seed = 3; seed < 6; seed++) {
    begin(seed);
    send_all(A, B, 0);
    send_all(B, A, 0);
    SIM_UNTIL(waiting(A) + waiting(B) == 0, 20000);
    sim_copy_storage(B, COPY);
    for (unsigned i = 1; i <= 15; i++) {
      send_all(A, B, i);
      if (i < 15) SIM_UNTIL(waiting(A) == 0, 20000);
    }
    /* Some messages are on their way at that moment. */
    sim_run(seed * 3);
    restore(B);
    for (unsigned i = 16; i <= 30; i++) {
      send_all(B, A, i);
      SIM_UNTIL(waiting(A) + waiting(B) == 0, 30000);
      send_all(A, B, i);
      SIM_UNTIL(waiting(A) == 0, 20000);
      CHECK_NUMBER(arrived(A, B, i), 1);
      CHECK_NUMBER(arrived(B, A, i), 1);
    }
    CHECK_NUMBER(sim_count(A, 'r', NULL), 0);
  }
}

/** Two boards with one key, one at a time, each with its own storage, one of which is older. */
static void clones(void) {
  begin(7);
  send_all(A, B, 0);
  SIM_UNTIL(waiting(A) == 0, 20000);
  sim_copy_storage(A, CLONE);
  unsigned number = 1;
  unsigned running = A;
  for (unsigned turn = 0; turn < 12; turn++) {
    for (unsigned i = 0; i < 1 + turn % 3; i++, number++) {
      send_all(running, B, number);
      send_all(B, running, number);
      SIM_UNTIL(waiting(running) + waiting(B) == 0, 30000);
      CHECK_NUMBER(arrived(A, B, number), 1);
      CHECK_NUMBER(arrived(B, running, number), 1);
    }
    sim_kill(running);
    running = running == A ? CLONE : A;
    sim_run(50);
    sim_start(running, "a");
    sim_run(300);
  }
  CHECK_NUMBER(sim_count(A, 'r', NULL) + sim_count(B, 'r', NULL) + sim_count(CLONE, 'r', NULL), 0);
}

/** The copy is made amid a document in parts, and restored later. */
static void restored_amid_parts(void) {
  for (unsigned node = A; node <= B; node++) {
    begin(8 + node);
    sim_rate = 20;
    send_all(A, B, 0);
    sim_run(1000);
    CHECK_NUMBER(sim_count(A, 's', NULL), 3);
    sim_copy_storage(node, COPY);
    SIM_UNTIL(waiting(A) == 0, 20000);
    sim_rate = 0;
    restore(node);
    send_all(A, B, 1);
    SIM_UNTIL(waiting(A) == 0, 20000);
    CHECK_NUMBER(arrived(A, B, 0), 1);
    CHECK_NUMBER(arrived(A, B, 1), 1);
  }
}

void sim_copies_tests(void) {
  check_run("a sender whose storage is put back loses nothing of what it sends after that", restored_sender);
  check_run("what waited in storage that is put back comes once", restored_outbox);
  check_run("a recipient whose storage is put back takes everything after that", restored_recipient);
  check_run("two boards with one key take turns, and lose nothing", clones);
  check_run("storage that was copied amid a document in parts is put back", restored_amid_parts);
  sim_end();
}
