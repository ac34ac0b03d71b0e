#include "call.h"

#include "board.h"
#include "earshot_state.h"

bool es_is_started(const earshot *board) {
  return board != NULL && board->started == ES_STARTED;
}

earshot_result es_call(earshot *board) {
  if (board == NULL) return EARSHOT_ARGUMENT;
  if (!es_is_started(board) || board->closing) return EARSHOT_CLOSED;
  es_times_read(board);
  return EARSHOT_OK;
}

bool es_is_in_handler(const earshot *board, const char *what) {
  if (!es_is_started(board) || !(board->busy | board->dropping)) return false;
  es_log(board, EARSHOT_WARNING, "a handler must not call earshot_", what, NULL);
  return true;
}
