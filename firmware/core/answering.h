/**
 * Questions of other peers: PROTOCOL.md 3.16, the answerer. A question is acknowledged when its answer is durable; before,
 * its sender keeps it.
 */
#ifndef EARSHOT_ANSWERING_H
#define EARSHOT_ANSWERING_H

#include "contact.h"
#include "session.h"

/** A question that waits for the answer of the application. */
typedef struct es_pending {
  uint32_t ticket;     /**< for earshot_answer; 0: a free place */
  es_session *session; /**< that it came through, or NULL if that has ended */
  uint32_t seq;
  bool failed; /**< an answer did not fit, or could not be stored */
  uint8_t mark[ES_MARK];
  char asker[ES_ID_CHARACTERS + 1];
  char id[ES_ULID_CHARACTERS + 1];
} es_pending;

typedef struct es_answering {
  uint32_t last_ticket;
  es_pending pending[EARSHOT_QUESTIONS];
} es_answering;

#if EARSHOT_ASK
/**
 * Handles a question that may have come before; `known` is EARSHOT_OK if it was acknowledged, else EARSHOT_ABSENT.
 * Sends its answer again if there is one. EARSHOT_AGAIN: it is acknowledged here or later; EARSHOT_BUSY; else `known`.
 */
earshot_result es_answering_again(earshot *board, es_session *session, const es_frame *frame,
                                  const uint8_t mark[ES_MARK], earshot_result known);
/**
 * Passes a new question, which is JSON if it is whole, to the application. EARSHOT_AGAIN: it is acknowledged with its
 * answer; otherwise the reason to refuse it.
 */
earshot_result es_answering_receive(earshot *board, es_session *session, const es_frame *frame,
                                    const uint8_t mark[ES_MARK]);
/**
 * Makes an answer durable, and acknowledges its question once the ids of its session are stored. `result`: EARSHOT_OK, and
 * `text` is JSON; EARSHOT_FAILED or EARSHOT_NO_ANSWER, and it is a sentence. EARSHOT_ABSENT if no such question waits;
 * EARSHOT_FULL; EARSHOT_IO; EARSHOT_CRYPTO. EARSHOT_TOO_LONG: the asker gets EARSHOT_FAILED instead.
 */
earshot_result es_answering_answer(earshot *board, uint32_t ticket, earshot_result result, const char *text);
/** Number of questions of this session that wait. */
unsigned es_answering_count(earshot *board, const es_session *session);
/** The sender gave this number up. */
void es_answering_void(earshot *board, const es_session *session, uint32_t seq);
/** The session ended: its questions may come again through another one. */
void es_answering_detach(earshot *board, const es_session *session);
#else
static inline earshot_result es_answering_again(earshot *board, es_session *session, const es_frame *frame,
                                                const uint8_t mark[ES_MARK], earshot_result known) {
  (void)board, (void)session, (void)frame, (void)mark;
  return known;
}
static inline earshot_result es_answering_receive(earshot *board, es_session *session, const es_frame *frame,
                                                  const uint8_t mark[ES_MARK]) {
  (void)board, (void)session, (void)frame, (void)mark;
  return EARSHOT_REFUSED;
}
static inline unsigned es_answering_count(earshot *board, const es_session *session) {
  (void)board, (void)session;
  return 0;
}
static inline void es_answering_void(earshot *board, const es_session *session, uint32_t seq) {
  (void)board, (void)session, (void)seq;
}
static inline void es_answering_detach(earshot *board, const es_session *session) {
  (void)board, (void)session;
}
#endif

#endif
