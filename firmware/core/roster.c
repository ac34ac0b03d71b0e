#include "roster.h"

#include "board.h"
#include "earshot_state.h"

/** Most entries of one host in a full roster; more are evicted for others. */
#define SHARE (EARSHOT_ROSTER / 4)
/** Fewest characters of an id that can stand for it. */
#define ID_PREFIX_MIN 6
/** Without an announcement a peer is not heard any more after this time for each second of its `every`. */
#define UNHEARD_AFTER_MS 1500u

es_peer *es_next_peer(earshot *board, es_peer *peer) {
  peer = peer == NULL ? board->roster : peer + 1;
  for (; peer < board->roster + EARSHOT_ROSTER; peer++) {
    if (peer->used) return peer;
  }
  return NULL;
}

es_peer *es_roster_find(earshot *board, const char *id) {
  es_peer *peer = NULL;
  while ((peer = es_next_peer(board, peer)) != NULL && !es_same_text(peer->id, id)) continue;
  return peer;
}

/**
 * Index of the address of a host; if there is none, of the first free place, or ES_WAYS if all are taken.
 */
static unsigned find_way(const es_peer *peer, const earshot_address *host) {
  unsigned i = 0;
  while (i < peer->ways && !es_is_same_host(&peer->way[i].address, host)) i++;
  return i;
}

/** Number of peers with an address of this host. */
static unsigned crowd(earshot *board, const earshot_address *host) {
  unsigned count = 0;
  for (es_peer *peer = NULL; (peer = es_next_peer(board, peer)) != NULL;) {
    count += find_way(peer, host) < peer->ways;
  }
  return count;
}

/** The proof of a peer; a contact counts as proven by a session. */
static es_proof proof_of(earshot *board, const char *id, es_proof proof) {
  return es_contact_find(board, id) != NULL ? ES_SESSION : proof;
}

/**
 * Rank for eviction, highest first: 5: up, of a host that has more than its share; 4: gone and unproven; 3: up and
 * unproven, for a newcomer that is not; 2: gone; 1: less proven than the newcomer; 0: never. An unproven newcomer does
 * not evict an unproven peer that is up, or the members of a large group would evict each other for ever.
 */
static unsigned eagerness(earshot *board, const es_peer *peer, es_proof newcomer) {
  es_proof proof = proof_of(board, peer->id, (es_proof)peer->proof);
  if (!peer->up) return proof == ES_UNPROVEN ? 4 : 2;
  if (proof != ES_SESSION && crowd(board, &peer->way[0].address) > SHARE) return 5;
  if (proof >= newcomer) return 0;
  return proof == ES_UNPROVEN ? 3 : 1;
}

static es_peer *make_room(earshot *board, es_proof newcomer, const earshot_address *from) {
  es_peer *victim = NULL;
  unsigned most = 0;
  for (unsigned i = 0; i < EARSHOT_ROSTER; i++) {
    es_peer *peer = &board->roster[i];
    if (!peer->used) return peer;
    unsigned eager = eagerness(board, peer, newcomer);
    if (eager == 0 || eager < most || (eager == most && victim != NULL && peer->heard >= victim->heard))
      continue;
    victim = peer;
    most = eager;
  }
  /* A host that has its share evicts nobody. */
  return newcomer != ES_SESSION && crowd(board, from) >= SHARE ? NULL : victim;
}

es_peer *es_roster_add(earshot *board, const char *id, es_proof proof, const earshot_address *from) {
  es_peer *peer = make_room(board, proof_of(board, id, proof), from);
  if (peer == NULL) return NULL;
  if (peer->used && peer->up) es_peer_set_up(board, peer, false);
  es_clear(peer, sizeof *peer);
  peer->used = true;
  peer->every = ES_EVERY_MIN;
  es_copy_text(peer->id, sizeof peer->id, id);
  return peer;
}

void es_peer_set_up(earshot *board, es_peer *peer, bool up) {
  peer->up = up;
  es_log(board, EARSHOT_INFO, peer->name, up ? " is here" : " is gone", NULL);
  if (board->on_peer != NULL) board->on_peer(board->peer_context, (earshot_peer){peer->id, peer->name}, up);
}

static bool same_name(const char *a, const char *b) {
  size_t length = es_length(a);
  return length == es_length(b) && es_begins(a, length, b);
}

bool es_begins_id(const char *text, const char *id) {
  return es_length(text) >= ID_PREFIX_MIN && es_begins(id, ES_ID_CHARACTERS, text);
}

bool es_is_called(const char *want, const char *id, const char *name) {
  return es_begins_id(want, id) || same_name(want, name);
}

es_peer *es_roster_resolve(earshot *board, const char *to) {
  es_peer *found = NULL;
  bool by_id = false;
  for (es_peer *peer = NULL; (peer = es_next_peer(board, peer)) != NULL;) {
    if (!es_is_called(to, peer->id, peer->name)) continue;
    /* A peer may have the beginning of another one's id as its name. */
    by_id |= es_begins_id(to, peer->id);
    if (found != NULL && (by_id || (found->up && peer->up))) return NULL;
    if (found == NULL || peer->up) found = peer;
  }
  return found;
}

bool es_roster_hears(earshot *board, const char *id) {
  const es_peer *peer = es_roster_find(board, id);
  return peer != NULL && peer->up && peer->announced != 0 &&
         !es_has_passed(board, peer->announced, peer->every * UNHEARD_AFTER_MS);
}

uint32_t es_roster_up(const earshot *board) {
  uint32_t up = 0;
  for (unsigned i = 0; i < EARSHOT_ROSTER; i++) up += board->roster[i].used && board->roster[i].up;
  return up;
}

bool es_is_same_host(const earshot_address *a, const earshot_address *b) {
  return a->family == b->family && es_same_bytes(a->ip, b->ip, sizeof a->ip);
}

void es_peer_learn(es_peer *peer, const earshot_address *from, es_proof proof) {
  es_way way = {*from, (uint8_t)proof};
  unsigned at = find_way(peer, from);
  if (at == ES_WAYS) {
    /* Replace the last one, which is the worst, unless it is better proven, or an echo would replace an echo. */
    if (peer->way[--at].proof + (proof == ES_ECHOED) > (int)proof) return;
  } else if (at == peer->ways) {
    peer->ways++;
  } else if (peer->way[at].proof > way.proof) {
    way.proof = peer->way[at].proof;
  }
  for (; at > 0 && peer->way[at - 1].proof <= way.proof; at--) peer->way[at] = peer->way[at - 1];
  peer->way[at] = way;
}

void es_peer_reached(es_peer *peer, const earshot_address *address) {
  unsigned at = find_way(peer, address);
  earshot_address from = *address;
  from.port = at < peer->ways ? peer->way[at].address.port : ES_PORT;
  peer->port = address->port;
  es_peer_learn(peer, &from, ES_SESSION);
}

bool es_peer_way(const es_peer *peer, unsigned index, earshot_address *address) {
  if (index >= peer->ways) return false;
  *address = peer->way[index].address;
  address->port = peer->port;
  return true;
}

bool es_peer_counts(es_peer *peer, uint32_t seq, bool echoes) {
  if (peer->counted && seq <= peer->seq && !echoes) return false;
  peer->counted = true;
  peer->seq = seq;
  return true;
}

void es_peer_restart(es_peer *peer, uint32_t boot) {
  peer->boot = boot;
  peer->counted = false;
  peer->proof = ES_UNPROVEN;
}
