/**
 * Unfinished handshakes, in both roles: PROTOCOL.md 3.8. What goes wrong ends the connection without
 * a word.
 */
#ifndef EARSHOT_HANDSHAKE_H
#define EARSHOT_HANDSHAKE_H

#include "earshot.h"
#include "handshake_payload.h"
#include "noise.h"
#include "record.h"

/** Largest handshake message there is here: keys, tags and a payload. */
#define ES_HANDSHAKE_MAX (2 * ES_KEY + 2 * ES_TAG + ES_PAYLOAD_MAX)
/** First messages remembered, so that none is answered twice. */
#define ES_SEEN 32

typedef enum es_handshake_state {
  ES_HANDSHAKE_FREE,
  ES_HANDSHAKE_PREFACE, /**< responder: reads "ES1\n" */
  ES_HANDSHAKE_READ,
  ES_HANDSHAKE_WRITE,
  ES_HANDSHAKE_PROVEN, /**< the other side has proven who it is */
  ES_HANDSHAKE_LEAVE,  /**< proven, but there is no room: says so and ends */
} es_handshake_state;

typedef struct es_handshake {
  uint8_t state;
  bool initiator;
  int connection;
  uint8_t way;           /**< which of the peer's addresses this is */
  size_t length;         /**< bytes to write, in the buffer */
  size_t sent;           /**< of them */
  es_record record;      /**< on its way in, in the buffer as well */
  earshot_ms deadline;   /**< of the whole */
  earshot_ms give_up_at; /**< of this address, if others are left */
  earshot_address address;
  char id[ES_ID_CHARACTERS + 1]; /**< who is dialled, or who has proven to be there; else empty */
  es_noise noise;
  uint8_t buffer[ES_RECORD_HEADER + ES_HANDSHAKE_MAX];
} es_handshake;

/** Somebody who connected and has no place yet. */
typedef struct es_knock {
  bool waits;
  int connection;
  earshot_address from;
} es_knock;

typedef struct es_handshakes {
  es_handshake all[EARSHOT_HANDSHAKES];
  es_knock knock;
  uint8_t seen[ES_SEEN][8]; /**< beginnings of ephemeral keys */
  uint8_t next_seen;
} es_handshakes;

/**
 * Gives a place to who connected: a free one, that of a stranger who has had his time, or one of the address
 * that has most of them. One waits at the door for that, and the others in the queue of the system: turning
 * them away would make each of them pause, and serve nobody. If their own address has most places, they are
 * turned away all the same, for others may be behind them.
 */
void es_handshakes_accept(earshot *board);
/**
 * Dials the addresses of a peer, one after another; false if it has none, or no place is left but the one for those
 * who call.
 */
bool es_handshake_dial(earshot *board, const char *id);
/** Tells whether this peer is being dialled. */
bool es_handshake_dials(const earshot *board, const char *id);

/**
 * Reads and writes as far as that goes now. EARSHOT_OK: the other side has proven to be `h->id`, and what it says of
 * itself is in `proven`; EARSHOT_AGAIN: it takes longer, or there is no handshake; anything else: it has failed.
 */
earshot_result es_handshake_poll(earshot *board, es_handshake *h, es_payload *proven);
/** Ends one that is proven in a session: what is left to be written is in its buffer then. */
earshot_result es_handshake_finish(earshot *board, es_handshake *h);
/** Has one that is proven, and did not dial, say that there is no room: in its only record. */
earshot_result es_handshake_turn_away(es_handshake *h);
/** Frees its place once a session has its connection and its keys. */
void es_handshake_free(es_handshake *h);
/**
 * Ends one that has failed, and dials the peer's next address, while there is time; true if there is none: nothing
 * more is done to reach `h->id`.
 */
bool es_handshake_give_up(earshot *board, es_handshake *h);
/** Ends all of them. */
void es_handshakes_end(earshot *board);

#endif
