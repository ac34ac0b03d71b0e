/**
 * The network half of a port to lwIP, as on an ESP32: datagrams and connections through one interface. It uses the
 * names `lwip_…` of the socket functions, which every build of lwIP has.
 *
 * Sockets in use: 2 per family for datagrams, 1 to listen, and LW_PORT_CONNECTIONS.
 */
#ifndef EARSHOT_LW_PORT_H
#define EARSHOT_LW_PORT_H

#include "earshot_config.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The TCP port to listen on: no other program on a board uses it. */
#define LW_PORT_TCP 3333
/** All sessions, all handshakes, one that waits for a place, and one that is about to be closed. */
#define LW_PORT_CONNECTIONS (EARSHOT_SESSIONS + EARSHOT_HANDSHAKES + 2)
/** Sockets that lwIP must have: the least CONFIG_LWIP_MAX_SOCKETS. */
#define LW_PORT_SOCKETS (4 + 2 + LW_PORT_CONNECTIONS)

typedef struct lw_connection {
  int socket;  /**< -1: free */
  bool opened; /**< established for certain */
  bool empty;  /**< read to the end: only then waits for it to be readable */
  bool full;   /**< the last write did not take all bytes: wait for it to be writable */
} lw_connection;

/** Must be the first member of a port, whose address is the `context` of these functions. Index 0: IPv4, 1: IPv6. */
typedef struct lw_port {
  uint32_t link; /**< lwIP's number for the interface; 0 until there is one */
  int shared[2]; /**< sockets on port 3333, members of the group; -1: none */
  int own[2];    /**< sockets on ports of our own; all datagrams are sent through these */
  int listeners[2];
  bool queue;         /**< connections may wait that the board has no place for: do not wake for them */
  uint32_t joined[2]; /**< interfaces on which the groups are joined; 0: not */
  unsigned next;      /**< socket to read the next datagram from */
  lw_connection connections[LW_PORT_CONNECTIONS];
} lw_port;

/** Opens the sockets; lwIP must be running. False if it could not receive datagrams or connections. */
bool lw_port_open(lw_port *port);
void lw_port_close(lw_port *port);
/**
 * Joins the multicast groups anew through the interface of this number. Call it after it got an address, and every
 * 100 s: switches and access points without a querier forget members of a group.
 */
void lw_port_join(lw_port *port, uint32_t link);
/** Waits for sockets, `ms` milliseconds at most. */
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

#ifdef __cplusplus
}
#endif

#endif
