/** Helpers for messages that are sent: the recipient, deferral, and the end of a message. */
#ifndef EARSHOT_OUTBOUND_ITEM_H
#define EARSHOT_OUTBOUND_ITEM_H

#include "outbox.h"
#include "session.h"

/** The contact that messages through a session go to; NULL if the session is not sent through. */
es_contact *es_outbound_contact(earshot *board, const es_session *session);

/** True if an older message of the same order is deferred or being retried. */
bool es_item_is_behind(earshot *board, const es_item *item);
/**
 * Defers every message for a contact that follows a deferred or retried one of its order. Those already sent will be
 * refused as well; until then nothing may overtake them, even if the first one ends.
 */
void es_defer_behind(earshot *board, const es_contact *contact);

/** Removes a message from the outbox, and reports its result to the application. */
void es_item_ended(earshot *board, es_item *item, earshot_result result, const char *why);
/** If a message was sent, its number stays unanswered: call it before a message ends otherwise. */
void es_item_abandon(earshot *board, es_item *item);
/** The same for a message without an answer; if it was sent, its number stays unanswered. */
void es_item_given_up(earshot *board, es_item *item, earshot_result result, const char *why);
/** Queues a `void` for a number; it goes out before any message. */
void es_outbound_void(earshot *board, es_session *session, uint32_t seq);

#endif
