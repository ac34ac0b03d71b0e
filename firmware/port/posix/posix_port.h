/**
 * The core's port to a POSIX system: sockets, and files in a state folder. For trying and testing boards on a
 * desk.
 */
#ifndef EARSHOT_POSIX_PORT_H
#define EARSHOT_POSIX_PORT_H

#include "port.h"

/** Interfaces in one family; connections; TCP sockets that listen. */
#define POSIX_LINKS 16
#define POSIX_CONNECTIONS 16
#define POSIX_LISTENERS 16

/** One interface in one family. */
typedef struct posix_link {
  uint8_t family;
  unsigned index;
  char interface[16];
  uint8_t ip[16]; /**< an address of ours there */
  int own;        /**< socket on a port of our own, which sends everything */
} posix_link;

typedef struct posix_connection {
  int socket; /**< -1: free */
  bool empty; /**< all was read: what comes next is waited for, what the board left unread is not */
  bool full;  /**< takes nothing at the moment */
} posix_connection;

typedef struct posix_port {
  earshot_port port; /**< for earshot_init */
  /* network */
  const char *const *interfaces; /**< names or addresses; NULL: all */
  unsigned interface_count;
  posix_link links[POSIX_LINKS];
  unsigned link_count;
  int shared[2];        /**< sockets on port 3333, of IPv4 and IPv6; -1: none */
  unsigned next_socket; /**< where the next datagram is looked for */
  int listeners[POSIX_LISTENERS];
  unsigned listener_count;
  uint16_t first_port; /**< the first that is tried */
  bool queue;          /**< somebody waits to be accepted, and cannot be yet: no reason to wake */
  posix_connection connections[POSIX_CONNECTIONS];
  earshot_ms rescan_at;
  earshot_ms rejoin_at;
  /* storage */
  char state[512];
  uint64_t quota; /**< bytes that received documents may take together */
  earshot_storage storage;
  bool verbose;
} posix_port;

/** What a board on this machine wants. */
typedef struct posix_options {
  const char *state;             /**< folder, made where it is missing; NULL: nothing is kept */
  const char *const *interfaces; /**< NULL: all; they outlive the port */
  unsigned interface_count;
  uint16_t tcp_port; /**< the first that is tried, of 17; 0: 3333 */
  uint64_t quota;    /**< bytes; 0: as much as fits */
  bool verbose;      /**< log everything */
} posix_options;

/**
 * Opens sockets and folders; NULL, or a sentence about what went wrong. An interface without an address is
 * waited for: see posix_port_links_changed.
 */
const char *posix_port_open(posix_port *port, const posix_options *options);
void posix_port_close(posix_port *port);

/**
 * Waits until something can be done, a line waits on standard input (where `input` is true), or so many
 * milliseconds passed. Gives whether a line waits.
 */
bool posix_port_wait(posix_port *port, uint32_t ms, bool input);
/** Looks for links that came or went, from time to time; true where they changed. */
bool posix_port_links_changed(posix_port *port);

/* The parts, each in its own file. */
const char *posix_udp_open(posix_port *port);
void posix_udp_close(posix_port *port);
void posix_udp_send(void *context, const earshot_address *to, const uint8_t *data, size_t length);
earshot_result posix_udp_receive(void *context, uint8_t *data, size_t capacity, size_t *length,
                                 earshot_address *from, bool *own);

unsigned posix_links_find(const posix_port *port, posix_link *links);

const char *posix_tcp_open(posix_port *port, uint16_t first);
void posix_tcp_close_all(posix_port *port);
/** Listens on the addresses that there are now. */
void posix_tcp_links_changed(posix_port *port);
earshot_result posix_tcp_dial(void *context, const earshot_address *to, int *connection);
earshot_result posix_tcp_accept(void *context, int *connection, earshot_address *from);
earshot_result posix_tcp_read(void *context, int connection, uint8_t *bytes, size_t capacity, size_t *length);
earshot_result posix_tcp_write(void *context, int connection, const uint8_t *bytes, size_t length,
                               size_t *written);
void posix_tcp_close(void *context, int connection);

/** Everything but the network: all that a board needs whose sockets are not those of the system. */
const char *posix_machine_open(posix_port *port, const posix_options *options);
const char *posix_storage_open(posix_port *port);

#endif
