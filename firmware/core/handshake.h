/**
 * Unfinished handshakes, in both roles: PROTOCOL.md 3.8. An error closes the connection without a message.
 */
#ifndef EARSHOT_HANDSHAKE_H
#define EARSHOT_HANDSHAKE_H

#include "earshot.h"
#include "handshake_payload.h"
#include "noise.h"
#include "record.h"
#include "times.h"

/** Largest handshake message, bytes: keys, tags and a payload. */
#define ES_HANDSHAKE_MAX (2 * ES_KEY + 2 * ES_TAG + ES_PAYLOAD_MAX)
/** First messages remembered, so that a replay is not answered. */
#define ES_SEEN 32

/** Stands for an address that is not of the roster: es_handshake_dial_at. */
#define ES_WAY_DIRECT 255

typedef enum es_handshake_state {
  ES_HANDSHAKE_FREE,
  ES_HANDSHAKE_PREFACE, /**< responder: reads "ES1\n" */
  ES_HANDSHAKE_READ,
  ES_HANDSHAKE_WRITE,
  ES_HANDSHAKE_PROVEN, /**< the peer has proven its id */
  ES_HANDSHAKE_LEAVE,  /**< proven, but there is no room: writes `close` and ends */
} es_handshake_state;

typedef struct es_handshake {
  uint8_t state;
  bool initiator;
  int connection;
  uint8_t way;        /**< index of the peer's address that is dialled, or ES_WAY_DIRECT */
  size_t length;      /**< bytes to write, in the buffer */
  size_t sent;        /**< of them */
  es_record record;   /**< on its way in, in the buffer as well */
  es_time deadline;   /**< of the whole */
  es_time give_up_at; /**< deadline of this address, if others are left */
  earshot_address address;
  char id[ES_ID_CHARACTERS + 1]; /**< of the peer that is dialled, or has proven its id; else empty */
  es_noise noise;
  uint8_t buffer[ES_RECORD_HEADER + ES_HANDSHAKE_MAX];
} es_handshake;

/** An accepted connection that has no place yet. */
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
 * Accepts connections: each gets a free place, that of an incoming handshake that has had its time, or one of the
 * address that has most places. One accepted connection waits for a place, the others in the system's queue: closing
 * them would only make each of them back off. Connections from the address that has most places are closed instead,
 * for others may be queued after them.
 */
void es_handshakes_accept(earshot *board);
/**
 * Dials the addresses of a peer, one after another; false if it has none, or only the place reserved for incoming
 * handshakes is left.
 */
bool es_handshake_dial(earshot *board, const char *id);
/** True if a handshake may begin now that we dial: one place is kept for incoming ones. */
bool es_handshake_may_dial(const earshot *board);
/** Dials one address, for the peer with this id, or for whoever is there if it is empty; false if that cannot be. */
bool es_handshake_dial_at(earshot *board, const earshot_address *address, const char *id);
/** True if this peer is being dialled. */
bool es_handshake_dials(const earshot *board, const char *id);

/**
 * Reads and writes as far as possible now. EARSHOT_OK: the peer has proven to be `h->id`, and `proven` is its payload;
 * EARSHOT_AGAIN: the handshake is not finished, or the place is free; any other result: it has failed.
 */
earshot_result es_handshake_poll(earshot *board, es_handshake *h, es_payload *proven);
/** Finishes a proven handshake that becomes a session: its buffer then has the bytes still to be written. */
earshot_result es_handshake_finish(earshot *board, es_handshake *h);
/** Turns away a peer that dialled and is proven: sends `close` with the reason `full` as its only record. */
earshot_result es_handshake_turn_away(es_handshake *h);
/** Frees a place whose connection and keys a session has taken over. */
void es_handshake_free(es_handshake *h);
/**
 * Ends a failed handshake, and dials the peer's next address if there is time. True if it was dialled and no address
 * is left to try.
 */
bool es_handshake_give_up(earshot *board, es_handshake *h);
/** Ends all handshakes. */
void es_handshakes_end(earshot *board);

#endif
