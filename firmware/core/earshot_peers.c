/** The part of the API that tells of peers, and of the time. */
#include "call.h"
#include "earshot_state.h"
#include "roster.h"
#include "ways.h"

bool earshot_is_up(earshot *board, const char *peer) {
  if (!es_is_started(board) || peer == NULL) return false;
  const es_peer *found = es_roster_resolve(board, peer);
  return found != NULL && found->up;
}

bool earshot_next_peer(earshot *board, unsigned *place, earshot_peer *peer, bool *up) {
  if (!es_is_started(board) || place == NULL || peer == NULL || up == NULL) return false;
  while (*place < EARSHOT_ROSTER) {
    const es_peer *next = &board->roster[(*place)++];
    if (!next->used) continue;
    *peer = (earshot_peer){next->id, next->name};
    *up = next->up;
    return true;
  }
  return false;
}

earshot_ms earshot_now(const earshot *board) {
  return es_is_started(board) ? board->port->now(board->port->context) : 0;
}

uint64_t earshot_wall(const earshot *board) {
  return es_is_started(board) ? board->port->wall(board->port->context) : 0;
}

#if EARSHOT_HEARSAY
earshot_result earshot_add_peer(earshot *board, const char *host) {
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK || host == NULL) return result != EARSHOT_OK ? result : EARSHOT_ARGUMENT;
  return es_ways_name(board, host);
}

earshot_result earshot_remove_peer(earshot *board, const char *host) {
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK || host == NULL) return result != EARSHOT_OK ? result : EARSHOT_ARGUMENT;
  return es_ways_unname(board, host);
}

const char *earshot_added_peer(const earshot *board, unsigned index) {
  return es_is_started(board) ? es_ways_named(board, index) : NULL;
}
#endif
