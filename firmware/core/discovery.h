/** Discovery: finding peers, being found, and noticing peers that are gone. PROTOCOL.md 3.1 to 3.7. */
#ifndef EARSHOT_DISCOVERY_H
#define EARSHOT_DISCOVERY_H

#include "announcer.h"
#include "answers.h"
#include "handshake_payload.h"
#include "roster.h"
#include "times.h"

typedef struct es_discovery {
  uint32_t seq; /**< of our announcements */

  uint8_t asks; /**< multicast asks sent since the start */
  es_time started;
  es_time next_ask;
  es_time next_hello;
  es_time grace_until; /**< no peer times out before this */
  es_time bye_again;   /**< 0: not due */
  es_time twin_asked;  /**< when the sender of an announcement with our id was asked last; 0: never */
  es_time multicast_due;
  es_time multicast_last;

  uint32_t heard_since; /**< peers that came up since the start */
  uint32_t planned;     /**< period that the next hello was planned with, milliseconds */
  uint8_t twin_nonce[ES_NONCE_BYTES];

  bool multicast; /**< a multicast answer waits */
  uint8_t next_asked;
  uint8_t next_answered;
  char multicast_nonce[ES_NONCE_CHARACTERS + 1]; /**< empty: nothing to echo */
  uint8_t nonces[ES_GROUP_ASKS][ES_NONCE_BYTES];
  es_answer answers[ES_ANSWERS];
  es_asked asked[ES_ASK_LOG];
  es_answered answered[ES_ANSWER_LOG];
} es_discovery;

void es_discovery_poll(earshot *board);
/** Asks the group anew, and times out no peer for 30 s. */
void es_discovery_renew(earshot *board);
/** Takes in what a session has proven of a peer. `dialled`: the address that led to it; NULL: the peer dialled. */
void es_discovery_session(earshot *board, const char *id, const es_payload *payload,
                          const earshot_address *dialled);

#endif
