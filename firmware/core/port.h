/**
 * What the core needs of the machine it runs on. A port fills in these structs; the core includes no header
 * of an operating system. No function may block but those of storage, and none may call back into the core.
 */
#ifndef EARSHOT_PORT_H
#define EARSHOT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "earshot_result.h"

/** A time in milliseconds on a clock that never goes back. */
typedef uint64_t earshot_ms;

/** An IP address and a port. */
typedef struct earshot_address {
  uint8_t family; /**< 4 or 6 */
  uint8_t ip[16]; /**< in network order; IPv4 has the first four, the others are 0 */
  uint16_t port;
  uint32_t link; /**< the port's own number for the interface, 0 where it does not matter */
} earshot_address;

typedef enum earshot_level { EARSHOT_DEBUG, EARSHOT_INFO, EARSHOT_WARNING } earshot_level;

/**
 * What survives a power cut. Values are small (a few hundred bytes, with the outbox in it EARSHOT_TX) and
 * have keys of at most 15 characters, as an ESP32's NVS wants it; those that begin with `app-` are the
 * application's own. Files are documents; their names are of
 * `a-z A-Z 0-9 . -`, at most 48 characters. What has returned EARSHOT_OK is durable, but for files that are
 * not finished.
 */
typedef struct earshot_storage {
  /** EARSHOT_ABSENT where there is none, EARSHOT_IO where it cannot be read or is longer than `capacity`. */
  earshot_result (*get)(void *context, const char *key, uint8_t *value, size_t capacity, size_t *length);
  /**
   * Replaces the value as a whole: after a power cut it is the old one or the new one. Length 0 removes it.
   */
  earshot_result (*put)(void *context, const char *key, const uint8_t *value, size_t length);
  /** Writes at `offset`; at 0 the file begins anew. EARSHOT_QUOTA where there is no room. */
  earshot_result (*file_write)(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                               size_t length);
  /** Makes a written file durable and gives it another name, under which there is none. */
  earshot_result (*file_finish)(void *context, const char *name, const char *final_name);
  /** EARSHOT_ABSENT where there is none. */
  earshot_result (*file_size)(void *context, const char *name, uint64_t *size);
  /** Reads up to `length` bytes; `got` is less at the end of the file only. */
  earshot_result (*file_read)(void *context, const char *name, uint64_t offset, uint8_t *bytes, size_t length,
                              size_t *got);
  /** Right for a file that is not there, too. */
  void (*file_remove)(void *context, const char *name);
} earshot_storage;

typedef struct earshot_port {
  /** Handed to every function. */
  void *context;

  earshot_ms (*now)(void *context);
  /** Milliseconds since 1970; 0 where that is not known. */
  uint64_t (*wall)(void *context);
  /** Random bytes good enough for keys. Where it fails again and again, the board says nothing more. */
  earshot_result (*random)(void *context, uint8_t *bytes, size_t length);

  /**
   * Sends a datagram; to NULL: to the group, on every link, in every family. Failures are nobody's business.
   */
  void (*udp_send)(void *context, const earshot_address *to, const uint8_t *data, size_t length);
  /**
   * The next datagram that has come. `own`: to a socket that only this peer has, not to the one on port 3333.
   * EARSHOT_AGAIN where none waits. One longer than `capacity` is cut, and `length` says so by being larger.
   */
  earshot_result (*udp_receive)(void *context, uint8_t *data, size_t capacity, size_t *length,
                                earshot_address *from, bool *own);

  /** The TCP port that is listened on. */
  uint16_t tcp_port;
  /**
   * Begins to connect; the first write that is not EARSHOT_AGAIN tells how that went. Connections are numbers
   * from 0.
   */
  earshot_result (*tcp_dial)(void *context, const earshot_address *to, int *connection);
  /**
   * The next connection that somebody made; EARSHOT_AGAIN where none waits. A board that has no place for
   * another one does not ask: they wait in the queue of the system, which should not wake it for them.
   */
  earshot_result (*tcp_accept)(void *context, int *connection, earshot_address *from);
  /** EARSHOT_AGAIN where nothing has come, EARSHOT_ENDED where nothing will. */
  earshot_result (*tcp_read)(void *context, int connection, uint8_t *bytes, size_t capacity, size_t *length);
  /** Writes what fits; EARSHOT_AGAIN where nothing does. */
  earshot_result (*tcp_write)(void *context, int connection, const uint8_t *bytes, size_t length,
                              size_t *written);
  /** Ends a connection after what was written to it. */
  void (*tcp_close)(void *context, int connection);

  /**
   * NULL: nothing survives a restart, and no documents are taken but those that the application takes itself.
   */
  const earshot_storage *storage;
  /** A line for people, without newline. May be NULL. */
  void (*log)(void *context, earshot_level level, const char *text);
} earshot_port;

#endif
