/**
 * Records, `u16 length ‖ bytes`, out of a byte stream: PROTOCOL.md 2.10. Handshake messages come the
 * same way.
 */
#ifndef EARSHOT_RECORD_H
#define EARSHOT_RECORD_H

#include "noise.h"

#define ES_RECORD_HEADER 2

/** A record on its way in: the bytes of it that have arrived, its length among them. */
typedef struct es_record {
  uint8_t *bytes; /**< the caller's, ES_RECORD_HEADER longer than the longest record */
  size_t max;     /**< largest length that may be declared */
  size_t held;
} es_record;

/**
 * How many more bytes the record in arrival takes at least: never 0, and never more than the buffer holds.
 */
size_t es_record_missing(const es_record *record);

/**
 * Says that so many bytes, es_record_missing at most, were put behind those held.
 *
 * EARSHOT_OK: the record is complete. EARSHOT_AGAIN: more has to come. EARSHOT_TOO_LONG, TOO_SHORT: no such
 * length is allowed; the stream is of no use any more.
 */
earshot_result es_record_arrived(es_record *record, size_t bytes);

/** Length of a complete record, without its header. */
size_t es_record_length(const es_record *record);

/**
 * Makes a record of the plaintext that lies behind room for its header, in place. Gives its length, header
 * among it; 0 where encryption failed. There must be room for ES_TAG bytes more.
 */
size_t es_record_seal(es_cipher *cipher, uint8_t *bytes, size_t plain_length);

#endif
