/** Whether a document is JSON: PROTOCOL.md section 5. Takes it in pieces of any size, without recursion. */
#ifndef EARSHOT_JSON_CHECK_H
#define EARSHOT_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "earshot_result.h"
#include "protocol_limits.h"

typedef struct es_json_check {
  uint64_t offset; /**< bytes read; after a failure, of the first wrong one */
  uint8_t state;
  uint8_t low; /**< range of the next byte of a character */
  uint8_t high;
  uint8_t left; /**< bytes, digits or letters that are still to come */
  bool in_key;
  uint16_t depth;
  const char *rest;                       /**< what must follow of `true`, `false` or `null` */
  uint8_t objects[ES_JSON_DEPTH_MAX / 8]; /**< a bit for each level: an object, else an array */
} es_json_check;

void es_json_begin(es_json_check *check);
/** Takes the next piece. EARSHOT_NOT_JSON at the first byte that cannot be, and for all that follows. */
earshot_result es_json_add(es_json_check *check, const uint8_t *bytes, size_t length);
/** The document is complete. EARSHOT_NOT_JSON where it cannot end here. */
earshot_result es_json_end(const es_json_check *check);

#endif
