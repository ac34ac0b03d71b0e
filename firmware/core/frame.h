/** Frames, what records are made of: PROTOCOL.md sections 4.5 to 4.7. */
#ifndef EARSHOT_FRAME_H
#define EARSHOT_FRAME_H

#include "flat_json.h"

typedef enum es_frame_type {
  ES_HAVE = 1,
  ES_CHAT = 2,
  ES_DOCUMENT = 3,
  ES_PART = 4,
  ES_WANT = 5,
  ES_ACK = 6,
  ES_NAK = 7,
  ES_PING = 8,
  ES_PONG = 9,
  ES_EPOCH = 10,
  ES_VOID = 11,
  ES_CLOSE = 12,
} es_frame_type;

/** A frame, understood. Which members are set, its type says; texts and body refer to the bytes that were read. */
typedef struct es_frame {
  uint8_t type;   /**< es_frame_type, or one below 128 that is not known here and to be ignored */
  uint32_t seq;   /**< chat, document, part, want, nak, void */
  uint32_t epoch; /**< have, epoch */
  uint32_t upto;  /**< have */
  uint32_t n;     /**< ping, pong */
  char id[ES_ULID_CHARACTERS + 1]; /**< chat, document */
  bool to_all;                     /**< chat */
  bool has_at;
  bool has_stream;
  bool has_sha256;
  uint64_t at;     /**< chat, document: milliseconds since 1970 */
  uint64_t size;   /**< document */
  uint64_t offset; /**< part, want */
  uint64_t until;  /**< want: not less than `offset` */
  es_text name;    /**< document: not empty */
  es_text stream;  /**< document: not empty */
  uint8_t sha256[ES_HASH];
  char code[ES_WORD_MAX + 1]; /**< nak */
  es_text why;                /**< nak, close */
  const uint8_t *body;
  size_t length; /**< of the body: bitmap, text, document, piece, numbers */
} es_frame;

/**
 * Reads the frame that begins at `*at` in the plaintext of a record, and moves `*at` behind it.
 *
 * EARSHOT_TOO_SHORT, TOO_LONG, BAD_JSON, BAD_FIELD, BAD_TYPE, BAD_LENGTH, BAD_UTF8.
 */
earshot_result es_frame_read(es_frame *frame, const uint8_t *plain, size_t length, size_t *at);

/** Reads every frame of a record, so that nothing of it takes effect where one is malformed. */
earshot_result es_frames_check(const uint8_t *plain, size_t length);

/* Writing: begin, the head with es_flat_put_…, end the head, the body, end. */

typedef struct es_frame_writer {
  es_writer *out;
  size_t start;
  size_t head_end;
} es_frame_writer;

es_frame_writer es_frame_begin(es_writer *out, es_frame_type type);
void es_frame_end_head(es_frame_writer *frame);
/** Completes the frame with the body written behind its head; takes it back and gives false where it does not fit. */
bool es_frame_end(es_frame_writer *frame);

/* Whole frames with a head of one or two numbers, and no body; false, and nothing written, where they do not fit. */
bool es_frame_put_number(es_writer *out, es_frame_type type, const char *name, uint32_t value);
bool es_frame_put_have(es_writer *out, uint32_t epoch, uint32_t upto, const uint8_t *bitmap, size_t length);
bool es_frame_put_nak(es_writer *out, uint32_t seq, const char *code, const char *why);
bool es_frame_put_close(es_writer *out, const char *why);
bool es_frame_put_want(es_writer *out, uint32_t seq, uint64_t offset, uint64_t until);

#endif
