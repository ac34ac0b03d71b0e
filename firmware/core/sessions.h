/**
 * The set of sessions: one for each peer, made when wanted, within the room there is. PROTOCOL.md 3.9 and
 * 3.10.
 */
#ifndef EARSHOT_SESSIONS_H
#define EARSHOT_SESSIONS_H

#include "handshake.h"
#include "session.h"

/** The session in use behind this one, with this peer where `id` is not NULL; as es_next_contact. */
es_session *es_next_session(earshot *board, const char *id, es_session *session);
/** The session through which this peer is sent to, or NULL. */
es_session *es_sessions_find(earshot *board, const char *id);
/**
 * Whether a session with this peer at that address, NULL for one that is dialled, could be had now: a place is
 * free, or one may be closed for it.
 */
bool es_sessions_has_room(earshot *board, const char *id, const earshot_address *from);

/**
 * A handshake has proven who is there: makes it a session, which takes over connection and keys. NULL where
 * there is no room.
 */
es_session *es_sessions_add(earshot *board, es_handshake *handshake, const char *id,
                            const es_payload *payload);

/** An attempt to reach a peer failed, at every address that it has. */
void es_sessions_unreachable(earshot *board, const char *id);
/** A session is over: what it was good for, and when the next one is tried. */
void es_sessions_ended(earshot *board, es_session *session, const char *why);

/**
 * The network came back: ends the sessions that stood still with something in them, for the next ones begin at once,
 * while TCP waits the longer the longer it waited.
 */
void es_sessions_renew(earshot *board);

/** Accepts, dials, and has every session do what it can. */
void es_sessions_poll(earshot *board);

#endif
