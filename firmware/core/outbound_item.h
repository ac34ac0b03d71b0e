/** What outbound.c and outbound_frame.c share. */
#ifndef EARSHOT_OUTBOUND_ITEM_H
#define EARSHOT_OUTBOUND_ITEM_H

#include "outbox.h"
#include "session.h"

/** Whom a session sends to; NULL where it does not. */
es_contact *es_outbound_contact(earshot *board, const es_session *session);
/** Tells the application how a message ended, and forgets it. */
void es_item_ended(earshot *board, es_item *item, earshot_result result, const char *why);
/** The same before it was answered; if it was sent, its number stays unanswered. */
void es_item_given_up(earshot *board, es_item *item, earshot_result result, const char *why);

#endif
