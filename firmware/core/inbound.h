/** What peers send us: PROTOCOL.md 1.1 and 3.11, the receiver. */
#ifndef EARSHOT_INBOUND_H
#define EARSHOT_INBOUND_H

#include "contact.h"
#include "session.h"

/** A chat or a document; its body is in the session's buffer. */
void es_inbound_message(earshot *board, es_session *session, const es_frame *frame);
void es_inbound_void(earshot *board, es_session *session, uint32_t seq);
/** Makes durable what the record just read has taken; false where that failed, and the session has ended. */
bool es_inbound_commit(earshot *board, es_session *session);

/** A message is taken: acknowledged once storage knows its id. */
void es_inbound_taken(earshot *board, es_session *session, uint32_t seq, const uint8_t mark[ES_MARK],
                      bool document);
/** A message was not taken; where that is for now only, its order is held up. `detail`: see es_verdict. */
void es_inbound_refuse(es_session *session, uint32_t seq, uint32_t order, earshot_result code,
                       uint32_t detail);

#endif
