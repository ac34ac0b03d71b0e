/**
 * Members of flat objects by name and kind of value, as in the tables of PROTOCOL.md. One table serves reading and
 * writing.
 */
#ifndef EARSHOT_MEMBER_H
#define EARSHOT_MEMBER_H

#include "flat_json.h"

/** The kinds of values of PROTOCOL.md, and the C type of each. */
typedef enum es_value {
  /* char[], ends with NUL: escapes resolved; empty if an optional one is missing */
  ES_V_ID,
  ES_V_ULID,
  ES_V_LABEL,
  ES_V_TARGET,
  ES_V_KIND,
  ES_V_WORD,
  ES_V_APP,
  ES_V_NONCE,
  /* es_text: escapes not resolved; `bytes` NULL if an optional one is missing */
  ES_V_FILLED,
  ES_V_TEXT,
  ES_V_SHA256,
  /* uint8_t: index of the word, from 0 */
  ES_V_ANNOUNCEMENT_TYPE, /**< hello, ask, bye */
  ES_V_TO,                /**< all, you */
  /* bool */
  ES_V_FLAG,
  /* uint16_t, uint32_t, uint64_t: 0 if an optional one is missing */
  ES_V_PORT,
  ES_V_PORT_OR_0,
  ES_V_RX,
  ES_V_WINDOW,
  ES_V_U32,
  ES_V_SEQ,
  ES_V_U53,
} es_value;

typedef struct es_member_rule {
  const char *name;
  uint8_t value; /**< es_value */
  bool optional;
  uint16_t offset; /**< in the struct */
} es_member_rule;

/** A row of a table: a member, its kind of value, and if it may be missing. */
#define ES_MEMBER(struct_name, member, value, optional) \
  { #member, value, optional, (uint16_t)offsetof(struct_name, member) }

/**
 * Reads the members of a table into a struct; skips others. EARSHOT_BAD_FIELD if one is missing or invalid.
 */
earshot_result es_members_read(const es_flat *flat, const es_member_rule *rules, size_t count, void *object);

/** Reads one object that takes all of `bytes`, and its members in the same way; EARSHOT_BAD_JSON if it is not one. */
earshot_result es_members_parse(const uint8_t *bytes, size_t length, const es_member_rule *rules,
                                size_t count, void *object);

/** Writes the members, except optional ones that are empty, 0 or false; nothing at all if the table is empty. */
void es_members_write(const es_member_rule *rules, size_t count, const void *object, es_writer *writer);

/** True if a text, escapes resolved, is valid for a kind that is a char[]. */
bool es_is_text(es_value value, const char *text);

/** The bytes of a SHA-256 that was read. */
void es_sha256_bytes(es_text text, uint8_t hash[ES_HASH]);

#endif
