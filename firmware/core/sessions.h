/**
 * Opens, replaces and frees sessions: one for each peer, opened on demand. PROTOCOL.md 3.9 and 3.10.
 */
#ifndef EARSHOT_SESSIONS_H
#define EARSHOT_SESSIONS_H

#include "handshake.h"
#include "session.h"

/**
 * Makes a session of a proven handshake, whose connection and keys it takes over. NULL if there is no room.
 */
es_session *es_sessions_add(earshot *board, es_handshake *handshake, const char *id,
                            const es_payload *payload);

/**
 * Ends busy sessions that have stalled, after the network came back: new ones begin at once, while TCP would still back
 * off.
 */
void es_sessions_renew(earshot *board);

/** Accepts, dials, and polls every session. */
void es_sessions_poll(earshot *board);

#endif
