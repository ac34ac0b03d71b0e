/**
 * The set of sessions: one for each peer, made when wanted, within the room there is. PROTOCOL.md 3.9 and
 * 3.10.
 */
#ifndef EARSHOT_SESSIONS_H
#define EARSHOT_SESSIONS_H

#include "handshake.h"
#include "session.h"

/**
 * A handshake has proven who is there: makes it a session, which takes over connection and keys. NULL if
 * there is no room.
 */
es_session *es_sessions_add(earshot *board, es_handshake *handshake, const char *id,
                            const es_payload *payload);

/**
 * The network came back: ends the sessions that stood still with something in them, for the next ones begin at once,
 * while TCP waits the longer the longer it waited.
 */
void es_sessions_renew(earshot *board);

/** Accepts, dials, and has every session do what it can. */
void es_sessions_poll(earshot *board);

#endif
