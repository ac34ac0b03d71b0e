/** What outbound.c and outbound_frame.c share. */
#ifndef EARSHOT_OUTBOUND_ITEM_H
#define EARSHOT_OUTBOUND_ITEM_H

#include "outbox.h"
#include "session.h"

/** The bit of a number in the masks of a numbering; 0 where it is none of those that wait for their end. */
uint32_t es_bit_of(const es_numbering *out, uint32_t seq);
/** Whom a session sends to, once its `have` has come; else NULL. */
es_contact *es_outbound_contact(earshot *board, const es_session *session);
/** Whether a message was sent in this session, and not answered. */
bool es_item_is_flying(const es_item *item);
/** Gives a message its number, in storage too; false where none may be had now. */
bool es_item_number(earshot *board, es_item *item);
/** Tells the application how a message ended, and forgets it. */
void es_item_ended(earshot *board, es_item *item, earshot_result result, const char *why);

#endif
