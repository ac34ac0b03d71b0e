/** Power that fails between any two writes, to storage or to a connection. */
#include <stdio.h>
#include <string.h>

#include "sim.h"
#include "tests.h"

#define ROWS 4
#define LARGE 9000

/** The board whose power fails after so many more writes, and the events it had by then. */
static unsigned victim;
static unsigned writes_left;
static bool dead;
static unsigned told;
static earshot_storage storage;
static earshot_port network;

/** True if a write succeeds: counts it, and cuts the power at the last. */
static bool has_power(void) {
  if (!dead && writes_left == 0) {
    dead = true;
    told = sim[victim].event_count;
  }
  if (!dead) writes_left--;
  return !dead;
}

static earshot_result put(void *context, const char *key, const uint8_t *value, size_t length) {
  return has_power() ? storage.put(context, key, value, length) : EARSHOT_IO;
}

static earshot_result file_write(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                                 size_t length) {
  return has_power() ? storage.file_write(context, name, offset, bytes, length) : EARSHOT_IO;
}

static earshot_result file_finish(void *context, const char *name, const char *final_name) {
  return has_power() ? storage.file_finish(context, name, final_name) : EARSHOT_IO;
}

static void file_remove(void *context, const char *name) {
  if (has_power()) storage.file_remove(context, name);
}

static earshot_result tcp_write(void *context, int connection, const uint8_t *bytes, size_t length,
                                size_t *written) {
  *written = 0;
  return has_power() ? network.tcp_write(context, connection, bytes, length, written) : EARSHOT_ENDED;
}

static void udp_send(void *context, const earshot_address *to, const uint8_t *data, size_t length) {
  if (!dead) network.udp_send(context, to, data, length);
}

static void begin(unsigned seed, unsigned node, unsigned writes) {
  sim_pair(seed);
  victim = node;
  writes_left = writes;
  dead = false;
  storage = sim[node].storage;
  network = sim[node].port;
  sim[node].storage.put = put;
  sim[node].storage.file_write = file_write;
  sim[node].storage.file_finish = file_finish;
  sim[node].storage.file_remove = file_remove;
  sim[node].port.tcp_write = tcp_write;
  sim[node].port.udp_send = udp_send;
}

/** Lets time pass; restarts a board without power. */
static void run(uint32_t ms) {
  sim_run(ms);
  if (!dead) return;
  sim_kill(victim);
  sim[victim].event_count = told;
  sim_run(50);
  sim_start(victim, victim == 0 ? "a" : "b");
  dead = false;
  writes_left = 1000000;
  sim_run(500);
}

/** Rows that were accepted, by bit. */
static unsigned send_rows(unsigned node) {
  unsigned taken = 0;
  for (unsigned row = 0; row < ROWS; row++) {
    char json[8];
    snprintf(json, sizeof json, "%u", row);
    if (sim_send_json(node, sim[1 - node].board.self.id, "row", json) == EARSHOT_OK) taken |= 1u << row;
    run(row == 1 ? 300 : 1);
  }
  return taken;
}

/** Checks that each accepted row was delivered, in order; a repetition only right after the row itself. */
static void check_rows(unsigned node, unsigned taken) {
  unsigned seen = 0;
  int last = -1;
  for (unsigned i = 0; i < sim[node].event_count; i++) {
    int row;
    if (sim[node].events[i].what != 'd' || sscanf(sim[node].events[i].text, "row %d", &row) != 1) continue;
    CHECK(row >= last);
    last = row;
    seen |= 1u << row;
  }
  CHECK_NUMBER(taken & ~seen, 0);
}

static unsigned files_of(unsigned node, size_t length) {
  unsigned count = 0;
  for (unsigned i = 0; i < SIM_FILES; i++) {
    const sim_file *file = &sim[node].files[i];
    bool finished = strstr(file->name, ".json") != NULL && file->name[0] != '~';
    count += finished && strcmp(file->name, "out.json") != 0 && file->length == length;
  }
  return count;
}

/** Checks that a board was told one answer to its question, if that was accepted; again only after it lost power. */
static void check_answer(unsigned node, bool asked) {
  const sim_event *first = sim_told(node, 'a', 0);
  unsigned count = sim_count(node, 'a', NULL);
  CHECK(first != NULL || !asked);
  CHECK(count <= (node == victim ? 2 : 1));
  if (first != NULL) CHECK(strncmp(first->text, "ok ", 3) == 0 && sim_count(node, 'a', first->text) == count);
  if (node == victim) CHECK(sim_count(1 - node, 'q', NULL) <= 1);
}

static bool ask(unsigned node) {
  bool asked = earshot_ask(&sim[node].board, sim[1 - node].board.self.id, "1", 0) == EARSHOT_OK;
  run(1);
  return asked;
}

static bool is_empty(unsigned node) {
  earshot_numbers numbers;
  earshot_stats(&sim[node].board, &numbers);
  return numbers.waiting == 0;
}

/** Sends rows and a question both ways, and a document in parts; false once there were fewer writes than that. */
static bool scenario(unsigned seed, unsigned node, unsigned writes) {
  static char large[LARGE];
  memset(large, ' ', sizeof large);
  large[0] = '1';
  begin(seed, node, writes);
  check_about("seed %u, board %u without power behind %u writes", seed, node, writes);
  sim_put_file(0, "out.json", large, sizeof large);
  earshot_document document = {.name = "large.json", .file = "out.json"};
  bool sent = earshot_send(&sim[0].board, sim[1].board.self.id, &document) == EARSHOT_OK;
  run(1);
  unsigned down = send_rows(0);
  unsigned up = send_rows(1);
  bool asked[] = {ask(0), ask(1)};
  for (unsigned i = 0; i < 400 && !(is_empty(0) && is_empty(1)); i++) run(100);
  run(100);
  CHECK(is_empty(0) && is_empty(1));
  check_rows(1, down);
  check_rows(0, up);
  check_answer(0, asked[0]);
  check_answer(1, asked[1]);
  CHECK(files_of(1, LARGE) == 1 || (!sent && files_of(1, LARGE) == 0));
  CHECK(files_of(1, 1) <= ROWS && files_of(0, 1) <= ROWS);
  return writes_left >= 500000;
}

static void anywhere(void) {
  const unsigned step = 3 / SIM_SHARE(3);
  for (unsigned node = 0; node < 2; node++) {
    unsigned writes = 0;
    while (writes < 1000 && scenario(1 + writes % 3, node, writes)) writes += step;
    CHECK(writes > 30 && writes < 1000);
  }
}

void sim_power_tests(void) {
  check_run(
      "power that fails behind any write loses no document or answer, doubles none, and keeps the order",
      anywhere);
  sim_end();
}
