/** TCP connections. */
#include <errno.h>
#include <lwip/sockets.h>

#include "lw_address.h"
#include "lw_port.h"

#define BACKLOG 4

/** Adds a connection. `opened`: it is established; else it is being dialled, and becomes writable once it is. */
static int take_place(lw_port *port, int socket, bool opened) {
  for (int i = 0; i < LW_PORT_CONNECTIONS; i++) {
    lw_connection *c = &port->connections[i];
    if (c->socket >= 0) continue;
    int on = 1;
    (void)lwip_setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *c = (lw_connection){.socket = socket, .opened = opened, .empty = true, .full = !opened};
    return i;
  }
  lwip_close(socket);
  return -1;
}

static int listen_in(uint8_t family) {
  int listener = lw_open_socket(family, SOCK_STREAM);
  struct sockaddr_storage to;
  socklen_t length = lw_sockaddr(&(earshot_address){.family = family, .port = LW_PORT_TCP}, &to);
  int on = 1;
  if (listener < 0) return -1;
  (void)lwip_setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == 6) (void)lwip_setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (lwip_bind(listener, (struct sockaddr *)&to, length) == 0 && lwip_listen(listener, BACKLOG) == 0)
    return listener;
  lwip_close(listener);
  return -1;
}

bool lw_tcp_open(lw_port *port) {
  port->listeners[0] = listen_in(4);
  port->listeners[1] = listen_in(6);
  return port->listeners[0] >= 0 || port->listeners[1] >= 0;
}

void lw_tcp_close_all(lw_port *port) {
  for (unsigned i = 0; i < 2; i++) {
    if (port->listeners[i] >= 0) lwip_close(port->listeners[i]);
    port->listeners[i] = -1;
  }
  for (int i = 0; i < LW_PORT_CONNECTIONS; i++) lw_tcp_close(port, i);
}

earshot_result lw_tcp_dial(void *context, const earshot_address *to, int *connection) {
  struct sockaddr_storage address;
  socklen_t length = lw_sockaddr(to, &address);
  int dialled = lw_open_socket(to->family, SOCK_STREAM);
  if (dialled < 0) return EARSHOT_IO;
  if (lwip_connect(dialled, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS) {
    lwip_close(dialled);
    return EARSHOT_IO;
  }
  *connection = take_place(context, dialled, false);
  return *connection >= 0 ? EARSHOT_OK : EARSHOT_IO;
}

earshot_result lw_tcp_accept(void *context, int *connection, earshot_address *from) {
  lw_port *port = context;
  for (unsigned i = 0; i < 2; i++) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int accepted =
        port->listeners[i] < 0 ? -1 : lwip_accept(port->listeners[i], (struct sockaddr *)&address, &length);
    if (accepted < 0) continue;
    if (!lw_do_not_block(accepted)) {
      lwip_close(accepted);
      continue;
    }
    lw_address(&address, from);
    *connection = take_place(port, accepted, true);
    if (*connection >= 0) return EARSHOT_OK;
  }
  port->queue = false;
  return EARSHOT_AGAIN;
}

static bool is_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == EINPROGRESS;
}

earshot_result lw_tcp_read(void *context, int connection, uint8_t *bytes, size_t capacity, size_t *length) {
  lw_port *port = context;
  lw_connection *c = &port->connections[connection];
  ssize_t got = lwip_recv(c->socket, bytes, capacity, 0);
  *length = got > 0 ? (size_t)got : 0;
  c->empty = false;
  if (got > 0) return EARSHOT_OK;
  /* lwIP returns ENOTCONN until a dialled connection is established; the first write shows the result. */
  bool later = got < 0 && (is_later(errno) || (errno == ENOTCONN && !c->opened));
  c->empty = later;
  return later ? EARSHOT_AGAIN : EARSHOT_ENDED;
}

earshot_result lw_tcp_write(void *context, int connection, const uint8_t *bytes, size_t length,
                            size_t *written) {
  lw_port *port = context;
  lw_connection *c = &port->connections[connection];
  ssize_t sent = lwip_send(c->socket, bytes, length, 0);
  *written = sent > 0 ? (size_t)sent : 0;
  c->full = *written < length;
  c->opened = c->opened || sent > 0;
  if (sent > 0) return EARSHOT_OK;
  return sent < 0 && is_later(errno) ? EARSHOT_AGAIN : EARSHOT_ENDED;
}

/** Drops unread bytes: lwIP resets a connection that is closed with some, and our last bytes would be lost. */
static void drain(int socket) {
  uint8_t dropped[128];
  for (unsigned i = 0; i < 64; i++) {
    if (lwip_recv(socket, dropped, sizeof dropped, 0) <= 0) return;
  }
}

void lw_tcp_close(void *context, int connection) {
  lw_port *port = context;
  lw_connection *c = &port->connections[connection];
  if (c->socket < 0) return;
  drain(c->socket);
  lwip_close(c->socket);
  c->socket = -1;
}
