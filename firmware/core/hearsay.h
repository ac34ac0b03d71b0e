/** Lists of peers that others tell of, the bodies of `peers` frames: PROTOCOL.md 2.12. */
#ifndef EARSHOT_HEARSAY_H
#define EARSHOT_HEARSAY_H

#include "port.h"
#include "protocol_limits.h"

/** Facts that a peer tells of another one. */
typedef struct es_hearsay {
  char id[ES_ID_CHARACTERS + 1];
  char name[ES_LABEL_BYTES + 1];
  char kind[ES_KIND_MAX + 1];
  char text[ES_APP_MAX + 1]; /**< of its address */
  uint16_t port;
  uint32_t age;
  earshot_address address; /**< with the port */
} es_hearsay;

/** Reads the one that begins at `*at`, and moves `*at` to its end. EARSHOT_BAD_LENGTH, TOO_LONG, BAD_JSON, BAD_FIELD. */
earshot_result es_hearsay_read(const uint8_t *list, size_t length, size_t *at, es_hearsay *told);
/** Checks a whole list. */
earshot_result es_hearsay_check(const uint8_t *list, size_t length);

#endif
