/** What peers send us: PROTOCOL.md section 4.8, the receiver. */
#ifndef EARSHOT_INBOUND_H
#define EARSHOT_INBOUND_H

#include "session.h"

/** The sender told its epoch: this session's messages count from now on. */
void es_inbound_epoch(earshot *board, es_session *session, uint32_t epoch);
/** A chat or a document; its body is in the session's buffer. */
void es_inbound_message(earshot *board, es_session *session, const es_frame *frame);
void es_inbound_void(earshot *board, es_session *session, uint32_t seq);
/** Makes durable what the record just read has done; false where that failed, and the session has ended. */
bool es_inbound_commit(earshot *board, es_session *session);

/** A number is done. */
void es_inbound_done(es_session *session, uint32_t seq);
/** A message was not taken; where that is for now only, its order is held up. `detail`: see es_refusal. */
void es_inbound_refuse(es_session *session, uint32_t seq, uint32_t order, earshot_result code,
                       uint32_t detail);

#endif
