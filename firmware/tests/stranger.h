/** A peer that is no board: it can say anything over a good session. */
#ifndef STRANGER_H
#define STRANGER_H

#include "sim.h"

typedef struct stranger {
  int connection;
  es_key_pair identity;
  char id[EARSHOT_ID + 1];
  es_cipher send;
  es_cipher receive;
  es_payload payload; /**< what it says of itself; may be changed before it dials */
  es_frame frame;     /**< read last */
  /* What came and was not looked at yet: plaintext of records, one behind the other. */
  uint8_t plain[65536];
  size_t length;
  size_t at;
} stranger;

/** Makes one, with a key that follows from the number. */
void stranger_make(stranger *s, uint8_t number);
/** Dials a board and shakes hands; false where it hung up. */
bool stranger_dial(stranger *s, unsigned node);
/** The same stranger, number 1, dials board 0 anew, as after a broken link. */
void stranger_dial_again(stranger *s);
/** Begins a world with a board `a`, node 0, and has a session with it. */
void stranger_begin(stranger *s, unsigned seed);
/** Has a session with a board as if hands had been shaken: for tests that need thousands. */
void stranger_appear(stranger *s, unsigned node);
/** Puts frames as one record where the board will find them. */
void stranger_post(stranger *s, const void *frames, size_t length);
/** The same, and lets the board find them. */
void stranger_send(stranger *s, const void *frames, size_t length);
/** Reads the next frame, waiting up to 2 s for it; false if none came. */
bool stranger_next(stranger *s);
/** The next frame of this type; others are passed over. */
bool stranger_expect(stranger *s, es_frame_type type);
/** Whether the board has hung up. */
bool stranger_is_left(stranger *s);
void stranger_end(stranger *s);

/* Frames as a record of their own. */
void stranger_say(stranger *s, const es_frame *frame);
/** Its id follows from its number. */
void stranger_chat(stranger *s, uint32_t seq, const char *text);
void stranger_ack(stranger *s, uint32_t seq);
void stranger_nak(stranger *s, uint32_t seq, const char *code);
void stranger_void(stranger *s, uint32_t seq);
void stranger_document(stranger *s, uint32_t seq, const char *id, const char *stream, const void *body,
                       size_t length);
/** The head of a document that comes in parts. */
void stranger_announce(stranger *s, uint32_t seq, const char *id, uint64_t size, const uint8_t hash[ES_HASH]);
/** Writes such a head: several go in one record. */
void stranger_write_head(es_writer *out, uint32_t seq, const char *id, const uint8_t hash[ES_HASH],
                         uint64_t size);
void stranger_part(stranger *s, uint32_t seq, uint64_t offset, const void *body, size_t length);

/* Checks of the next frame. */
/** A chat or a document of one frame, with this number and body. */
void stranger_check_message(stranger *s, uint32_t seq, const char *body);
/** The head of a document that goes in parts. */
void stranger_check_head(stranger *s);
/** An acknowledgement of this number alone. */
void stranger_check_ack(stranger *s, uint32_t seq);
/** An acknowledgement of these numbers, in their order. */
void stranger_check_acks(stranger *s, uint32_t first, uint32_t last);
void stranger_check_nak(stranger *s, uint32_t seq, const char *code, const char *why);
void stranger_check_void(stranger *s, uint32_t seq);
void stranger_check_want(stranger *s, uint32_t seq);
/** None comes in the two seconds that stranger_next waits. */
void stranger_check_silence(stranger *s);

#endif
