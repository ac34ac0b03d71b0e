#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct pipe {
  uint8_t bytes[SIM_PIPE];
  size_t length;
} pipe;

/** A connection: end 0 dialled, end 1 took it. */
typedef struct connection {
  bool used;
  bool accepted;
  bool broken; /**< both ends find nothing behind it any more */
  bool open[2];
  int node[2]; /**< -1: no board */
  pipe to[2];
} connection;

typedef struct datagram {
  int to;
  bool own;
  earshot_address from;
  size_t length;
  uint8_t bytes[1300];
} datagram;

sim_node *sim;
earshot_ms sim_now;
unsigned sim_loss;
const char *sim_join_code;
uint64_t sim_bytes;
size_t sim_rate;
uint64_t sim_wall;
static connection *connections;
static datagram *datagrams;
static unsigned datagram_count;
static uint64_t random_state;
static earshot_ms wake[SIM_NODES];
/** What connections took in this millisecond, and whether one had to wait for the next. */
static size_t taken;
static bool throttled;

uint32_t sim_random(uint32_t below) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  uint32_t number = (uint32_t)(random_state >> 33);
  return below == 0 ? number : number % below;
}

static sim_node *node_of(void *context) {
  return context;
}

static int index_of(const sim_node *node) {
  return (int)(node - sim);
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

/* Datagrams: board number n has 10.0.0.n, its own socket port 4000. */

static earshot_address address_of(int node, uint16_t port) {
  earshot_address address = {.family = 4, .ip = {10, 0, 0, (uint8_t)node}, .port = port};
  return address;
}

static void post(int from, int to, bool own, const uint8_t *bytes, size_t length) {
  bool reachable = sim[to].running && !sim[to].off && (from < 0 || !sim[from].off || from == to);
  if (!reachable || datagram_count == SIM_DATAGRAMS || sim_random(100) < sim_loss) return;
  datagram *d = &datagrams[datagram_count++];
  d->to = to;
  d->own = own;
  d->from = from < 0 ? (earshot_address){.family = 4, .ip = {10, 9, 9, 9}, .port = 9999} : address_of(from, 4000);
  d->length = length;
  memcpy(d->bytes, bytes, length);
}

static void udp_send(void *context, const earshot_address *to, const uint8_t *data, size_t length) {
  int from = index_of(node_of(context));
  for (int node = 0; node < SIM_NODES; node++) {
    if (to == NULL) post(from, node, false, data, length);
    else if (to->ip[3] == node && to->ip[1] == 0) post(from, node, to->port == 4000, data, length);
  }
}

void sim_datagram(unsigned node, const void *bytes, size_t length, bool own) {
  post(-1, (int)node, own, bytes, length);
}

static earshot_result udp_receive(void *context, uint8_t *data, size_t capacity, size_t *length,
                                  earshot_address *from, bool *own) {
  int node = index_of(node_of(context));
  for (unsigned i = 0; i < datagram_count; i++) {
    datagram *d = &datagrams[i];
    if (d->to != node) continue;
    *length = d->length;
    *from = d->from;
    *own = d->own;
    memcpy(data, d->bytes, d->length < capacity ? d->length : capacity);
    memmove(d, d + 1, sizeof *d * (datagram_count - i - 1));
    datagram_count--;
    return EARSHOT_OK;
  }
  return EARSHOT_AGAIN;
}

/* Connections. A handle is twice the number of the connection and its end. */

static int dial(int from, int to) {
  for (int i = 0; i < SIM_CONNECTIONS; i++) {
    connection *c = &connections[i];
    if (c->used) continue;
    c->accepted = c->broken = false;
    c->to[0].length = c->to[1].length = 0;
    c->used = c->open[0] = c->open[1] = true;
    c->node[0] = from;
    c->node[1] = to;
    return 2 * i;
  }
  return -1;
}

static earshot_result tcp_dial(void *context, const earshot_address *to, int *handle) {
  int from = index_of(node_of(context));
  int node = to->ip[3];
  *handle = node < SIM_NODES && sim[node].running && !sim[node].off && !sim[from].off ? dial(from, node) : -1;
  return *handle >= 0 ? EARSHOT_OK : EARSHOT_IO;
}

static earshot_result tcp_accept(void *context, int *handle, earshot_address *from) {
  int node = index_of(node_of(context));
  for (int i = 0; i < SIM_CONNECTIONS; i++) {
    connection *c = &connections[i];
    if (!c->used || c->accepted || c->node[1] != node || !c->open[1]) continue;
    c->accepted = true;
    *handle = 2 * i + 1;
    *from = address_of(c->node[0] < 0 ? 99 : c->node[0], 5000);
    return EARSHOT_OK;
  }
  return EARSHOT_AGAIN;
}

static void close_end(int handle) {
  connection *c = &connections[handle / 2];
  c->open[handle % 2] = false;
  if (!c->open[0] && !c->open[1]) c->used = false;
}

static earshot_result read_end(int handle, uint8_t *bytes, size_t capacity, size_t *length) {
  connection *c = &connections[handle / 2];
  pipe *in = &c->to[handle % 2];
  *length = 0;
  if (in->length == 0) return c->open[1 - handle % 2] && !c->broken ? EARSHOT_AGAIN : EARSHOT_ENDED;
  /* What was written in one go need not come in one. */
  size_t take = 1 + sim_random((uint32_t)in->length);
  if (sim_random(4) != 0) take = in->length;
  if (take > capacity) take = capacity;
  memcpy(bytes, in->bytes, take);
  memmove(in->bytes, in->bytes + take, in->length - take);
  in->length -= take;
  *length = take;
  return EARSHOT_OK;
}

static earshot_result write_end(int handle, const uint8_t *bytes, size_t length, size_t *written) {
  connection *c = &connections[handle / 2];
  pipe *out = &c->to[1 - handle % 2];
  *written = 0;
  if (!c->open[1 - handle % 2] || c->broken) return EARSHOT_ENDED;
  size_t room = SIM_PIPE - out->length;
  if (sim_rate > 0 && room > sim_rate - taken) {
    room = sim_rate - taken;
    throttled = true;
  }
  size_t take = length < room ? length : room;
  if (take > 1 && sim_random(8) == 0) take = 1 + sim_random((uint32_t)take);
  if (take == 0) return EARSHOT_AGAIN;
  memcpy(out->bytes + out->length, bytes, take);
  out->length += take;
  *written = take;
  sim_bytes += take;
  if (sim_rate > 0) taken += take;
  return EARSHOT_OK;
}

static earshot_result tcp_read(void *context, int handle, uint8_t *bytes, size_t capacity, size_t *length) {
  (void)context;
  return read_end(handle, bytes, capacity, length);
}

static earshot_result tcp_write(void *context, int handle, const uint8_t *bytes, size_t length, size_t *written) {
  (void)context;
  return write_end(handle, bytes, length, written);
}

static void tcp_close(void *context, int handle) {
  (void)context;
  close_end(handle);
}

int sim_dial(unsigned node) {
  return dial(-1, (int)node);
}

int sim_accept(int handle) {
  connections[handle / 2].accepted = true;
  return handle + 1;
}

int sim_read(int handle, uint8_t *bytes, size_t capacity) {
  size_t length;
  earshot_result result = read_end(handle, bytes, capacity, &length);
  return result == EARSHOT_ENDED ? -1 : (int)length;
}

void sim_write(int handle, const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  while (length > 0) {
    size_t written;
    if (write_end(handle, at, length, &written) == EARSHOT_ENDED) return;
    at += written;
    length -= written;
    if (length > 0) sim_run(1);
  }
}

void sim_hang_up(int handle) {
  close_end(handle);
}

void sim_cut(unsigned node) {
  for (int i = 0; i < SIM_CONNECTIONS; i++) {
    connection *c = &connections[i];
    if (!c->used || (c->node[0] != (int)node && c->node[1] != (int)node)) continue;
    c->to[0].length = c->to[1].length = 0;
    c->broken = true;
    if (!c->accepted) close_end(2 * i + 1);
  }
}

/* Storage. */

sim_file *sim_file_of(unsigned node, const char *name) {
  for (unsigned i = 0; i < SIM_FILES; i++) {
    if (strcmp(sim[node].files[i].name, name) == 0 && name[0] != '\0') return &sim[node].files[i];
  }
  return NULL;
}

static sim_file *make_file(unsigned node, const char *name) {
  sim_file *file = sim_file_of(node, name);
  for (unsigned i = 0; i < SIM_FILES && file == NULL; i++) {
    if (sim[node].files[i].name[0] == '\0') file = &sim[node].files[i];
  }
  if (file == NULL) return NULL;
  snprintf(file->name, sizeof file->name, "%s", name);
  return file;
}

static void free_file(sim_file *file) {
  if (file == NULL || file->name[0] == '\0') return;
  free(file->bytes);
  memset(file, 0, sizeof *file);
}

static earshot_result set_bytes(sim_file *file, size_t offset, const uint8_t *bytes, size_t length) {
  if (file == NULL || offset + length > SIM_FILE_MAX) return EARSHOT_QUOTA;
  uint8_t *grown = realloc(file->bytes, offset + length + 1);
  if (grown == NULL) return EARSHOT_IO;
  file->bytes = grown;
  if (length > 0) memcpy(grown + offset, bytes, length);
  file->length = offset + length;
  return EARSHOT_OK;
}

static char *prefixed(char prefix, const char *name) {
  static char text[64];
  snprintf(text, sizeof text, "%c%s", prefix, name);
  return text;
}

static earshot_result get(void *context, const char *key, uint8_t *value, size_t capacity, size_t *length) {
  const sim_file *file = sim_file_of((unsigned)index_of(node_of(context)), prefixed('=', key));
  if (file == NULL) return EARSHOT_ABSENT;
  if (file->length > capacity) return EARSHOT_IO;
  memcpy(value, file->bytes, file->length);
  *length = file->length;
  return EARSHOT_OK;
}

static earshot_result put(void *context, const char *key, const uint8_t *value, size_t length) {
  sim_node *node = node_of(context);
  unsigned index = (unsigned)index_of(node);
  CHECK(strlen(key) <= 15);
  if (node->fails > 0) {
    node->fails--;
    return EARSHOT_IO;
  }
  node->puts++;
  if (length > 0) return set_bytes(make_file(index, prefixed('=', key)), 0, value, length);
  free_file(sim_file_of(index, prefixed('=', key)));
  return EARSHOT_OK;
}

static uint64_t used(const sim_node *node) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < SIM_FILES; i++) {
    if (node->files[i].name[0] != '=') sum += node->files[i].length;
  }
  return sum;
}

