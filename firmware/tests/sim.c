/** The simulated world: its clock, its boards, and the events of their applications. */
#include "sim_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sim_node *sim;
earshot_ms sim_now;
const char *sim_join_code;
uint64_t sim_wall;
static uint64_t random_state;
static earshot_ms wake[SIM_NODES];

uint32_t sim_random(uint32_t below) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  uint32_t number = (uint32_t)(random_state >> 33);
  return below == 0 ? number : number % below;
}

static sim_node *node_of(void *context) {
  return context;
}

static earshot_ms now(void *context) {
  (void)context;
  return sim_now;
}

static uint64_t wall(void *context) {
  (void)context;
  return sim_wall == 0 ? 0 : sim_wall + sim_now;
}

static earshot_result fill_random(void *context, uint8_t *bytes, size_t length) {
  (void)context;
  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)sim_random(256);
  return EARSHOT_OK;
}

/* Events of applications. */

static sim_event *note(void *context, char what, earshot_peer peer, const char *text) {
  sim_node *node = node_of(context);
  static sim_event spare;
  sim_event *event = node->event_count < SIM_EVENTS ? &node->events[node->event_count++] : &spare;
  memset(event, 0, sizeof *event);
  event->what = what;
  snprintf(event->from, sizeof event->from, "%s", peer.id);
  snprintf(event->text, sizeof event->text, "%s", text);
  return event;
}

static void on_chat(void *context, const earshot_chat *chat) {
  CHECK_NUMBER(chat->text[chat->length], 0);
  note(context, 'c', chat->from, chat->text);
}

static earshot_result on_document(void *context, const earshot_received *document) {
  sim_node *node = node_of(context);
  if (node->answers > 0) {
    node->answers--;
    return node->answer;
  }
  sim_event *event = note(context, 'd', document->from, document->name);
  event->size = document->size;
  if (document->file != NULL) snprintf(event->file, sizeof event->file, "%s", document->file);
  if (document->body != NULL) CHECK_NUMBER(document->body[document->size], 0);
  if (document->body != NULL && document->stream != NULL) {
    snprintf(event->text, sizeof event->text, "%s %.80s", document->stream, (const char *)document->body);
  }
  return EARSHOT_OK;
}

static void on_sent(void *context, const char *id, earshot_peer to, earshot_result result, const char *why) {
  CHECK_NUMBER(strlen(id), EARSHOT_MESSAGE_ID);
  note(context, result == EARSHOT_OK ? 's' : 'r', to,
       result == EARSHOT_OK ? why : earshot_result_name(result));
}

static void on_peer(void *context, earshot_peer peer, bool up) {
  note(context, up ? '+' : '-', peer, peer.name);
}

#if EARSHOT_ASK
/** Answers with the number of questions so far, or refuses the question `0`. */
static void on_ask(void *context, const earshot_question *question) {
  sim_node *node = node_of(context);
  char answer[32];
  CHECK_NUMBER(question->json[question->length], 0);
  CHECK_TEXT(question->name, "ask.json");
  note(context, 'q', question->from, question->json);
  node->ticket = question->ticket;
  snprintf(answer, sizeof answer, "[%u]", sim_count((unsigned)(node - sim), 'q', NULL));
  if (node->thinks) return;
  if (strcmp(question->json, "0") == 0)
    (void)earshot_answer(&node->board, question->ticket, EARSHOT_FAILED, "not \"0\"");
  else (void)earshot_answer(&node->board, question->ticket, EARSHOT_OK, answer);
}

static void on_answer(void *context, const earshot_reply *reply) {
  char text[120];
  CHECK_NUMBER(strlen(reply->question), EARSHOT_MESSAGE_ID);
  CHECK_NUMBER(reply->json[reply->length], 0);
  snprintf(text, sizeof text, "%s %s%s", earshot_result_name(reply->result), reply->json, reply->why);
  note(context, 'a', reply->from, text);
}
#endif

unsigned sim_count(unsigned node, char what, const char *text) {
  unsigned count = 0;
  for (unsigned i = 0; i < sim[node].event_count; i++) {
    const sim_event *event = &sim[node].events[i];
    count += event->what == what && (text == NULL || strcmp(event->text, text) == 0);
  }
  return count;
}

const sim_event *sim_told(unsigned node, char what, unsigned index) {
  for (unsigned i = 0; i < sim[node].event_count; i++) {
    if (sim[node].events[i].what == what && index-- == 0) return &sim[node].events[i];
  }
  return NULL;
}

unsigned sim_sessions(unsigned node) {
  earshot_numbers numbers;
  earshot_stats(&sim[node].board, &numbers);
  return numbers.sessions;
}

/* The world. */

