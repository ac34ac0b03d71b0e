/** The roster: the peers that were heard, and their addresses. PROTOCOL.md 3.4. */
#ifndef EARSHOT_ROSTER_H
#define EARSHOT_ROSTER_H

#include "announcement.h"
#include "earshot.h"
#include "times.h"

/** Addresses kept of a peer. */
#define ES_WAYS 3
/** Asks to a peer before it counts as gone. */
#define ES_ASKS 3

/** Proof that a peer is at its address: none, an answer with our nonce, a session. */
typedef enum es_proof { ES_UNPROVEN, ES_ECHOED, ES_SESSION } es_proof;

/** An address of a peer; `address.port` is the source port of its announcements. */
typedef struct es_way {
  earshot_address address;
  uint8_t proof;
} es_way;

typedef struct es_peer {
  char id[ES_ID_CHARACTERS + 1];
  bool used;
  bool up;
  uint8_t proof;
  bool counted;  /**< an announcement of this start was heard */
  bool leaving;  /**< it sent `bye` since it was heard last */
  uint8_t asked; /**< asks sent in the present check; 0: no check runs */
  uint8_t ways;
  uint16_t port;  /**< TCP */
  uint16_t every; /**< seconds */
  uint32_t boot;
  uint32_t seq; /**< of the last announcement that counted, if `counted` */
  es_time heard;
  es_time announced;                       /**< when an announcement of it was heard last; 0: never */
  es_time look_at;                         /**< when a check begins or continues */
  es_time doubted_at;                      /**< when the last check began; 0: never */
  uint8_t nonces[ES_ASKS][ES_NONCE_BYTES]; /**< of the last asks to it */
  char name[ES_LABEL_BYTES + 1];
  es_way way[ES_WAYS]; /**< best first: better proven, then heard later */
} es_peer;

/** The entry in use after this one; as es_next_contact. */
es_peer *es_next_peer(earshot *board, es_peer *peer);
es_peer *es_roster_find(earshot *board, const char *id);
/**
 * Adds a peer, not up. If the roster is full, evicts another one; NULL if none may be evicted. `from`: the source of
 * its announcement; NULL for a session.
 */
es_peer *es_roster_add(earshot *board, const char *id, es_proof proof, const earshot_address *from);
/** Marks a peer as up or gone, and tells the application. */
void es_peer_set_up(earshot *board, es_peer *peer, bool up);
/**
 * The peer with this name, id or beginning of an id; NULL if there is none, or more than one. A name is ambiguous if
 * two peers that are up have it.
 */
es_peer *es_roster_resolve(earshot *board, const char *to);
/** True if announcements of this peer come. */
bool es_roster_hears(earshot *board, const char *id);
uint32_t es_roster_up(const earshot *board);

/** True if a text is the id, or its first 6 characters or more, in either case. */
bool es_begins_id(const char *text, const char *id);
/** True if `want` matches a peer with this name and id. */
bool es_is_called(const char *want, const char *id, const char *name);

/** Adds an address of a peer, or updates it. */
void es_peer_learn(es_peer *peer, const earshot_address *from, es_proof proof);
/** Notes where a session was dialled: its port, and the address as proven. */
void es_peer_reached(es_peer *peer, const earshot_address *address);
/** Gives address number `index` to dial, best first; false if there are no more. */
bool es_peer_way(const es_peer *peer, unsigned index, earshot_address *address);
/** True if two addresses are of the same host, whatever their ports. */
bool es_is_same_host(const earshot_address *a, const earshot_address *b);

/**
 * True if an announcement counts: its `seq` is higher than the last one, or it echoes our nonce (a higher `seq` before
 * it was forged). Notes its `seq`.
 */
bool es_peer_counts(es_peer *peer, uint32_t seq, bool echoes);
/** Notes another start of a peer: its `seq` and its proof start over. */
void es_peer_restart(es_peer *peer, uint32_t boot);

#endif
