/** Many messages each way over storage that fails, fills up and is slow, and links that break: none is lost, and none doubled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "tests.h"

#define MOST 10000u
#define USUAL 300u

/** Arrivals of a board's application. */
typedef struct got {
  unsigned node;
  uint8_t chats[MOST];
  uint8_t documents[MOST];
  unsigned again; /**< times that it got one again */
} got;

static got of[2];
static unsigned failures;

static void count(got *all, uint8_t *times, unsigned number) {
  REQUIRE(number < MOST);
  all->again += times[number] > 0;
  times[number]++;
}

static void hear(void *context, const earshot_chat *chat) {
  got *all = context;
  count(all, all->chats, (unsigned)strtoul(chat->text, NULL, 10));
}

static earshot_result take(void *context, const earshot_received *document) {
  got *all = context;
  count(all, all->documents, (unsigned)strtoul((const char *)document->body, NULL, 10));
  CHECK_RESULT(earshot_remove(&sim[all->node].board, document->file), "ok");
  return EARSHOT_OK;
}

static void listen(unsigned node) {
  of[node].node = node;
  earshot_on_chat(&sim[node].board, hear, &of[node]);
  earshot_on_document(&sim[node].board, take, &of[node]);
}

/** Sometimes storage fails for some writes, has no room for documents or is slow for a while, or the link breaks. */
static void disturb(void) {
  unsigned node = sim_random(2);
  switch (sim_random(2000)) {
    case 0:
      if (sim[node].fails > 0) break;
      sim[node].fails = 1 + sim_random(3);
      failures += sim[node].fails;
      break;
    case 1: sim[node].quota = sim[node].quota == 0 ? 1 : 0; break;
    case 2: sim_cut(node); break;
    case 3: sim[node].slow = sim[node].slow == 0 ? 20 + sim_random(200) : 0; break;
    default: break;
  }
}

static bool send(unsigned node, unsigned number, bool document) {
  char text[16];
  snprintf(text, sizeof text, "%u", number);
  const char *to = sim[1 - node].board.self.id;
  earshot_document what = {
      .name = "x.json", .stream = number % 2 ? "s" : NULL, .body = text, .length = strlen(text)};
  earshot_result result =
      document ? earshot_send(&sim[node].board, to, &what) : earshot_say(&sim[node].board, to, text);
  CHECK(result == EARSHOT_OK || result == EARSHOT_FULL || result == EARSHOT_IO);
  return result == EARSHOT_OK;
}

static unsigned waiting_of(unsigned node) {
  earshot_numbers numbers;
  earshot_stats(&sim[node].board, &numbers);
  return numbers.waiting;
}

static bool have_all(unsigned count) {
  for (unsigned node = 0; node < 2; node++) {
    for (unsigned i = 0; i < count; i++) {
      if (of[node].chats[i] == 0 || of[node].documents[i] == 0) return false;
    }
  }
  return true;
}

static void soak(void) {
  const char *wanted = getenv("EARSHOT_SOAK");
  unsigned count = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : USUAL;
  unsigned next[2][2] = {{0}};
  if (count > MOST) count = MOST;
  count = SIM_SHARE(count);
  memset(of, 0, sizeof of);
  failures = 0;
  sim_pair(1);
  listen(0);
  listen(1);
  earshot_ms end = sim_now + 10000ull * count + 600000;
  bool sent = false;
  while (!sent && sim_now < end) {
    sent = true;
    for (unsigned node = 0; node < 2; node++) {
      for (unsigned document = 0; document < 2; document++) {
        unsigned *number = &next[node][document];
        if (*number < count && send(node, *number, document)) ++*number;
        sent &= *number == count;
      }
    }
    disturb();
    sim_run(5);
  }
  CHECK(sent);
  for (unsigned node = 0; node < 2; node++) sim[node].fails = 0, sim[node].quota = 0, sim[node].slow = 0;
  SIM_UNTIL(have_all(count), 200000);
  /* What was seen, but refused because its id could not be stored, comes again within a minute. */
  SIM_UNTIL(waiting_of(0) + waiting_of(1) == 0, 200000);
  /* The application sees those of a record again whose ids could not be stored. */
  CHECK(of[0].again + of[1].again <= failures * ES_WINDOW);
  for (unsigned node = 0; node < 2; node++) {
    earshot_numbers numbers;
    earshot_stats(&sim[node].board, &numbers);
    CHECK_NUMBER(numbers.delivered, 2 * count);
  }
}

/** The same with storage that is in order: not one is seen again. */
static void soak_in_order(void) {
  memset(of, 0, sizeof of);
  sim_pair(2);
  listen(0);
  listen(1);
  for (unsigned number = 0; number < USUAL;) {
    if (send(0, number, number % 2)) number++;
    if (sim_random(40) == 0) sim_cut(sim_random(2));
    sim_run(5);
  }
  sim_run(200000);
  for (unsigned i = 0; i < USUAL; i++) CHECK_NUMBER(of[1].chats[i] + of[1].documents[i], 1);
}

/**
 * Storage that takes longer than a chat to everybody is kept: its sender is told that it has expired, though it may have
 * been seen. One to the board alone waits.
 */
static void too_slow(void) {
  memset(of, 0, sizeof of);
  sim_pair(3);
  listen(1);
  sim[1].slow = 31000;
  sim_say(0, "b", "0");
  sim_run(1);
  sim_say(0, NULL, "1");
  SIM_UNTIL(sim_count(0, 'r', "expired") == 1, 40000);
  sim[1].slow = 0;
  SIM_UNTIL(sim_count(0, 's', NULL) == 1 && of[1].chats[0] > 0, 120000);
  CHECK_NUMBER(waiting_of(0), 0);
  CHECK(of[1].chats[1] <= 1);
}

void sim_soak_tests(void) {
  check_run(
      "of many messages over storage that fails, fills up and is slow none is lost or seen again without "
      "need",
      soak);
  check_run("a chat to everybody that storage holds up for half a minute is told as expired, and no other",
            too_slow);
  check_run("of many messages over links that break each is seen once", soak_in_order);
  sim_end();
}
