/** A peer that is not a board: it can send anything over a valid session. */
#ifndef STRANGER_H
#define STRANGER_H

#include "sim.h"

typedef struct stranger {
  int connection;
  es_key_pair identity;
  char id[EARSHOT_ID + 1];
  es_cipher send;
  es_cipher receive;
  es_payload payload; /**< of its handshakes; may be changed before it dials */
  es_frame frame;     /**< read last */
  /* Received and not read yet: plaintexts of records, one after the other. */
  uint8_t plain[65536];
  size_t length;
  size_t at;
} stranger;

/** Makes a stranger; its key depends on the number, divided by 8: X25519 does not use the lowest bits. */
void stranger_make(stranger *s, uint8_t number);
/** Dials a board and does the handshake; false if the board hung up. */
bool stranger_dial(stranger *s, unsigned node);
/** Announces the stranger to a board: its sessions end when they are idle. */
void stranger_hello(const stranger *s, unsigned node);
/** The same stranger, number 1, dials board 0 anew, as after a broken link. */
void stranger_dial_again(stranger *s);
/** Begins a world with a board `a`, node 0, and has a session with it. */
void stranger_begin(stranger *s, unsigned seed);
/** Sets up a session with a board without a handshake: for tests that need thousands. */
void stranger_appear(stranger *s, unsigned node);
/** Writes frames as one record, which the board reads at its next poll. */
void stranger_post(stranger *s, const void *frames, size_t length);
/** The same, and polls the board. */
void stranger_send(stranger *s, const void *frames, size_t length);
/** Reads the next frame, waiting up to 2 s for it; false if none came. */
bool stranger_next(stranger *s);
/** Reads the next frame of this type, skipping others. */
bool stranger_expect(stranger *s, es_frame_type type);
/** True if the board has hung up. */
bool stranger_is_left(stranger *s);
void stranger_end(stranger *s);

/* Frames as a record of their own. */
void stranger_say(stranger *s, const es_frame *frame);
/** Sends a chat; its id depends on its number. */
void stranger_chat(stranger *s, uint32_t seq, const char *text);
void stranger_ack(stranger *s, uint32_t seq);
void stranger_nak(stranger *s, uint32_t seq, const char *code);
void stranger_void(stranger *s, uint32_t seq);
void stranger_document(stranger *s, uint32_t seq, const char *id, const char *stream, const void *body,
                       size_t length);
/** Asks a question. */
void stranger_ask(stranger *s, uint32_t seq, const char *id, const char *json);
/** Answers a question; `code` may be empty. */
void stranger_answer(stranger *s, uint32_t seq, const char *id, const char *re, const char *code,
                     const char *json);
/** Announces a document that comes in parts. */
void stranger_announce(stranger *s, uint32_t seq, const char *id, uint64_t size, const uint8_t hash[ES_HASH]);
/** Writes such an announcement, so that several fit in one record. */
void stranger_write_head(es_writer *out, uint32_t seq, const char *id, const uint8_t hash[ES_HASH],
                         uint64_t size);
void stranger_part(stranger *s, uint32_t seq, uint64_t offset, const void *body, size_t length);

/* Checks of the next frame. */
/** A chat or a document of one frame, with this number and body. */
void stranger_check_message(stranger *s, uint32_t seq, const char *body);
/** An answer to this question, in one frame. */
void stranger_check_answer(stranger *s, const char *re, const char *code, const char *json);
/** The head of a document that goes in parts. */
void stranger_check_head(stranger *s);
/** An acknowledgement of this number alone. */
void stranger_check_ack(stranger *s, uint32_t seq);
/** An acknowledgement of these numbers, in their order. */
void stranger_check_acks(stranger *s, uint32_t first, uint32_t last);
void stranger_check_nak(stranger *s, uint32_t seq, const char *code, const char *why);
void stranger_check_void(stranger *s, uint32_t seq);
void stranger_check_want(stranger *s, uint32_t seq);
/** No frame within the 2 s that stranger_next waits. */
void stranger_check_silence(stranger *s);

#endif
