/** The part of the API that tells of peers, and of the time. */
#include "call.h"
#include "earshot_state.h"
#include "roster.h"

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
