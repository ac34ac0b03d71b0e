/**
 * The core's port to a POSIX system: sockets, and files in a state folder. For trying and testing boards on a desk.
 */
#ifndef EARSHOT_POSIX_PORT_H
#define EARSHOT_POSIX_PORT_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most interfaces, counted once for each family; connections; listening sockets. */
#define POSIX_LINKS 16
#define POSIX_CONNECTIONS 16
#define POSIX_LISTENERS 16

/** An interface in one family. */
typedef struct posix_link {
  uint8_t family;
  unsigned index;
  char interface[16];
  uint8_t ip[16]; /**< our address on it */
  int own;        /**< socket on a port of our own; all datagrams are sent through it */
} posix_link;

typedef struct posix_connection {
  int socket; /**< -1: free */
  bool empty; /**< read to the end: only then waits for it to be readable */
  bool full;  /**< the last write did not take all bytes: wait for it to be writable */
} posix_connection;

typedef struct posix_port {
  earshot_port port; /**< for earshot_init */
  /* network */
  const char *const *interfaces; /**< names or addresses; NULL: all */
  unsigned interface_count;
  posix_link links[POSIX_LINKS];
  unsigned link_count;
  int shared[2];        /**< sockets on port 3333, of IPv4 and IPv6; -1: none */
  unsigned next_socket; /**< socket to read the next datagram from */
  int listeners[POSIX_LISTENERS];
  unsigned listener_count;
  uint16_t first_port; /**< the first to try */
  bool queue;          /**< connections may wait that cannot be accepted yet: do not wake for them */
  posix_connection connections[POSIX_CONNECTIONS];
  earshot_ms rescan_at;
  earshot_ms rejoin_at;
  /* storage */
  char state[512];
  uint64_t quota; /**< most bytes of all received documents; 0: no limit */
  earshot_storage storage;
  bool verbose;
} posix_port;

/** Options of a board on this machine. */
typedef struct posix_options {
  const char *state;             /**< folder, created if missing; NULL: no storage */
  const char *const *interfaces; /**< names or addresses, which must outlive the port; NULL: all */
  unsigned interface_count;
  uint16_t tcp_port; /**< the first of 17 to try; 0: 3333 */
  uint64_t quota;    /**< bytes; 0: no limit */
  bool verbose;      /**< log everything */
} posix_options;

/**
 * Opens sockets and folders. Returns NULL, or an error message. An interface may get its address later: see
 * posix_port_links_changed.
 */
const char *posix_port_open(posix_port *port, const posix_options *options);
void posix_port_close(posix_port *port);

/**
 * Waits for sockets and, if `input` is true, for standard input, `ms` milliseconds at most. True if standard input is
 * readable.
 */
bool posix_port_wait(posix_port *port, uint32_t ms, bool input);
/** Checks from time to time if interfaces or addresses came or went; true if they did. */
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
/** Listens on the present addresses. */
void posix_tcp_links_changed(posix_port *port);
earshot_result posix_tcp_dial(void *context, const earshot_address *to, int *connection);
earshot_result posix_tcp_accept(void *context, int *connection, earshot_address *from);
earshot_result posix_tcp_read(void *context, int connection, uint8_t *bytes, size_t capacity, size_t *length);
earshot_result posix_tcp_write(void *context, int connection, const uint8_t *bytes, size_t length,
                               size_t *written);
void posix_tcp_close(void *context, int connection);

/** Opens everything but the network, for a board with sockets of its own. Returns NULL, or an error message. */
const char *posix_machine_open(posix_port *port, const posix_options *options);
const char *posix_storage_open(posix_port *port);

#ifdef __cplusplus
}
#endif

#endif
