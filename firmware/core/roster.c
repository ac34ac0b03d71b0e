#include "roster.h"

#include "board.h"
#include "earshot_state.h"

/** Characters of the beginning of an id that stand for it. */
#define ID_PREFIX_MIN 6

es_peer *es_next_peer(earshot *board, es_peer *peer) {
  peer = peer == NULL ? board->roster : peer + 1;
  for (; peer < board->roster + EARSHOT_ROSTER; peer++) {
    if (peer->used) return peer;
  }
  return NULL;
}

es_peer *es_roster_find(earshot *board, const char *id) {
  es_peer *peer = NULL;
  while ((peer = es_next_peer(board, peer)) != NULL && strcmp(peer->id, id) != 0) continue;
  return peer;
}

/**
 * Who gives way first: what nothing proved, then what is gone, for a session also what only echoed; never: 0.
 */
static unsigned eagerness(const es_peer *peer, es_proof newcomer) {
  if (peer->proof == ES_UNPROVEN) return peer->up ? 3 : 4;
  if (!peer->up) return 2;
  return newcomer == ES_SESSION && peer->proof == ES_ECHOED ? 1 : 0;
}

static es_peer *make_room(earshot *board, es_proof newcomer) {
  es_peer *victim = NULL;
  unsigned most = 0;
  for (unsigned i = 0; i < EARSHOT_ROSTER; i++) {
    es_peer *peer = &board->roster[i];
    if (!peer->used) return peer;
    unsigned eager = eagerness(peer, newcomer);
    if (eager == 0 || eager < most || (eager == most && victim != NULL && peer->heard >= victim->heard))
      continue;
    victim = peer;
    most = eager;
  }
  return victim;
}

es_peer *es_roster_add(earshot *board, const char *id, es_proof proof) {
  es_peer *peer = make_room(board, proof);
  if (peer == NULL) return NULL;
  if (peer->used && peer->up && board->on_peer != NULL) {
    board->on_peer(board->peer_context, (earshot_peer){peer->id, peer->name}, false);
  }
  memset(peer, 0, sizeof *peer);
  peer->used = true;
  peer->every = ES_EVERY_MIN;
  es_copy_text(peer->id, sizeof peer->id, id);
  return peer;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool same_name(const char *a, const char *b) {
  for (; *a != '\0' && lower(*a) == lower(*b); a++) b++;
  return *a == *b;
}

bool es_is_called(const char *want, const char *id, const char *name) {
  size_t length = strlen(want);
  if (length >= ID_PREFIX_MIN && strncmp(id, want, length) == 0) return true;
  return same_name(want, name);
}

es_peer *es_roster_resolve(earshot *board, const char *to) {
  es_peer *found = NULL;
  for (es_peer *peer = NULL; (peer = es_next_peer(board, peer)) != NULL;) {
    if (!es_is_called(to, peer->id, peer->name)) continue;
    if (found != NULL && found->up && peer->up) return NULL;
    if (found == NULL || peer->up) found = peer;
  }
  return found;
}

uint32_t es_roster_up(const earshot *board) {
  uint32_t up = 0;
  for (unsigned i = 0; i < EARSHOT_ROSTER; i++) up += board->roster[i].used && board->roster[i].up;
  return up;
}

static bool same_host(const earshot_address *a, const earshot_address *b) {
  return a->family == b->family && memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0;
}

void es_peer_learn(es_peer *peer, const earshot_address *from, es_proof proof, earshot_ms now) {
  es_way *way = NULL;
  for (unsigned i = 0; i < peer->ways; i++) {
    if (same_host(&peer->way[i].address, from)) way = &peer->way[i];
  }
  if (way == NULL && peer->ways < ES_WAYS) {
    way = &peer->way[peer->ways++];
    way->proof = ES_UNPROVEN;
  }
  if (way == NULL) {
    way = &peer->way[0];
    for (unsigned i = 1; i < ES_WAYS; i++) {
      es_way *other = &peer->way[i];
      if (other->proof < way->proof || (other->proof == way->proof && other->heard < way->heard)) way = other;
    }
    if (way->proof > (uint8_t)proof) return;
    way->proof = ES_UNPROVEN;
  }
  way->address = *from;
  way->heard = now;
  if (way->proof < (uint8_t)proof) way->proof = (uint8_t)proof;
}

/**
 * Whether `a` is tried before `b`: better proven, or, where that is the same, heard later, or earlier in the
 * list.
 */
static bool is_better(const es_peer *peer, unsigned a, unsigned b) {
  const es_way *x = &peer->way[a];
  const es_way *y = &peer->way[b];
  if (x->proof != y->proof) return x->proof > y->proof;
  if (x->heard != y->heard) return x->heard > y->heard;
  return a < b;
}

bool es_peer_way(const es_peer *peer, unsigned index, earshot_address *address) {
  for (unsigned i = 0; i < peer->ways; i++) {
    unsigned better = 0;
    for (unsigned j = 0; j < peer->ways; j++) better += j != i && is_better(peer, j, i);
    if (better != index) continue;
    *address = peer->way[i].address;
    address->port = peer->port;
    return true;
  }
  return false;
}

bool es_peer_counts(es_peer *peer, uint32_t seq, bool *latest) {
  *latest = peer->seen == 0 || seq > peer->seq;
  if (*latest) {
    uint32_t ahead = peer->seen == 0 ? 32 : seq - peer->seq;
    peer->seen = (ahead < 32 ? peer->seen << ahead : 0) | 1;
    peer->seq = seq;
    return true;
  }
  uint32_t behind = peer->seq - seq;
  if (behind >= 32 || (peer->seen >> behind & 1) != 0) return false;
  peer->seen |= 1u << behind;
  return true;
}

void es_peer_restart(es_peer *peer, uint32_t boot) {
  peer->boot = boot;
  peer->seq = 0;
  peer->seen = 0;
  peer->proof = ES_UNPROVEN;
}
