#include "posix_port.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TCP_PORT 3333
#define RESCAN_EVERY_MS 5000
/** Period of joining the groups anew: switches without a querier forget members of a group. */
#define REJOIN_EVERY_MS 100000

/** Logs the interfaces that are waited for: a name may be misspelled. */
static void tell_waiting(posix_port *port, const posix_options *options) {
  char line[160] = "no interface has an address yet: waiting for one";
  for (unsigned i = 0; i < options->interface_count; i++) {
    snprintf(line, sizeof line, "no interface %s has an address yet: waiting for one",
             options->interfaces[i]);
    port->port.log(port, EARSHOT_WARNING, line);
  }
  if (options->interface_count == 0) port->port.log(port, EARSHOT_WARNING, line);
}

const char *posix_port_open(posix_port *port, const posix_options *options) {
  const char *problem = posix_machine_open(port, options);
  port->interfaces = options->interfaces;
  port->interface_count = options->interface_count;
  port->shared[0] = port->shared[1] = -1;
  port->port.udp_send = posix_udp_send;
  port->port.udp_receive = posix_udp_receive;
  port->port.tcp_dial = posix_tcp_dial;
  port->port.tcp_accept = posix_tcp_accept;
  port->port.tcp_read = posix_tcp_read;
  port->port.tcp_write = posix_tcp_write;
  port->port.tcp_close = posix_tcp_close;
  if (problem == NULL) problem = posix_udp_open(port);
  if (problem == NULL) problem = posix_tcp_open(port, options->tcp_port == 0 ? TCP_PORT : options->tcp_port);
  if (problem == NULL && port->link_count == 0) tell_waiting(port, options);
  port->rescan_at = port->port.now(port) + RESCAN_EVERY_MS;
  port->rejoin_at = port->port.now(port) + REJOIN_EVERY_MS;
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
    add(all, &count, c->socket, (short)((c->empty ? POLLIN : 0) | (c->full ? POLLOUT : 0)));
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
  earshot_ms time = port->port.now(port);
  if (time < port->rescan_at) return false;
  port->rescan_at = time + RESCAN_EVERY_MS;
  bool changed = !same_links(port, links, posix_links_find(port, links));
  if (!changed && time < port->rejoin_at) return false;
  port->rejoin_at = time + REJOIN_EVERY_MS;
  posix_udp_close(port);
  const char *problem = posix_udp_open(port);
  if (problem != NULL) port->port.log(port, EARSHOT_WARNING, problem);
  if (changed) posix_tcp_links_changed(port);
  return changed;
}
