/** Checks of peers that may be gone. PROTOCOL.md 3.6. */
#ifndef EARSHOT_LIVENESS_H
#define EARSHOT_LIVENESS_H

#include "roster.h"

/** A peer gave a sign of life. */
void es_liveness_heard(earshot *board, es_peer *peer);
/** Something makes it doubtful that it is there: it is asked soon, at most once in 10 s. */
void es_liveness_doubt(earshot *board, es_peer *peer);
/** A peer that is gone said something that does not count: it is asked, at most once a second. */
void es_liveness_ask_back(earshot *board, es_peer *peer);
/** Whether this is the nonce of one of the last questions to the peer. */
bool es_liveness_asked(const es_peer *peer, const char *nonce);
void es_liveness_poll(earshot *board);

#endif
