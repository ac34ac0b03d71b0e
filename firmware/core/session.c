#include "session.h"

#include "board.h"
#include "earshot_state.h"

#define LINGER_MS 1000

/** The texts of those that are no earshot_result, in the order of the enum. */
static const char REASONS[] =
    "idle\0"
    "replaced\0"
    "bye\0"
    "silent\0"
    "stalled\0"
    "gone\0"
    "out of numbers\0"
    "more than was agreed";

es_session *es_next_session(earshot *board, const char *id, es_session *session) {
  session = session == NULL ? board->sessions : session + 1;
  for (; session < board->sessions + EARSHOT_SESSIONS; session++) {
    bool open = session->used && session->ended == ES_NO_REASON;
    if (open && (id == NULL || es_same_text(session->id, id))) return session;
  }
  return NULL;
}

es_session *es_session_find(earshot *board, const char *id) {
  es_session *session = NULL;
  while ((session = es_next_session(board, id, session)) != NULL && !session->attached) continue;
  return session;
}

void es_session_close(earshot *board, es_session *session, es_reason why) {
  if (session->why != ES_NO_REASON) return;
  session->why = why;
  session->close_by = es_after(board, LINGER_MS);
}

void es_session_end(es_session *session, es_reason why) {
  if (session->ended == ES_NO_REASON) session->ended = why;
}

const char *es_reason_text(es_reason why) {
  return why < ES_IDLE ? earshot_result_name((earshot_result)why) : es_nth_text(REASONS, why - ES_IDLE);
}
