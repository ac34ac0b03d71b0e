/**
 * Checks of peers that may be gone: PROTOCOL.md 3.6. A peer is asked three times before it counts as gone.
 */
#include "liveness.h"

#include "announcer.h"
#include "board.h"
#include "earshot_state.h"
#include "session.h"

#define ASK_EVERY_MS 1000
#define DOUBT_EVERY_MS 10000
/** Largest `every` that counts if no session or echo has proven the peer. */
#define UNPROVEN_EVERY_MS 60000u
/** Spreads the asks of all peers that heard the same `bye`: milliseconds for each peer that is up. */
#define DOUBT_SPREAD_MS 40

void es_liveness_heard(earshot *board, es_peer *peer) {
  uint32_t every = peer->every * 1000u;
  if (peer->proof == ES_UNPROVEN && every > UNPROVEN_EVERY_MS) every = UNPROVEN_EVERY_MS;
  peer->leaving = false;
  peer->heard = es_now(board);
  peer->asked = 0;
  peer->look_at = es_after_about(board, every / 10 * 12, every / 10 * 15);
}

void es_liveness_doubt(earshot *board, es_peer *peer) {
  if (!peer->up || peer->asked > 0 || es_session_find(board, peer->id) != NULL) return;
  es_time at = es_after_about(board, 0, es_roster_up(board) * DOUBT_SPREAD_MS);
  if (peer->doubted_at != 0 && at < peer->doubted_at + DOUBT_EVERY_MS) at = peer->doubted_at + DOUBT_EVERY_MS;
  if (at < peer->look_at) peer->look_at = at;
}

bool es_liveness_asked(const es_peer *peer, const char *nonce) {
  return es_nonce_is_among(nonce, peer->nonces, peer->asked);
}

/**
 * Sends `ask` to the addresses that announcements came from; from the second time on to port 3333 there as well.
 */
static void ask(earshot *board, es_peer *peer) {
  uint8_t *nonce = peer->nonces[peer->asked];
  es_random(board, nonce, ES_NONCE_BYTES);
  for (unsigned i = 0; i < peer->ways; i++) {
    earshot_address to = peer->way[i].address;
    es_announcer_ask(board, &to, peer->id, nonce);
    if (peer->asked == 0 || to.port == ES_PORT) continue;
    to.port = ES_PORT;
    es_announcer_ask(board, &to, peer->id, nonce);
  }
  es_session *session = es_session_find(board, peer->id);
  if (session != NULL) session->ping = true;
  peer->asked++;
  peer->look_at = es_after(board, ASK_EVERY_MS);
}

void es_liveness_ask_back(earshot *board, es_peer *peer) {
  if (!es_has_passed(board, peer->doubted_at, ASK_EVERY_MS)) return;
  peer->doubted_at = es_now(board);
  peer->asked = 0;
  ask(board, peer);
}

static void gone(earshot *board, es_peer *peer) {
  peer->asked = 0;
  /* Its addresses and its announcements have to be proven anew. */
  peer->proof = ES_UNPROVEN;
  for (unsigned i = 0; i < ES_WAYS; i++) peer->way[i].proof = ES_UNPROVEN;
  es_session *session = es_session_find(board, peer->id);
  if (session != NULL) es_session_end(session, ES_GONE);
  es_peer_set_up(board, peer, false);
}

static void look_into(earshot *board, es_peer *peer) {
  /* A peer that said `bye` goes, even at a time at which the silence of others does not count. */
  if (es_now(board) < board->discovery.grace_until && !peer->leaving) {
    peer->look_at = board->discovery.grace_until;
  } else if (peer->asked < ES_ASKS) {
    if (peer->asked == 0) peer->doubted_at = es_now(board);
    ask(board, peer);
  } else {
    gone(board, peer);
  }
}

void es_liveness_poll(earshot *board) {
  if (board->closing) return;
  for (es_peer *peer = NULL; (peer = es_next_peer(board, peer)) != NULL;) {
    if (!peer->up || !es_is_due(board, peer->look_at)) continue;
    look_into(board, peer);
    if (peer->up) es_wake_at(board, peer->look_at);
  }
}
