/** Frames, the contents of records: PROTOCOL.md 2.10 to 2.12. */
#ifndef EARSHOT_FRAME_H
#define EARSHOT_FRAME_H

#include "flat_json.h"

typedef enum es_frame_type {
  ES_CHAT = 2,
  ES_DOCUMENT = 3,
  ES_PART = 4,
  ES_WANT = 5,
  ES_ACK = 6,
  ES_NAK = 7,
  ES_PING = 8,
  ES_PONG = 9,
  ES_VOID = 11,
  ES_CLOSE = 12,
  ES_PEERS = 13,
} es_frame_type;

typedef enum es_to { ES_TO_ALL, ES_TO_YOU } es_to;

/**
 * A frame. Members that its type does not have are 0. Texts and body are not copied: they refer to the bytes that were
 * read, or that are to be written.
 */
typedef struct es_frame {
  uint8_t type;    /**< es_frame_type, or an unknown type below 128, to be ignored */
  uint8_t to;      /**< chat: es_to */
  bool ask;        /**< document: a question */
  uint32_t seq;    /**< chat, document, part, want, nak, void */
  uint32_t n;      /**< ping, pong */
  uint64_t at;     /**< chat, document: milliseconds since 1970; 0: not given */
  uint64_t size;   /**< document */
  uint64_t offset; /**< part, want */
  uint64_t until;  /**< want: not less than `offset` */
  es_text name;    /**< document: not empty */
  es_text stream;  /**< document: not empty, or not given */
  es_text sha256;  /**< document: see es_sha256_bytes; may be not given */
  es_text why;     /**< nak, close */
  const uint8_t *body;
  size_t length;                   /**< of the body: text, document, piece, numbers, list of peers */
  char id[ES_ULID_CHARACTERS + 1]; /**< chat, document */
  char re[ES_ULID_CHARACTERS + 1]; /**< document: the question that it answers; empty: none */
  char code[ES_WORD_MAX + 1];      /**< nak; document: of an answer, may be empty */
} es_frame;

/**
 * Reads the frame that begins at `*at` in the plaintext of a record, and moves `*at` to its end.
 *
 * EARSHOT_TOO_SHORT, TOO_LONG, BAD_JSON, BAD_FIELD, BAD_TYPE, BAD_LENGTH, BAD_UTF8.
 */
earshot_result es_frame_read(es_frame *frame, const uint8_t *plain, size_t length, size_t *at);

/** Checks every frame of a record, so that none takes effect if one is malformed. */
earshot_result es_frames_check(const uint8_t *plain, size_t length);

/** Begins a frame of this type; all other members are 0. */
void es_frame_begin(es_frame *frame, es_frame_type type);

/**
 * Appends a frame of a known type. If `body` is NULL, leaves room for `length` bytes for the caller to fill in. False,
 * and nothing written, if it does not fit.
 */
bool es_frame_write(const es_frame *frame, es_writer *out);
/** Appends a `close` with this reason, in the same way. */
bool es_frame_write_close(const char *why, es_writer *out);

#endif
