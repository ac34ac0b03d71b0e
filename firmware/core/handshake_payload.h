/** The payload of handshake messages 2 and 3: PROTOCOL.md 2.9. */
#ifndef EARSHOT_HANDSHAKE_PAYLOAD_H
#define EARSHOT_HANDSHAKE_PAYLOAD_H

#include "flat_json.h"

typedef struct es_payload {
  char name[ES_LABEL_BYTES + 1];
  char kind[ES_KIND_MAX + 1];
  uint32_t boot;
  char app[ES_APP_MAX + 1];
  uint16_t rx;     /**< largest record that it accepts, bytes */
  uint16_t window; /**< most unanswered messages at a time */
  es_text can;     /**< features: refers to the bytes that were read; `bytes` NULL: none */
  bool brief;      /**< a short-lived command */
  bool answers;    /**< beside `brief`: it takes answers */
  bool can_ask;    /**< `can` names `ask`; set by es_payload_read */
} es_payload;

/** Writes the payload. EARSHOT_TOO_LONG if it does not fit. */
earshot_result es_payload_write(const es_payload *payload, es_writer *writer);

/** Reads it. EARSHOT_TOO_LONG, BAD_JSON, BAD_FIELD. */
earshot_result es_payload_read(es_payload *payload, const uint8_t *bytes, size_t length);

#endif
