/**
 * Flat JSON (PROTOCOL.md 2.2): one object without nesting. Reading copies nothing: members refer to the bytes that
 * were read, which must outlive them.
 */
#ifndef EARSHOT_FLAT_JSON_H
#define EARSHOT_FLAT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "earshot_result.h"
#include "protocol_limits.h"

/** The inside of a JSON string as it was written: well-formed, escapes not resolved yet. */
typedef struct es_text {
  const uint8_t *bytes;
  size_t length;
} es_text;

typedef enum es_kind {
  ES_STRING,
  ES_INTEGER, /**< from 0 to 2^53 - 1, written with digits only */
  ES_NUMBER,  /**< every other number: no member accepts it */
  ES_TRUE,
  ES_FALSE,
  ES_NULL,
} es_kind;

/** Offsets and lengths of a member in the bytes that were read; of a string with its quotes. */
typedef struct es_member {
  uint16_t name_at;
  uint16_t name_length;
  uint16_t value_at;
  uint16_t value_length;
  uint8_t kind;
} es_member;

typedef struct es_flat {
  const uint8_t *bytes;
  uint8_t count;
  es_member members[ES_FLAT_MEMBERS_MAX];
} es_flat;

/** Reads one object that takes all of `bytes`, 65 535 at most. EARSHOT_BAD_JSON if it is not one. */
earshot_result es_flat_read(es_flat *flat, const uint8_t *bytes, size_t length);

es_text es_flat_name(const es_flat *flat, const es_member *member);
/** The value of a member of kind ES_STRING. */
es_text es_flat_string(const es_flat *flat, const es_member *member);
/** The value of a member of kind ES_INTEGER. */
uint64_t es_flat_integer(const es_flat *flat, const es_member *member);
/** The member of this name; NULL if there is none. */
const es_member *es_flat_find(const es_flat *flat, const char *name);

/** Refers to a text that needs no escapes. */
es_text es_text_of(const char *text);

/** True if a string is this text, its escapes resolved. `expected` must not need escapes. */
bool es_text_is(es_text text, const char *expected);

/**
 * Decodes a string into UTF-8 and a NUL, cut after the last whole character that fits; a string that was not given is
 * empty. True if all of it fits, and has no character that flat JSON forbids.
 */
bool es_text_decode(es_text text, char *to, size_t capacity);
/** True if es_text_decode would return true. */
bool es_text_fits(es_text text, size_t capacity);

/*
 * Writing: begin, members in their order, end. A member is its name and then a value: one of these, or
 * anything that is written after it. Texts end with NUL and are UTF-8.
 */
void es_flat_begin(es_writer *writer);
void es_flat_put_name(es_writer *writer, const char *name);
void es_flat_put_text(es_writer *writer, const char *text);
/** Writes a string that is escaped already, as es_flat_escape does it. */
void es_flat_put_raw(es_writer *writer, es_text text);
void es_flat_end(es_writer *writer);
/** Writes the inside of a JSON string, with only the escapes that JSON requires. */
void es_flat_escape(es_writer *writer, const char *text);

#endif
