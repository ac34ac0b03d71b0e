/** What we send: PROTOCOL.md 1.1 and 3.11, the sender. */
#ifndef EARSHOT_OUTBOUND_H
#define EARSHOT_OUTBOUND_H

#include "outbox.h"
#include "session.h"

/** The session is not sent through any more: what is not answered goes again on the next one. */
void es_outbound_detach(earshot *board, es_session *session);

void es_outbound_ack(earshot *board, es_session *session, const es_frame *frame);
void es_outbound_nak(earshot *board, es_session *session, const es_frame *frame);
void es_outbound_want(earshot *board, es_session *session, const es_frame *frame);

/**
 * Writes the next void, chat, document or part that may go; false where there is none, or it does not fit any
 * more.
 */
bool es_outbound_frame(earshot *board, es_session *session, es_writer *writer);

/** A message was put into the outbox: makes it durable where it is to be, else takes it out again. */
earshot_result es_outbound_added(earshot *board, es_item *item);
/** Whether a session with this contact is of use now. */
bool es_outbound_wants_session(earshot *board, const es_contact *contact);
/** Drops what waited too long, and tries again what was deferred. */
void es_outbound_poll(earshot *board);

#endif
