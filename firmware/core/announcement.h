/** Announcements, the datagrams of discovery: PROTOCOL.md 2.7; relays: tests/vectors/README.md. */
#ifndef EARSHOT_ANNOUNCEMENT_H
#define EARSHOT_ANNOUNCEMENT_H

#include "crypto.h"
#include "protocol_limits.h"

typedef enum es_announcement_type { ES_HELLO, ES_ASK, ES_BYE } es_announcement_type;

/**
 * A peer's description of itself, unproven until a session proves it. A text that is not given is empty.
 */
typedef struct es_announcement {
  uint8_t t; /**< es_announcement_type */
  char id[ES_ID_CHARACTERS + 1];
  char name[ES_LABEL_BYTES + 1];
  char group[ES_WORD_MAX + 1];
  char kind[ES_KIND_MAX + 1];
  uint32_t boot;
  uint32_t seq;
  uint16_t port;  /**< 0 only if `brief` */
  uint32_t every; /**< seconds; 10 to 1 000 in an announcement that was read */
  char nonce[ES_NONCE_CHARACTERS + 1];
  char echo[ES_NONCE_CHARACTERS + 1];
  char want[ES_LABEL_BYTES + 1];
  bool brief;
  bool call;
  uint16_t plain; /**< 0: not given */
} es_announcement;

/** Writes an announcement of an open group. EARSHOT_TOO_LONG if it does not fit. */
earshot_result es_announcement_write(const es_announcement *announcement, es_writer *writer);

/**
 * Writes an announcement of a closed group. `key` is the group's announceKey, `nonce` 12 bytes never used before.
 */
earshot_result es_announcement_seal(const es_announcement *announcement, es_key key, const uint8_t nonce[12],
                                    es_writer *writer);

/**
 * Reads an announcement: a sealed one if there is a key (announceKey), an open one if `key` is ES_NO_KEY. Decrypts in
 * place. The caller compares the name of the group.
 *
 * Errors in this order: EARSHOT_TOO_LONG, TOO_SHORT, BAD_MAGIC, WRONG_GROUP, UNDECIPHERABLE, BAD_JSON,
 * BAD_FIELD.
 */
earshot_result es_announcement_read(es_announcement *announcement, uint8_t *data, size_t length, es_key key);

/** An announcement repeated for the other peers of a host. */
typedef struct es_relay {
  uint8_t address[16]; /**< the address to answer to; IPv4 as ::ffff:a.b.c.d */
  uint16_t port;
  const uint8_t *datagram;
  size_t length;
} es_relay;

/** Wraps an announcement. Errors as es_relay_read. */
earshot_result es_relay_write(const es_relay *relay, es_writer *writer);
/** Unwraps an announcement without reading it. EARSHOT_TOO_SHORT, BAD_MAGIC, BAD_FIELD, TOO_LONG. */
earshot_result es_relay_read(es_relay *relay, const uint8_t *data, size_t length);

#endif
