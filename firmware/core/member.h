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
  ES_V_U16,
  ES_V_PORT,
  ES_V_WINDOW,
  ES_V_U32,
  ES_V_SEQ,
  ES_V_U53,
} es_value;

/* clang-format off */
/** The names of all members, for X(name). */
#define ES_MEMBER_NAMES(X) \
  X(address) X(age) X(answers) X(app) X(ask) X(at) X(boot) X(brief) X(call) X(can) X(code) X(echo) X(every) \
  X(group) X(id) X(kind) X(n) X(name) X(nonce) X(offset) X(plain) X(port) X(re) X(rx) X(seq) X(sha256) X(size) \
  X(stream) X(t) X(to) X(until) X(want) X(why) X(window)
/* clang-format on */

/** The names one after the other, so that a rule says with one byte where its name begins. */
typedef struct es_member_names {
#define ES_NAME_OF(member) char member[sizeof #member];
  ES_MEMBER_NAMES(ES_NAME_OF)
#undef ES_NAME_OF
} es_member_names;

typedef struct es_member_rule {
  uint8_t name;  /**< its offset in es_member_names */
  uint8_t value; /**< es_value */
  uint16_t optional : 1;
  uint16_t offset : 15; /**< in the struct */
} es_member_rule;

/** A row of a table: a member, its kind of value, and if it may be missing. */
#define ES_MEMBER(struct_name, member, value, optional) \
  ES_MEMBER_IN(struct_name, member, member, value, optional)
/** The same for a name that is not that of the member of the struct. */
#define ES_MEMBER_IN(struct_name, member, name, value, optional) \
  { offsetof(es_member_names, name), value, optional, offsetof(struct_name, member) }

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
