/** Reads and writes the records of a session, and times it out. PROTOCOL.md 2.10 to 2.14, and 3.10. */
#ifndef EARSHOT_SESSION_POLL_H
#define EARSHOT_SESSION_POLL_H

#include "session.h"

/** Reads, handles and writes records as far as possible now; may end the session. */
void es_session_poll(earshot *board, es_session *session);
/** True if a message sent or received through a session is not answered yet. */
bool es_session_is_busy(earshot *board, const es_session *session);

#endif
