/** Checks that a document is JSON: PROTOCOL.md 2.15. Takes it in pieces of any size, without recursion. */
#ifndef EARSHOT_JSON_CHECK_H
#define EARSHOT_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "earshot_result.h"
#include "protocol_limits.h"

typedef struct es_json_check {
  uint32_t offset; /**< bytes read; after a failure, of the first wrong one */
  uint16_t depth;
  uint8_t state;
  bool in_key;
  uint8_t objects[ES_JSON_DEPTH_MAX / 8]; /**< a bit for each level: an object, else an array */
} es_json_check;

void es_json_begin(es_json_check *check);
/** Takes the next piece. EARSHOT_NOT_JSON from the first invalid byte on. */
earshot_result es_json_add(es_json_check *check, const uint8_t *bytes, size_t length);
/** Ends the document. EARSHOT_NOT_JSON if it is incomplete. */
earshot_result es_json_end(const es_json_check *check);

/** Checks a document in one piece. EARSHOT_NOT_JSON; `offset` is then that of the first invalid byte. */
earshot_result es_json_whole(const uint8_t *bytes, size_t length, uint32_t *offset);

#endif
