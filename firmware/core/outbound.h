/** Sending messages: PROTOCOL.md 1.1 and 3.11, the sender. */
#ifndef EARSHOT_OUTBOUND_H
#define EARSHOT_OUTBOUND_H

#include "outbox.h"
#include "session.h"

/** Stops sending through a session: unanswered messages are retransmitted on the next one. */
void es_outbound_detach(earshot *board, es_session *session);

void es_outbound_ack(earshot *board, es_session *session, const es_frame *frame);
void es_outbound_nak(earshot *board, es_session *session, const es_frame *frame);
void es_outbound_want(earshot *board, es_session *session, const es_frame *frame);

/**
 * Writes the next void, chat, document or part that may be sent; false if there is none, or it does not fit.
 */
bool es_outbound_frame(earshot *board, es_session *session, es_writer *writer);

/** Stores a message that was added to the outbox, if it is durable; removes it again if that fails. */
earshot_result es_outbound_added(earshot *board, es_item *item);
/** True if a message for this contact can be sent now, or is unanswered. */
bool es_outbound_wants_session(earshot *board, const es_contact *contact);
/** Drops expired messages, and retries deferred ones that are due. */
void es_outbound_poll(earshot *board);

#endif
