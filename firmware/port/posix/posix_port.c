#include "posix_port.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define RESCAN_EVERY_MS 5000
/** Switches forget members of a group that nobody asks about. */
#define REJOIN_EVERY_MS 100000

static earshot_ms now(void *context) {
  (void)context;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (earshot_ms)time.tv_sec * 1000 + (earshot_ms)time.tv_nsec / 1000000;
}

static uint64_t wall(void *context) {
  (void)context;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static earshot_result fill_random(void *context, uint8_t *bytes, size_t length) {
  (void)context;
  return getrandom(bytes, length, 0) == (ssize_t)length ? EARSHOT_OK : EARSHOT_IO;
}

static void log_line(void *context, earshot_level level, const char *text) {
  const posix_port *port = context;
  if (level == EARSHOT_WARNING || port->verbose) fprintf(stderr, "%s\n", text);
}

const char *posix_port_open(posix_port *port, const posix_options *options) {
  memset(port, 0, sizeof *port);
  port->interfaces = options->interfaces;
  port->interface_count = options->interface_count;
  port->quota = options->quota;
  port->verbose = options->verbose;
  port->shared[0] = port->shared[1] = -1;
  port->port = (earshot_port){
      .context = port,
      .now = now,
      .wall = wall,
      .random = fill_random,
      .udp_send = posix_udp_send,
      .udp_receive = posix_udp_receive,
      .tcp_dial = posix_tcp_dial,
      .tcp_accept = posix_tcp_accept,
      .tcp_read = posix_tcp_read,
      .tcp_write = posix_tcp_write,
      .tcp_close = posix_tcp_close,
      .log = log_line,
  };
  const char *problem = NULL;
  if (options->state != NULL) {
    strncpy(port->state, options->state, sizeof port->state - 1);
    problem = posix_storage_open(port);
  }
  if (problem == NULL) problem = posix_udp_open(port);
  if (problem == NULL) problem = posix_tcp_open(port, options->tcp_port);
  port->rescan_at = now(port) + RESCAN_EVERY_MS;
  port->rejoin_at = now(port) + REJOIN_EVERY_MS;
  return problem;
}

void posix_port_close(posix_port *port) {
  posix_tcp_close_all(port);
  posix_udp_close(port);
}

static void add(struct pollfd *all, unsigned *count, int socket, short events) {
  if (socket < 0) return;
  all[*count].fd = socket;
  all[*count].events = events;
  ++*count;
}

bool posix_port_wait(posix_port *port, uint32_t ms, bool input) {
  struct pollfd all[1 + 2 + POSIX_LINKS + POSIX_LISTENERS + POSIX_CONNECTIONS];
  unsigned count = 0;
  add(all, &count, input ? 0 : -1, POLLIN);
  for (unsigned i = 0; i < 2; i++) add(all, &count, port->shared[i], POLLIN);
  for (unsigned i = 0; i < port->link_count; i++) add(all, &count, port->links[i].own, POLLIN);
  unsigned first_listener = count;
  unsigned listeners = port->queue ? 0 : port->listener_count;
  for (unsigned i = 0; i < listeners; i++) add(all, &count, port->listeners[i], POLLIN);
  for (unsigned i = 0; i < POSIX_CONNECTIONS; i++) {
    const posix_connection *c = &port->connections[i];
    add(all, &count, c->socket, (short)(POLLIN | (c->full ? POLLOUT : 0)));
  }
  int ready = poll(all, count, ms > INT32_MAX ? INT32_MAX : (int)ms);
  for (unsigned i = 0; ready > 0 && i < listeners; i++) {
    port->queue = port->queue || all[first_listener + i].revents != 0;
  }
  return ready > 0 && input && all[0].revents != 0;
}

static bool same_links(const posix_port *port, const posix_link *links, unsigned count) {
  if (count != port->link_count) return false;
  for (unsigned i = 0; i < count; i++) {
    const posix_link *a = &port->links[i];
    const posix_link *b = &links[i];
    if (a->index != b->index || a->family != b->family || memcmp(a->ip, b->ip, sizeof a->ip) != 0)
      return false;
  }
  return true;
}

bool posix_port_links_changed(posix_port *port) {
  posix_link links[POSIX_LINKS];
  earshot_ms time = now(port);
  if (time < port->rescan_at) return false;
  port->rescan_at = time + RESCAN_EVERY_MS;
  bool changed = !same_links(port, links, posix_links_find(port, links));
  if (!changed && time < port->rejoin_at) return false;
  port->rejoin_at = time + REJOIN_EVERY_MS;
  posix_udp_close(port);
  /* Without any link now there is nothing to do but to look again. */
  (void)posix_udp_open(port);
  return changed;
}