static earshot_result file_write(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                                 size_t length) {
  sim_node *node = node_of(context);
  sim_file *file = make_file((unsigned)index_of(node), prefixed('~', name));
  if (file == NULL) return EARSHOT_QUOTA;
  if (offset == 0) file->length = 0;
  CHECK_NUMBER(offset, file->length);
  if (node->quota > 0 && used(node) + length > node->quota) return EARSHOT_QUOTA;
  return set_bytes(file, (size_t)offset, bytes, length);
}

static earshot_result file_finish(void *context, const char *name, const char *final_name) {
  unsigned index = (unsigned)index_of(node_of(context));
  sim_file *file = sim_file_of(index, prefixed('~', name));
  CHECK(file != NULL && sim_file_of(index, final_name) == NULL);
  if (file == NULL) return EARSHOT_IO;
  snprintf(file->name, sizeof file->name, "%s", final_name);
  return EARSHOT_OK;
}

static earshot_result file_size(void *context, const char *name, uint64_t *size) {
  const sim_file *file = sim_file_of((unsigned)index_of(node_of(context)), name);
  if (file == NULL) return EARSHOT_ABSENT;
  *size = file->length;
  return EARSHOT_OK;
}

static earshot_result file_read(void *context, const char *name, uint64_t offset, uint8_t *bytes, size_t length,
                                size_t *got) {
  const sim_file *file = sim_file_of((unsigned)index_of(node_of(context)), name);
  if (file == NULL) return EARSHOT_ABSENT;
  *got = offset >= file->length ? 0 : file->length - (size_t)offset;
  if (*got > length) *got = length;
  memcpy(bytes, file->bytes + offset, *got);
  return EARSHOT_OK;
}

