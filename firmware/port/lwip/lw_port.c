#include "lw_port.h"

#include <lwip/sockets.h>
#include <string.h>

bool lw_port_open(lw_port *port) {
  memset(port, 0, sizeof *port);
  for (unsigned i = 0; i < 2; i++) port->shared[i] = port->own[i] = port->listeners[i] = -1;
  for (unsigned i = 0; i < LW_PORT_CONNECTIONS; i++) port->connections[i].socket = -1;
  if (lw_udp_open(port) && lw_tcp_open(port)) return true;
  lw_port_close(port);
  return false;
}

void lw_port_close(lw_port *port) {
  lw_tcp_close_all(port);
  lw_udp_close(port);
}

void lw_port_fill(lw_port *port, earshot_port *functions) {
  functions->context = port;
  functions->udp_send = lw_udp_send;
  functions->udp_receive = lw_udp_receive;
  functions->tcp_port = LW_PORT_TCP;
  functions->tcp_dial = lw_tcp_dial;
  functions->tcp_accept = lw_tcp_accept;
  functions->tcp_read = lw_tcp_read;
  functions->tcp_write = lw_tcp_write;
  functions->tcp_close = lw_tcp_close;
}
