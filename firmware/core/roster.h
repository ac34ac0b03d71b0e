/** The roster: who was heard, and where. PROTOCOL.md 3.4. */
#ifndef EARSHOT_ROSTER_H
#define EARSHOT_ROSTER_H

#include "announcement.h"
#include "earshot.h"

/** Addresses kept of a peer. */
#define ES_WAYS 3
/** Questions to a peer that may be gone. */
#define ES_ASKS 3

/** How sure it is that a peer is who it says. */
typedef enum es_proof { ES_UNPROVEN, ES_ECHOED, ES_SESSION } es_proof;

/** Where a peer was heard: `address.port` is that of its announcements. */
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
  bool leaving;  /**< it said `bye` since it was heard last */
  uint8_t asked; /**< questions asked in a check that runs; 0: none runs */
  uint8_t ways;
  uint16_t port;  /**< TCP */
  uint16_t every; /**< seconds */
  uint32_t boot;
  uint32_t seq; /**< highest of this start, where one was heard */
  earshot_ms heard;
  earshot_ms look_at;                      /**< when it is looked into, or asked again */
  earshot_ms doubted_at;                   /**< when a check began last; 0: never */
  uint8_t nonces[ES_ASKS][ES_NONCE_BYTES]; /**< of the last questions to it */
  char name[ES_LABEL_BYTES + 1];
  es_way way[ES_WAYS]; /**< best first: better proven, or, where that is the same, heard later */
} es_peer;

/** The entry in use behind this one; as es_next_contact. */
es_peer *es_next_peer(earshot *board, es_peer *peer);
es_peer *es_roster_find(earshot *board, const char *id);
/**
 * A new entry, not up. Where the roster is full another one gives way; NULL where none may. `from` is where it was
 * heard, NULL for a session.
 */
es_peer *es_roster_add(earshot *board, const char *id, es_proof proof, const earshot_address *from);
/** It came, or went: tells the application. */
void es_peer_set_up(earshot *board, es_peer *peer, bool up);
/**
 * The only peer of this name or id, or beginning of an id; NULL where there is none, or more than one: of one name two
 * that are up.
 */
es_peer *es_roster_resolve(earshot *board, const char *to);
uint32_t es_roster_up(const earshot *board);

/** Whether a text is the id, or at least its first 6 characters, in either case. */
bool es_begins_id(const char *text, const char *id);
/** Whether `want` means somebody with this name and id. */
bool es_is_called(const char *want, const char *id, const char *name);

/** Takes an address to try. */
void es_peer_learn(es_peer *peer, const earshot_address *from, es_proof proof);
/** A session proved that the peer is at this address, whatever its port, if that is one of those to try. */
void es_peer_reached(es_peer *peer, const earshot_address *address);
/** The address number `index` to dial, best first; false where there are no more. */
bool es_peer_way(const es_peer *peer, unsigned index, earshot_address *address);
/** Whether two addresses are of one host, whatever their ports. */
bool es_is_same_host(const earshot_address *a, const earshot_address *b);

/**
 * Whether an announcement of the known start is later than all that were heard, or an answer, which always counts: a
 * counter ahead of it was forged. Notes it.
 */
bool es_peer_counts(es_peer *peer, uint32_t seq, bool echoes);
/** Forgets what is known of one start, for another one. */
void es_peer_restart(es_peer *peer, uint32_t boot);

#endif
