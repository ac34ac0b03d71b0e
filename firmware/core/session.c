#include "session.h"

#include "board.h"
#include "earshot_state.h"

#define LINGER_MS 1000

es_session *es_next_session(earshot *board, const char *id, es_session *session) {
  session = session == NULL ? board->sessions : session + 1;
  for (; session < board->sessions + EARSHOT_SESSIONS; session++) {
    bool open = session->used && session->ended == NULL;
    if (open && (id == NULL || es_same_text(session->id, id))) return session;
  }
  return NULL;
}

es_session *es_session_find(earshot *board, const char *id) {
  es_session *session = NULL;
  while ((session = es_next_session(board, id, session)) != NULL && !session->attached) continue;
  return session;
}

void es_session_close(earshot *board, es_session *session, const char *why) {
  if (session->why != NULL) return;
  session->why = why;
  session->close_by = es_after(board, LINGER_MS);
}

void es_session_end(es_session *session, const char *why) {
  if (session->ended == NULL) session->ended = why;
}
