/** Answers to messages, until they are sent, and orders that refusals block: PROTOCOL.md 3.11. */
#ifndef EARSHOT_VERDICT_H
#define EARSHOT_VERDICT_H

#include "contact.h"
#include "order.h"
#include "session.h"

/** Notes a reason, which is UTF-8, for the refusal with this result that comes next. */
void es_verdict_reason(es_session *session, earshot_result result, const char *why);
/** Queues the answer to a number: EARSHOT_OK, or the refusal. `detail`: see es_verdict. */
void es_verdict_add(es_session *session, uint32_t seq, earshot_result result, uint32_t detail);
/** Remembers an accepted message, and acknowledges it once its id is stored. */
void es_verdict_take(earshot *board, es_session *session, uint32_t seq, const uint8_t mark[ES_MARK],
                     bool document);
/** Refuses a message; a temporary refusal blocks its order. */
void es_verdict_refuse(es_session *session, uint32_t seq, uint32_t order, earshot_result code,
                       uint32_t detail);
/** True if a refusal blocks this order. */
bool es_verdict_holds(es_session *session, uint32_t order);
/** Unblocks the order that the refusal of this number blocks. */
void es_verdict_release(es_session *session, uint32_t seq);

#endif