static void file_remove(void *context, const char *name) {
  unsigned index = (unsigned)index_of(node_of(context));
  free_file(sim_file_of(index, name));
  free_file(sim_file_of(index, prefixed('~', name)));
}

void sim_put_file(unsigned node, const char *name, const void *bytes, size_t length) {
  set_bytes(make_file(node, name), 0, bytes, length);
}

/* What applications are told. */

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
  note(context, result == EARSHOT_OK ? 's' : 'r', to, result == EARSHOT_OK ? why : earshot_result_name(result));
}

static void on_peer(void *context, earshot_peer peer, bool up) {
  note(context, up ? '+' : '-', peer, peer.name);
}

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
  /* Memory for all is made once: to clear that much for each of thousands of worlds would be most of the work. */
  if (sim == NULL) {
    sim = calloc(SIM_NODES, sizeof *sim);
    connections = calloc(SIM_CONNECTIONS, sizeof *connections);
    datagrams = calloc(SIM_DATAGRAMS, sizeof *datagrams);
  }
  sim_end();
  random_state = seed;
  datagram_count = 0;
  sim_now = 1000;
  sim_loss = 0;
  sim_bytes = 0;
  sim_rate = taken = 0;
  sim_wall = 1700000000000u;
  sim_join_code = NULL;
  check_about("seed %u", seed);
}

