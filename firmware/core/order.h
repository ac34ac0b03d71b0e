/**
 * Order of delivery: the chats of one sender are in order, and so are the documents of one of its streams. PROTOCOL.md
 * 3.12.
 */
#ifndef EARSHOT_ORDER_H
#define EARSHOT_ORDER_H

#include "frame.h"

#define ES_NO_ORDER 0u
#define ES_CHAT_ORDER 1u

/**
 * Returns a number for the order that a chat or document belongs to, ES_NO_ORDER for a document of no stream. Two
 * streams may get the same number: then one waits for the other, which only costs time.
 */
uint32_t es_order_of(const es_frame *frame);

#endif
