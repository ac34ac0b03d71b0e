/**
 * The network half of a port to lwIP, as on an ESP32: datagrams and connections through one interface. It calls lwIP's
 * sockets by their own names (`lwip_…`), which every build of lwIP has.
 *
 * Sockets in use: 2 per family for datagrams, 1 to listen, and LW_PORT_CONNECTIONS.
 */
#ifndef EARSHOT_LW_PORT_H
#define EARSHOT_LW_PORT_H

#include "earshot_config.h"
#include "port.h"

/** The one TCP port: nothing else on a board wants it. */
#define LW_PORT_TCP 3333
/** Every session, every handshake, one that waits for a place, and one that is about to be turned away. */
#define LW_PORT_CONNECTIONS (EARSHOT_SESSIONS + EARSHOT_HANDSHAKES + 2)
/** How many sockets lwIP must have: CONFIG_LWIP_MAX_SOCKETS. */
#define LW_PORT_SOCKETS (4 + 2 + LW_PORT_CONNECTIONS)

typedef struct lw_connection {
  int socket;  /**< -1: free */
  bool opened; /**< it is known to stand */
  bool empty;  /**< all was read: what comes next is waited for, what the board left unread is not */
  bool full;   /**< takes nothing at the moment */
} lw_connection;

/** A port begins with this: it is the `context` of the functions below. IPv4 has index 0 in pairs, IPv6 1. */
typedef struct lw_port {
  uint32_t link; /**< lwIP's number for the interface; 0 until there is one */
  int shared[2]; /**< sockets on port 3333, in the group; -1: none */
  int own[2];    /**< sockets on ports of our own, which send everything */
  int listeners[2];
  bool queue; /**< somebody waits to be accepted, and the board has no place for him yet: no reason to wake */
  uint32_t joined[2]; /**< interfaces on which the groups are joined; 0: not */
  unsigned next;      /**< where the next datagram is looked for */
  lw_connection connections[LW_PORT_CONNECTIONS];
} lw_port;

/** Opens the sockets, once lwIP runs: false where no datagram or no connection could ever come. */
bool lw_port_open(lw_port *port);
void lw_port_close(lw_port *port);
/**
 * Joins the groups anew through an interface, by its number: when it got an address, and every 100 s, because switches
 * and access points forget members of a group that nobody asks about.
 */
void lw_port_join(lw_port *port, uint32_t link);
/** Waits until something can be done, or so many milliseconds passed. */
void lw_port_wait(lw_port *port, uint32_t ms);

/** Sets the functions of the network, and its context. */
void lw_port_fill(lw_port *port, earshot_port *functions);

/* The parts, each in its own file. */
bool lw_udp_open(lw_port *port);
void lw_udp_close(lw_port *port);
void lw_udp_send(void *context, const earshot_address *to, const uint8_t *data, size_t length);
earshot_result lw_udp_receive(void *context, uint8_t *data, size_t capacity, size_t *length,
                              earshot_address *from, bool *own);

bool lw_tcp_open(lw_port *port);
void lw_tcp_close_all(lw_port *port);
earshot_result lw_tcp_dial(void *context, const earshot_address *to, int *connection);
earshot_result lw_tcp_accept(void *context, int *connection, earshot_address *from);
earshot_result lw_tcp_read(void *context, int connection, uint8_t *bytes, size_t capacity, size_t *length);
earshot_result lw_tcp_write(void *context, int connection, const uint8_t *bytes, size_t length,
                            size_t *written);
void lw_tcp_close(void *context, int connection);

#endif
