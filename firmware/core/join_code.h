/** Groups and their join codes: PROTOCOL.md 2.6. */
#ifndef EARSHOT_JOIN_CODE_H
#define EARSHOT_JOIN_CODE_H

#include "crypto.h"

/** Characters of the longest join code, a dot among them. */
#define ES_JOIN_CODE_MAX (ES_WORD_MAX + 1 + 32)

/** A group; a closed one has keys. */
typedef struct es_group {
  char name[ES_WORD_MAX + 1];
  bool closed;
  uint8_t announce_key[ES_KEY];
  uint8_t session_key[ES_KEY];
} es_group;

/**
 * Reads a join code, in either case and with any space around it, and computes the keys of the group.
 *
 * EARSHOT_SHAPE, NAME or CHECK if it is invalid.
 */
earshot_result es_join_code_read(es_group *group, const char *code, size_t length);

/** Writes the join code of a secret. EARSHOT_NAME if `name` cannot be a group's name. */
earshot_result es_join_code_write(const char *name, const uint8_t secret[ES_SECRET],
                                  char code[ES_JOIN_CODE_MAX + 1]);

#endif
