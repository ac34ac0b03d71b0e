/**
 * Orders: chats of one sender keep theirs, and the documents of one of its streams. PROTOCOL.md 3.12.
 */
#ifndef EARSHOT_ORDER_H
#define EARSHOT_ORDER_H

#include "frame.h"

#define ES_NO_ORDER 0u
#define ES_CHAT_ORDER 1u

/**
 * A number that stands for the order of a chat or document. Two streams may share one: then one waits for the
 * other, which costs time and nothing else.
 */
uint32_t es_order_of(const es_frame *frame);

#endif
