/**
 * Records, `u16 length ‖ bytes`, in a byte stream: PROTOCOL.md 2.10. Handshake messages have the same framing.
 */
#ifndef EARSHOT_RECORD_H
#define EARSHOT_RECORD_H

#include "noise.h"

#define ES_RECORD_HEADER 2

/** A record that is being read. */
typedef struct es_record {
  uint8_t *bytes; /**< the caller's, ES_RECORD_HEADER longer than the longest record */
  size_t max;     /**< largest length that may be declared */
  size_t held;    /**< bytes that have arrived, the header among them */
} es_record;

/**
 * Number of bytes to read next: never 0, never past the end of the record or of the buffer.
 */
size_t es_record_missing(const es_record *record);

/**
 * Notes that `bytes` more bytes, es_record_missing at most, were read to the end of those held.
 *
 * EARSHOT_OK: the record is complete. EARSHOT_AGAIN: it is not. EARSHOT_TOO_LONG, TOO_SHORT: its length is not allowed,
 * and the stream is unusable.
 */
earshot_result es_record_arrived(es_record *record, size_t bytes);

/** Length of a complete record, without its header. */
size_t es_record_length(const es_record *record);

/**
 * Encrypts a record in place: `bytes` has room for the header, then the plaintext, then room for ES_TAG bytes. Returns
 * the length of the record with its header; 0 if encryption failed.
 */
size_t es_record_seal(es_cipher *cipher, uint8_t *bytes, size_t plain_length);

#endif
