/** Datagrams and connections of the simulated world. */
#include <stdlib.h>
#include <string.h>

#include "sim_parts.h"

typedef struct pipe {
  uint8_t bytes[SIM_PIPE];
  size_t length;
} pipe;

/** A connection: end 0 dialled, end 1 accepted. */
typedef struct connection {
  bool used;
  bool accepted;
  bool broken; /**< for both ends */
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

unsigned sim_loss;
uint64_t sim_bytes;
uint64_t sim_datagrams;
size_t sim_rate;
static connection *connections;
static datagram *datagrams;
static unsigned datagram_count;
/** Bytes that connections accepted in this millisecond, and true if one has to wait for the next. */
static size_t taken;
static bool throttled;

static sim_node *node_of(void *context) {
  return context;
}

static int index_of(const sim_node *node) {
  return (int)(node - sim);
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
  d->from =
      from < 0 ? (earshot_address){.family = 4, .ip = {10, 9, 9, 9}, .port = 9999} : address_of(from, 4000);
  d->length = length;
  memcpy(d->bytes, bytes, length);
}

static void udp_send(void *context, const earshot_address *to, const uint8_t *data, size_t length) {
  int from = index_of(node_of(context));
  sim_datagrams++;
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
  sim[from].dials += node != from;
  if (node == SIM_REFUSES) {
    *handle = dial(from, from);
    connections[*handle / 2].accepted = true;
    connections[*handle / 2].open[1] = false;
    return EARSHOT_OK;
  }
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
  /* One write may arrive in several reads. */
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

static earshot_result tcp_write(void *context, int handle, const uint8_t *bytes, size_t length,
                                size_t *written) {
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

bool sim_has(int handle) {
  const connection *c = &connections[handle / 2];
  return c->to[handle % 2].length > 0 || !c->open[1 - handle % 2] || c->broken;
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

/* The world. */

void sim_network_begin(void) {
  if (connections == NULL) {
    connections = calloc(SIM_CONNECTIONS, sizeof *connections);
    datagrams = calloc(SIM_DATAGRAMS, sizeof *datagrams);
  }
  for (unsigned i = 0; i < SIM_CONNECTIONS; i++) connections[i].used = false;
  datagram_count = sim_loss = 0;
  sim_bytes = sim_datagrams = sim_rate = taken = 0;
}

void sim_network_of(earshot_port *port) {
  port->udp_send = udp_send;
  port->udp_receive = udp_receive;
  port->tcp_port = 3333;
  port->tcp_dial = tcp_dial;
  port->tcp_accept = tcp_accept;
  port->tcp_read = tcp_read;
  port->tcp_write = tcp_write;
  port->tcp_close = tcp_close;
}

void sim_network_lose(unsigned node) {
  unsigned kept = 0;
  for (unsigned i = 0; i < datagram_count; i++) {
    if (datagrams[i].to != (int)node) datagrams[kept++] = datagrams[i];
  }
  datagram_count = kept;
  for (int i = 0; i < SIM_CONNECTIONS; i++) {
    connection *c = &connections[i];
    for (int end = 0; end < 2 && c->used; end++) {
      if (c->node[end] != (int)node) continue;
      c->to[0].length = c->to[1].length = 0;
      close_end(2 * i + end);
    }
  }
}

bool sim_network_is_busy(void) {
  return datagram_count > 0;
}

void sim_network_tick(void) {
  taken = 0;
  throttled = false;
}

bool sim_network_waits(void) {
  return throttled;
}
