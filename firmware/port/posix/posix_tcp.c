/** TCP connections. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posix_address.h"
#include "posix_port.h"

#define PORT_TRIES 17

/** Adds a connection. `opened`: it is established; else it is being dialled, and becomes writable once it is. */
static int take_place(posix_port *port, int socket, bool opened) {
  for (int i = 0; i < POSIX_CONNECTIONS; i++) {
    posix_connection *connection = &port->connections[i];
    if (connection->socket >= 0) continue;
    int on = 1;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->socket = socket;
    connection->empty = true;
    connection->full = !opened;
    return i;
  }
  close(socket);
  return -1;
}

static int listen_on(const earshot_address *address) {
  int socket = posix_socket(address->family, SOCK_STREAM);
  struct sockaddr_storage to;
  int on = 1;
  if (socket < 0) return -1;
  (void)setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->family == 6) (void)setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  socklen_t length = posix_sockaddr(address, &to);
  if (bind(socket, (struct sockaddr *)&to, length) == 0 && listen(socket, 16) == 0) return socket;
  close(socket);
  return -1;
}

static void close_listeners(posix_port *port) {
  while (port->listener_count > 0) close(port->listeners[--port->listener_count]);
}

/**
 * Listens on a port: on every address, or on those of the chosen interfaces, which may have none yet. False if the port
 * is in use.
 */
static bool listen_everywhere(posix_port *port, uint16_t tcp_port) {
  earshot_address addresses[POSIX_LISTENERS] = {{.family = 4}, {.family = 6}};
  unsigned count = 2;
  if (port->interfaces != NULL) {
    count = port->link_count < POSIX_LISTENERS ? port->link_count : POSIX_LISTENERS;
    for (unsigned i = 0; i < count; i++) {
      addresses[i].family = port->links[i].family;
      addresses[i].link = port->links[i].index;
      memcpy(addresses[i].ip, port->links[i].ip, sizeof addresses[i].ip);
    }
  }
  for (unsigned i = 0; i < count; i++) {
    addresses[i].port = tcp_port;
    errno = 0;
    int socket = listen_on(&addresses[i]);
    if (socket >= 0) {
      port->listeners[port->listener_count++] = socket;
    } else if (errno == EADDRINUSE) {
      close_listeners(port);
      return false;
    }
  }
  return port->listener_count > 0 || count == 0;
}

static const char *listen_somewhere(posix_port *port) {
  for (unsigned i = 0; i < PORT_TRIES; i++) {
    port->port.tcp_port = (uint16_t)(port->first_port + i);
    if (listen_everywhere(port, port->port.tcp_port)) return NULL;
  }
  return "the TCP ports are in use; choose another one with --port";
}

const char *posix_tcp_open(posix_port *port, uint16_t first) {
  for (unsigned i = 0; i < POSIX_CONNECTIONS; i++) port->connections[i].socket = -1;
  port->first_port = first;
  return listen_somewhere(port);
}

void posix_tcp_links_changed(posix_port *port) {
  if (port->interfaces == NULL) return;
  close_listeners(port);
  /* If the port is in use meanwhile and no other is free, the next change tries again. */
  if (!listen_everywhere(port, port->port.tcp_port)) (void)listen_somewhere(port);
}

void posix_tcp_close_all(posix_port *port) {
  close_listeners(port);
  for (int i = 0; i < POSIX_CONNECTIONS; i++) posix_tcp_close(port, i);
}

earshot_result posix_tcp_dial(void *context, const earshot_address *to, int *connection) {
  struct sockaddr_storage address;
  socklen_t length = posix_sockaddr(to, &address);
  int socket = posix_socket(to->family, SOCK_STREAM);
  if (socket < 0) return EARSHOT_IO;
  if (connect(socket, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS) {
    close(socket);
    return EARSHOT_IO;
  }
  *connection = take_place(context, socket, false);
  return *connection >= 0 ? EARSHOT_OK : EARSHOT_IO;
}

earshot_result posix_tcp_accept(void *context, int *connection, earshot_address *from) {
  posix_port *port = context;
  bool starved = false;
  for (unsigned i = 0; i < port->listener_count; i++) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int socket =
        accept4(port->listeners[i], (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      starved = starved || (errno != EAGAIN && errno != EWOULDBLOCK);
      continue;
    }
    *connection = take_place(port, socket, true);
    posix_address(&address, from);
    if (*connection >= 0) return EARSHOT_OK;
  }
  /* Without free file descriptors, connections stay in the queue and must not wake the board at once. */
  port->queue = starved;
  return EARSHOT_AGAIN;
}

earshot_result posix_tcp_read(void *context, int connection, uint8_t *bytes, size_t capacity,
                              size_t *length) {
  posix_port *port = context;
  posix_connection *c = &port->connections[connection];
  ssize_t got = recv(c->socket, bytes, capacity, 0);
  *length = got > 0 ? (size_t)got : 0;
  c->empty = false;
  if (got > 0) return EARSHOT_OK;
  bool later = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOTCONN);
  c->empty = later;
  return later ? EARSHOT_AGAIN : EARSHOT_ENDED;
}

earshot_result posix_tcp_write(void *context, int connection, const uint8_t *bytes, size_t length,
                               size_t *written) {
  posix_port *port = context;
  posix_connection *c = &port->connections[connection];
  ssize_t sent = send(c->socket, bytes, length, MSG_NOSIGNAL);
  *written = sent > 0 ? (size_t)sent : 0;
  c->full = *written < length;
  if (sent > 0) return EARSHOT_OK;
  bool later =
      sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == EINPROGRESS);
  return later ? EARSHOT_AGAIN : EARSHOT_ENDED;
}

void posix_tcp_close(void *context, int connection) {
  posix_port *port = context;
  posix_connection *c = &port->connections[connection];
  if (c->socket >= 0) close(c->socket);
  c->socket = -1;
}
