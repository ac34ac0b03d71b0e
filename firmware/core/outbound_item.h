/** The recipient of what we send, which messages wait for another one, and how a message ends. */
#ifndef EARSHOT_OUTBOUND_ITEM_H
#define EARSHOT_OUTBOUND_ITEM_H

#include "outbox.h"
#include "session.h"

/** The recipient of what goes through a session; NULL if nothing does. */
es_contact *es_outbound_contact(earshot *board, const es_session *session);

/** Tells whether an older message of the same order is deferred, or tries again. */
bool es_item_is_behind(earshot *board, const es_item *item);
/**
 * Defers everything for a contact that is behind a message of its order that is deferred. What is on its way among
 * it will be refused as well; until then nothing may overtake it, whatever becomes of the first one.
 */
void es_defer_behind(earshot *board, const es_contact *contact);

/** Tells the application how a message ended, and forgets it. */
void es_item_ended(earshot *board, es_item *item, earshot_result result, const char *why);
/** The same before it was answered; if it was sent, its number stays unanswered. */
void es_item_given_up(earshot *board, es_item *item, earshot_result result, const char *why);
/** Has a number voided, before anything else goes out. */
void es_outbound_void(earshot *board, es_session *session, uint32_t seq);

#endif
