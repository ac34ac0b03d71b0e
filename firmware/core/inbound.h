/** Received messages: PROTOCOL.md 1.1 and 3.11, the receiver. */
#ifndef EARSHOT_INBOUND_H
#define EARSHOT_INBOUND_H

#include "session.h"

/** Takes in a chat or document frame; its body must be in the session's buffer. */
void es_inbound_message(earshot *board, es_session *session, const es_frame *frame);
void es_inbound_void(earshot *board, es_session *session, uint32_t seq);
/** Stores the ids of the messages accepted from the last record; false if that failed, and the session has ended. */
bool es_inbound_commit(earshot *board, es_session *session);

#endif