void sim_end(void) {
  for (unsigned node = 0; sim != NULL && node < SIM_NODES; node++) {
    sim_node *n = &sim[node];
    if (n->running) sim_kill(node);
    for (unsigned i = 0; i < SIM_FILES; i++) free_file(&n->files[i]);
    n->name[0] = '\0';
    n->off = n->forgets = false;
    n->quota = 0;
    n->fails = n->puts = n->answers = n->event_count = 0;
  }
  for (unsigned i = 0; connections != NULL && i < SIM_CONNECTIONS; i++) connections[i].used = false;
}

void sim_start(unsigned node, const char *name) {
  sim_node *n = &sim[node];
  snprintf(n->name, sizeof n->name, "%s", name);
  n->storage = (earshot_storage){get, put, file_write, file_finish, file_size, file_read, file_remove};
  n->port = (earshot_port){
      .context = n,
      .now = now,
      .wall = wall,
      .random = fill_random,
      .udp_send = udp_send,
      .udp_receive = udp_receive,
      .tcp_port = 3333,
      .tcp_dial = tcp_dial,
      .tcp_accept = tcp_accept,
      .tcp_read = tcp_read,
      .tcp_write = tcp_write,
      .tcp_close = tcp_close,
      .storage = n->forgets ? NULL : &n->storage,
  };
  earshot_settings settings = {.name = name, .kind = "sim", .app = "sim/1", .join_code = sim_join_code};
  CHECK_RESULT(earshot_init(&n->board, &n->port, &settings), "ok");
  earshot_on_chat(&n->board, on_chat, n);
  earshot_on_document(&n->board, on_document, n);
  earshot_on_sent(&n->board, on_sent, n);
  earshot_on_peer(&n->board, on_peer, n);
  n->running = true;
}

/** Gives back what the crypto library holds for a board: a real one loses it with its power. */
static void forget_keys(struct earshot *board) {
  es_handshakes_end(board);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    if (!board->sessions[i].used) continue;
    es_cipher_end(&board->sessions[i].send);
    es_cipher_end(&board->sessions[i].receive);
  }
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) es_hash_abort(&board->downloads[i].hash);
  es_key_destroy(&board->self.identity.key);
  es_key_destroy(&board->self.announce_key);
}

void sim_kill(unsigned node) {
  sim_node *n = &sim[node];
  forget_keys(&n->board);
  n->running = false;
  for (unsigned i = 0; i < SIM_CONNECTIONS; i++) {
    connection *c = &connections[i];
    for (int end = 0; end < 2 && c->used; end++) {
      if (c->node[end] != (int)node) continue;
      c->to[0].length = c->to[1].length = 0;
      close_end((int)(2 * i) + end);
    }
  }
  for (unsigned i = 0; i < SIM_FILES; i++) {
    if (n->files[i].name[0] == '~') free_file(&n->files[i]);
  }
}

/** Has every board do what it can, until none has anything to do. */
static void settle(void) {
  bool again = true;
  for (unsigned round = 0; again && round < 10000; round++) {
    again = datagram_count > 0;
    uint64_t before = sim_bytes;
    for (unsigned node = 0; node < SIM_NODES; node++) {
      if (!sim[node].running) continue;
      uint32_t wait = earshot_poll(&sim[node].board);
      wake[node] = sim_now + wait;
      again = again || wait == 0;
    }
    again = again || sim_bytes != before;
  }
  CHECK(!again);
}

void sim_run(uint32_t ms) {
  earshot_ms end = sim_now + ms;
  for (;;) {
    settle();
    earshot_ms next = end;
    for (unsigned node = 0; node < SIM_NODES; node++) {
      if (sim[node].running && wake[node] < next) next = wake[node];
    }
    if (sim_now >= end) return;
    sim_now = next > sim_now && !throttled ? next : sim_now + 1;
    taken = 0;
    throttled = false;
  }
}
