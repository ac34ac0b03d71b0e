/** Waiting for sockets: `select` if lwIP is built with it, as on an ESP32; else `poll`, as in Debian. */
#include <lwip/sockets.h>

#include "lw_port.h"

/** Calls `add` with each socket to wait for, and with the events: readable, writable, or both. */
static void each_socket(const lw_port *port, void *context,
                        void (*add)(void *context, int socket, bool read, bool write)) {
  for (unsigned i = 0; i < 2; i++) {
    if (port->shared[i] >= 0) add(context, port->shared[i], true, false);
    if (port->own[i] >= 0) add(context, port->own[i], true, false);
    if (port->listeners[i] >= 0 && !port->queue) add(context, port->listeners[i], true, false);
  }
  for (unsigned i = 0; i < LW_PORT_CONNECTIONS; i++) {
    const lw_connection *c = &port->connections[i];
    if (c->socket >= 0) add(context, c->socket, c->empty, c->full);
  }
}

#if LWIP_SOCKET_SELECT
typedef struct wanted {
  fd_set readable;
  fd_set writable;
  int highest;
} wanted;

static void want(void *context, int socket, bool read, bool write) {
  wanted *w = context;
  if (read) FD_SET(socket, &w->readable);
  if (write) FD_SET(socket, &w->writable);
  if (socket > w->highest) w->highest = socket;
}

/** Waits `ms` milliseconds at most; false if no socket is ready. */
static bool wait(wanted *w, uint32_t ms) {
  struct timeval most = {.tv_sec = (long)(ms / 1000), .tv_usec = (long)(ms % 1000) * 1000};
  return lwip_select(w->highest + 1, &w->readable, &w->writable, NULL, &most) > 0;
}

static bool is_readable(wanted *w, int socket) {
  return FD_ISSET(socket, &w->readable) != 0;
}
#else
typedef struct wanted {
  struct pollfd sockets[LW_PORT_SOCKETS];
  nfds_t count;
} wanted;

static void want(void *context, int socket, bool read, bool write) {
  wanted *w = context;
  short events = (short)((read ? POLLIN : 0) | (write ? POLLOUT : 0));
  w->sockets[w->count++] = (struct pollfd){.fd = socket, .events = events};
}

static bool wait(wanted *w, uint32_t ms) {
  return lwip_poll(w->sockets, w->count, ms > INT32_MAX ? INT32_MAX : (int)ms) > 0;
}

static bool is_readable(wanted *w, int socket) {
  for (nfds_t i = 0; i < w->count; i++) {
    if (w->sockets[i].fd == socket) return w->sockets[i].revents != 0;
  }
  return false;
}
#endif

void lw_port_wait(lw_port *port, uint32_t ms) {
  wanted w = {0};
  each_socket(port, &w, want);
  if (!wait(&w, ms)) return;
  for (unsigned i = 0; i < 2; i++) {
    if (port->listeners[i] >= 0 && is_readable(&w, port->listeners[i])) port->queue = true;
  }
}
