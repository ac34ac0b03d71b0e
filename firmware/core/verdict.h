/** Answers to messages, which wait to be told, and the orders that refusals hold up: PROTOCOL.md 3.11. */
#ifndef EARSHOT_VERDICT_H
#define EARSHOT_VERDICT_H

#include "contact.h"
#include "order.h"
#include "session.h"

/** Has a number answered: EARSHOT_OK, or why its message is not taken. `detail`: see es_verdict. */
void es_verdict_add(es_session *session, uint32_t seq, earshot_result result, uint32_t detail);
/** Remembers a message that was taken; it is acknowledged once storage knows its id. */
void es_verdict_take(earshot *board, es_session *session, uint32_t seq, const uint8_t mark[ES_MARK],
                     bool document);
/** Has a message refused; if that is for now only, its order is held up. */
void es_verdict_refuse(es_session *session, uint32_t seq, uint32_t order, earshot_result code,
                       uint32_t detail);
/** Tells whether a refusal holds up this order. */
bool es_verdict_holds(es_session *session, uint32_t order);
/** Ends what the refusal of this number holds up. */
void es_verdict_release(es_session *session, uint32_t seq);

#endif