void sim_begin(unsigned seed) {
  /* Allocated once: clearing it for each of thousands of worlds would take most of the time. */
  if (sim == NULL) sim = calloc(SIM_NODES, sizeof *sim);
  sim_end();
  sim_network_begin();
  random_state = seed;
  /* In most worlds, the clock of a board has to begin anew: see core/times.h. */
  sim_now = (1ull << 31) - 1000 * (1 + seed % 60);
  sim_wall = 1700000000000u;
  sim_join_code = NULL;
  check_about("seed %u", seed);
}

void sim_end(void) {
  for (unsigned node = 0; sim != NULL && node < SIM_NODES; node++) {
    sim_node *n = &sim[node];
    if (n->running) sim_kill(node);
    sim_storage_clear(n, true);
    n->name[0] = '\0';
    n->off = n->stands = n->forgets = n->thinks = false;
    n->quota = 0;
    n->entries = n->fails = n->puts = n->dials = n->answers = n->event_count = 0;
  }
}

void sim_start(unsigned node, const char *name) {
  sim_node *n = &sim[node];
  snprintf(n->name, sizeof n->name, "%s", name);
  n->port = (earshot_port){.context = n, .now = now, .wall = wall, .random = fill_random};
  sim_network_of(&n->port);
  sim_storage_of(n);
  earshot_settings settings = {.name = name, .kind = "sim", .app = "sim/1", .join_code = sim_join_code};
  CHECK_RESULT(earshot_init(&n->board, sizeof n->board, &n->port, &settings), "ok");
  earshot_on_chat(&n->board, on_chat, n);
  earshot_on_document(&n->board, on_document, n);
  earshot_on_sent(&n->board, on_sent, n);
  earshot_on_peer(&n->board, on_peer, n);
#if EARSHOT_ASK
  earshot_on_ask(&n->board, on_ask, n);
  earshot_on_answer(&n->board, on_answer, n);
#endif
  n->running = true;
}

/** Destroys the keys of a board in the crypto library: a real one loses them with its power. */
static void forget_keys(struct earshot *board) {
  es_handshakes_end(board);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    if (!board->sessions[i].used) continue;
    es_cipher_end(&board->sessions[i].send);
    es_cipher_end(&board->sessions[i].receive);
  }
#if EARSHOT_PARTS
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) es_hash_abort(&board->downloads[i].hash);
#endif
  es_key_destroy(&board->self.identity.key);
  es_key_destroy(&board->self.announce_key);
}

void sim_kill(unsigned node) {
  sim_node *n = &sim[node];
  forget_keys(&n->board);
  n->board.started = 0;
  n->running = false;
  sim_network_lose(node);
  sim_storage_clear(n, false);
}

static bool anybody_stands(void) {
  for (unsigned node = 0; node < SIM_NODES; node++) {
    if (sim[node].running && sim[node].stands) return true;
  }
  return false;
}

/** Polls every board until none has anything to do. What is sent to one that stands stays where it is. */
static void settle(void) {
  bool again = true;
  bool stands = anybody_stands();
  for (unsigned round = 0; again && round < (stands ? 10 : 10000); round++) {
    again = sim_network_is_busy();
    uint64_t before = sim_bytes;
    for (unsigned node = 0; node < SIM_NODES; node++) {
      if (!sim[node].running || sim[node].stands) continue;
      uint32_t wait = earshot_poll(&sim[node].board);
      wake[node] = sim_now + wait;
      again = again || wait == 0;
    }
    again = again || sim_bytes != before;
  }
  CHECK(!again || stands || anybody_stands());
}

void sim_run(uint32_t ms) {
  earshot_ms end = sim_now + ms;
  for (;;) {
    settle();
    earshot_ms next = end;
    for (unsigned node = 0; node < SIM_NODES; node++) {
      if (sim[node].running && !sim[node].stands && wake[node] < next) next = wake[node];
    }
    if (sim_now >= end) return;
    sim_now = next > sim_now && !sim_network_waits() ? next : sim_now + 1;
    sim_network_tick();
  }
}

void sim_pair(unsigned seed) {
  sim_begin(seed);
  sim_start(0, "a");
  sim_start(1, "b");
  sim_run(200);
}

void sim_say(unsigned node, const char *to, const char *text) {
  CHECK_RESULT(earshot_say(&sim[node].board, to, text), "ok");
}

#if EARSHOT_ASK
void sim_ask(unsigned node, const char *to, const char *json) {
  CHECK_RESULT(earshot_ask(&sim[node].board, to, json, 0), "ok");
}
#endif

void sim_send_file(unsigned node, const char *to, const char *name, const char *stream, size_t length) {
  static char json[20000];
  memset(json, ' ', sizeof json);
  json[0] = '1';
  sim_put_file(node, name, json, length);
  earshot_document document = {.name = "large.json", .stream = stream, .file = name};
  CHECK_RESULT(earshot_send(&sim[node].board, to, &document), "ok");
}

earshot_result sim_send_json(unsigned node, const char *to, const char *stream, const char *json) {
  earshot_document document = {.name = "x.json", .stream = stream, .body = json, .length = strlen(json)};
  return earshot_send(&sim[node].board, to, &document);
}
