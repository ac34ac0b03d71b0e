/** Reading and writing the records of a session, and watching over its time. PROTOCOL.md 2.10 to 2.14, and 3.10. */
#ifndef EARSHOT_SESSION_POLL_H
#define EARSHOT_SESSION_POLL_H

#include "session.h"

/** Reads, obeys, answers and writes as far as that goes now; it may end. */
void es_session_poll(earshot *board, es_session *session);
/** Tells whether something sent or received through it is not acknowledged yet. */
bool es_session_is_busy(earshot *board, const es_session *session);

#endif
