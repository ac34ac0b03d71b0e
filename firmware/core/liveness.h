/** Checks of peers that may be gone. PROTOCOL.md 3.6. */
#ifndef EARSHOT_LIVENESS_H
#define EARSHOT_LIVENESS_H

#include "roster.h"

/** Notes that a peer is alive: schedules the next check from its `every`. */
void es_liveness_heard(earshot *board, es_peer *peer);
/** Checks soon if a peer is still there, at most once in 10 s; not if it has a session. */
void es_liveness_doubt(earshot *board, es_peer *peer);
/** Asks a peer that counts as gone and sent an announcement that does not count, at most once a second. */
void es_liveness_ask_back(earshot *board, es_peer *peer);
/** True if this is the nonce of one of the last asks to the peer. */
bool es_liveness_asked(const es_peer *peer, const char *nonce);
void es_liveness_poll(earshot *board);

#endif
