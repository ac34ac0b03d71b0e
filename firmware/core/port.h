/**
 * The interface between the core and a machine. A port fills in these structs; the core includes no header of an
 * operating system. Only the functions of storage may block, and none may call back into the core.
 */
#ifndef EARSHOT_PORT_H
#define EARSHOT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "earshot_result.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A time in milliseconds on a clock that never goes back. */
typedef uint64_t earshot_ms;

/** An IP address and a port. */
typedef struct earshot_address {
  uint8_t family; /**< 4 or 6 */
  uint8_t ip[16]; /**< in network order; IPv4 has the first four, the others are 0 */
  uint16_t port;
  uint32_t link; /**< the port's number of the interface, for addresses that need one; else 0 */
} earshot_address;

typedef enum earshot_level { EARSHOT_DEBUG, EARSHOT_INFO, EARSHOT_WARNING } earshot_level;

/**
 * Storage that survives a power cut. Values are small: some hundred bytes, those of the outbox up to
 * EARSHOT_OUTBOX_BYTES. Keys have at most 15 characters, as in NVS on an ESP32; those that begin with `app-` belong to
 * the application. Files are documents; their names have at most 48 characters of `a-z A-Z 0-9 . -`. A call that
 * returns EARSHOT_OK has made its change durable, except writes to an unfinished file.
 */
typedef struct earshot_storage {
  /** Reads a value. EARSHOT_ABSENT if there is none, EARSHOT_IO if it is unreadable or longer than `capacity`. */
  earshot_result (*get)(void *context, const char *key, uint8_t *value, size_t capacity, size_t *length);
  /**
   * Replaces the value as a whole: after a power cut it is the old one or the new one. Length 0 removes it.
   */
  earshot_result (*put)(void *context, const char *key, const uint8_t *value, size_t length);
  /** Writes at `offset`; offset 0 truncates the file first. EARSHOT_QUOTA if there is no room. */
  earshot_result (*file_write)(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                               size_t length);
  /** Makes a written file durable and renames it; no file has the final name. */
  earshot_result (*file_finish)(void *context, const char *name, const char *final_name);
  /** Gives the size of a finished file. EARSHOT_ABSENT if there is none. */
  earshot_result (*file_size)(void *context, const char *name, uint64_t *size);
  /** Reads up to `length` bytes; `got` is less only at the end of the file. */
  earshot_result (*file_read)(void *context, const char *name, uint64_t offset, uint8_t *bytes, size_t length,
                              size_t *got);
  /** Removes a file, finished or not; nothing happens if there is none. */
  void (*file_remove)(void *context, const char *name);
} earshot_storage;

typedef struct earshot_port {
  /** Passed to every function. */
  void *context;

  earshot_ms (*now)(void *context);
  /** Wall clock, milliseconds since 1970; 0 if it is not known. */
  uint64_t (*wall)(void *context);
  /** Random bytes fit for keys. If it fails again and again, the board sends nothing any more. */
  earshot_result (*random)(void *context, uint8_t *bytes, size_t length);

  /**
   * Sends a datagram to an address, or if `to` is NULL to the multicast groups, on every link and in every family.
   * Failures are ignored.
   */
  void (*udp_send)(void *context, const earshot_address *to, const uint8_t *data, size_t length);
  /**
   * Reads the next datagram; EARSHOT_AGAIN if none waits. `own`: it came to a socket of this peer alone, not to port
   * 3333. A datagram longer than `capacity` is cut; `length` is then larger than `capacity`.
   */
  earshot_result (*udp_receive)(void *context, uint8_t *data, size_t capacity, size_t *length,
                                earshot_address *from, bool *own);

  /** The TCP port that it listens on. */
  uint16_t tcp_port;
  /**
   * Begins to connect; the first write that does not return EARSHOT_AGAIN shows the result. Connections are numbers
   * from 0.
   */
  earshot_result (*tcp_dial)(void *context, const earshot_address *to, int *connection);
  /**
   * Accepts the next connection; EARSHOT_AGAIN if none waits. A board without a place for another one does not call
   * it: connections wait in the system's queue, and should not wake the board.
   */
  earshot_result (*tcp_accept)(void *context, int *connection, earshot_address *from);
  /** Reads up to `capacity` bytes; EARSHOT_AGAIN if none has come, EARSHOT_ENDED if the peer has closed. */
  earshot_result (*tcp_read)(void *context, int connection, uint8_t *bytes, size_t capacity, size_t *length);
  /** Writes as many bytes as fit; EARSHOT_AGAIN if none does. */
  earshot_result (*tcp_write)(void *context, int connection, const uint8_t *bytes, size_t length,
                              size_t *written);
  /** Closes a connection after the bytes written to it are sent. */
  void (*tcp_close)(void *context, int connection);

  /**
   * NULL: nothing survives a restart, and only documents that the application's handler accepts are received.
   */
  const earshot_storage *storage;
  /** Logs a line of text, without newline. May be NULL. */
  void (*log)(void *context, earshot_level level, const char *text);
} earshot_port;

#ifdef __cplusplus
}
#endif

#endif
