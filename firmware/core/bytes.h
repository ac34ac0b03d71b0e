/** Bytes: big-endian integers, and writing that cannot run over. */
#ifndef EARSHOT_BYTES_H
#define EARSHOT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Before a static function that several others call: compilers would copy it into each, which takes more code. */
#define ES_SHARED __attribute__((noinline))

uint16_t es_get_u16(const uint8_t *bytes);
uint32_t es_get_u32(const uint8_t *bytes);
void es_put_u16(uint8_t *bytes, uint16_t value);
void es_put_u32(uint8_t *bytes, uint32_t value);

/** Reads and sets an unsigned integer member of 1, 2, 4 or 8 bytes, in the byte order of the machine. */
uint64_t es_number_at(const void *member, size_t bytes);
void es_set_number(void *member, size_t bytes, uint64_t number);

/** A buffer that is written to. What does not fit is left out, and sets `overflow`. `bytes` NULL: only counts. */
typedef struct es_writer {
  uint8_t *bytes;
  size_t length;
  size_t capacity;
  bool overflow;
} es_writer;

static inline es_writer es_writer_on(uint8_t *bytes, size_t capacity) {
  es_writer writer = {bytes, 0, capacity, false};
  return writer;
}

/** Appends bytes; if `bytes` is NULL, leaves room for `length` of them. */
void es_write(es_writer *writer, const void *bytes, size_t length);
void es_write_byte(es_writer *writer, uint8_t byte);
/** Writes a text that ends with NUL, without the NUL. */
void es_write_text(es_writer *writer, const char *text);
/** Writes a number in decimal digits. */
void es_write_number(es_writer *writer, uint64_t number);
/** Writes two hexadecimal digits for each byte. */
void es_write_hex(es_writer *writer, const uint8_t *bytes, size_t length);

/*
 * Functions of the C library, by names of our own: they are far from the core in the memory of a chip, so that each call of
 * them takes twice as many bytes as one of these.
 */

/** Sets all of it to zero. */
void es_clear(void *object, size_t bytes);
/** Copies so many bytes to a place that does not overlap theirs. */
void es_copy(void *to, const void *from, size_t bytes);
/** True if so many bytes are the same in both places. */
bool es_same_bytes(const void *a, const void *b, size_t bytes);
/** Length of a text, without the NUL at its end. */
size_t es_length(const char *text);
/** Overwrites a secret, in a way that compilers do not leave out. */
void es_wipe(void *bytes, size_t length);

/** The letters A to Z in lower case. */
char es_lower(char c);
/** True if a text of this length begins with `with`, without regard to the case of A to Z. */
bool es_begins(const char *text, size_t length, const char *with);

/** True if two texts that end with NUL are the same. */
bool es_same_text(const char *a, const char *b);

/** Of texts one after the other, each with a NUL, the one after `before` others. */
const char *es_nth_text(const char *texts, unsigned before);

/** Copies a text that ends with NUL into an array, cut to what fits before its own NUL. */
void es_copy_text(char *to, size_t capacity, const char *from);

#endif
