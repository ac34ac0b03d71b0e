/**
 * The ways to peers that announcements do not show: named by the user, and told of by others. PROTOCOL.md 3.8.
 */
#ifndef EARSHOT_WAYS_H
#define EARSHOT_WAYS_H

#include "session.h"
#include "times.h"

/** A peer that the user named; kept in storage under the keys n0, n1, … */
typedef struct es_named {
  char host[EARSHOT_HOST_MAX + 1]; /**< as it was named; empty: a free place */
  char id[ES_ID_CHARACTERS + 1];   /**< who proved to be there last */
  uint8_t failures;                /**< attempts since it was there for a while */
  earshot_address address;
  es_time next; /**< no attempt before */
} es_named;

typedef enum es_rumour_state {
  ES_RUMOUR_FREE,
  ES_RUMOUR_WAITS,
  ES_RUMOUR_DIALLED,
  ES_RUMOUR_MET,
  ES_RUMOUR_AVOIDED
} es_rumour_state;

/** A peer that another one told of. */
typedef struct es_rumour {
  uint8_t state;
  bool was_met;
  uint8_t failures;
  char id[ES_ID_CHARACTERS + 1];
  char teller[ES_ID_CHARACTERS + 1];
  earshot_address address;
  es_time next; /**< no attempt before; of one that is avoided, until when */
  es_time turn; /**< when one of this teller's was dialled last */
} es_rumour;

typedef struct es_ways {
  es_named named[EARSHOT_NAMED];
  es_rumour rumours[EARSHOT_RUMOURS];
  es_time next_rumour; /**< none is dialled before */
} es_ways;

/** Reads from storage whom the user named. */
void es_ways_load(earshot *board);
/** See earshot_add_peer, earshot_remove_peer and earshot_added_peer. */
earshot_result es_ways_name(earshot *board, const char *host);
earshot_result es_ways_unname(earshot *board, const char *host);
const char *es_ways_named(const earshot *board, unsigned index);
/** Dials whom it is time to dial. */
void es_ways_poll(earshot *board);
/** Takes the list of peers in a frame. */
void es_ways_heard(earshot *board, es_session *session, const es_frame *frame);
/** Notes who proved to be at an address that es_ways_poll dialled; false if there is a session with that peer. */
bool es_ways_proven(earshot *board, const earshot_address *address, const char *id);
/** Notes that the peer with this id is not where es_ways_poll dialled it. */
void es_ways_failed(earshot *board, const char *id);
/** True if the session with a peer that is not heard is to stay, for one of these ways led to it. */
bool es_ways_want(const earshot *board, const char *id);

#endif
