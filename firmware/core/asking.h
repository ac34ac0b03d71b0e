/** Answers to questions of this board: PROTOCOL.md 3.16, the asker. */
#ifndef EARSHOT_ASKING_H
#define EARSHOT_ASKING_H

#include "session.h"

#if EARSHOT_ASK
/**
 * Passes an answer to the application if its question still waits, and ends the question. EARSHOT_OK, also if no such
 * question waits; EARSHOT_TOO_LONG if it comes in parts. A whole one is JSON that a NUL follows.
 */
earshot_result es_asking_receive(earshot *board, es_session *session, const es_frame *frame);
#else
static inline earshot_result es_asking_receive(earshot *board, es_session *session, const es_frame *frame) {
  (void)board, (void)session, (void)frame;
  return EARSHOT_REFUSED;
}
#endif

#endif
