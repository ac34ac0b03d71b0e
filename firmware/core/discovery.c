/** Takes in announcements, trusting each only as far as it is proven: PROTOCOL.md 3.3. */
#include "discovery.h"

#include "announcer.h"
#include "answers.h"
#include "board.h"
#include "earshot_state.h"
#include "liveness.h"

#define GRACE_MS 30000
#define COPIES_WITHIN_MS 5000
#define TWIN_EVERY_MS 10000
/** Most datagrams read in one poll. */
#define DATAGRAMS_A_POLL 8

void es_discovery_renew(earshot *board) {
  es_announcer_start(board);
  /* Peers seemed silent perhaps only because our network was down. */
  board->discovery.grace_until = es_after(board, GRACE_MS);
}

static void alive(earshot *board, es_peer *peer) {
  es_liveness_heard(board, peer);
  if (peer->up) return;
  /* A peer that comes up is dialled at once. */
  es_contact *contact = es_contact_find(board, peer->id);
  if (contact != NULL) contact->next_dial = 0;
  board->discovery.heard_since++;
  es_peer_set_up(board, peer, true);
}

/** Takes in a `hello` or an `ask`; true if it is the first of this start of the peer. */
static bool heard(earshot *board, const es_announcement *a, const earshot_address *from) {
  es_peer *peer = es_roster_find(board, a->id);
  bool echoes = a->echo[0] != '\0' &&
                (es_announcer_asked(board, a->echo) || (peer != NULL && es_liveness_asked(peer, a->echo)));
  if (peer == NULL) peer = es_roster_add(board, a->id, echoes ? ES_ECHOED : ES_UNPROVEN, from);
  if (peer == NULL) return false;
  bool other_start = peer->boot != a->boot || !peer->up;
  bool contradicts =
      peer->up && peer->port != 0 && (peer->port != a->port || !es_same_text(peer->name, a->name));
  if (peer->up && (other_start || contradicts) && !echoes) {
    /*
     * A restart of the peer, or a forgery: only its address is noted until the peer has answered an ask.
     */
    es_peer_learn(peer, from, ES_UNPROVEN);
    es_liveness_doubt(board, peer);
    return false;
  }
  if (peer->boot != a->boot) es_peer_restart(peer, a->boot);
  bool counts = es_peer_counts(peer, a->seq, echoes);
  es_peer_learn(peer, from, echoes ? ES_ECHOED : ES_UNPROVEN);
  if (!counts) {
    if (!peer->up) es_liveness_ask_back(board, peer);
    /* Copies by other links come within seconds. Later, a forged `seq` may have run ahead of the peer's own. */
    else if (es_has_passed(board, peer->heard, COPIES_WITHIN_MS)) es_liveness_doubt(board, peer);
    return false;
  }
  peer->every = (uint16_t)a->every;
  peer->announced = es_now(board);
  if (echoes && peer->proof == ES_UNPROVEN) peer->proof = ES_ECHOED;
  if (peer->proof <= (echoes ? ES_ECHOED : ES_UNPROVEN)) {
    es_copy_text(peer->name, sizeof peer->name, a->name);
    peer->port = a->port;
  }
  /* It dialled us, and a handshake tells no port. */
  if (peer->port == 0) peer->port = a->port;
  /* After a `bye` only an answer counts: anything else may be older than that, and was still under way. */
  if (other_start || !peer->leaving || es_liveness_asked(peer, a->echo)) alive(board, peer);
  return other_start;
}

#if EARSHOT_TWINS
/**
 * Takes in an announcement with our id and of another start. It may be a replay of an earlier one of ours, so its sender
 * is asked: only an echo proves that it is there.
 */
static void twin(earshot *board, const es_announcement *a, const earshot_address *from, bool own) {
  es_discovery *d = &board->discovery;
  if (a->t == ES_ASK && own) es_answers_take(board, a, from, own);
  if (board->numbers.twins > 0) return;
  if (d->twin_asked != 0 && a->echo[0] != '\0' && es_nonce_is_among(a->echo, &d->twin_nonce, 1)) {
    board->numbers.twins = 1;
    es_log(board, EARSHOT_WARNING, "another board has the identity of this one, as a copy of its flash has: ",
           "erase the flash of one of them, and flash it again", NULL);
  } else if (d->twin_asked == 0 || es_has_passed(board, d->twin_asked, TWIN_EVERY_MS)) {
    d->twin_asked = es_now(board);
    es_random(board, d->twin_nonce, sizeof d->twin_nonce);
    es_announcer_ask(board, from, board->self.id, d->twin_nonce);
  }
}
#endif

static void received(earshot *board, uint8_t *data, size_t length, const earshot_address *from, bool own) {
  es_announcement a;
  if (es_announcement_read(&a, data, length, board->self.announce_key) != EARSHOT_OK ||
      !es_same_text(a.group, board->self.group.name)) {
    board->numbers.datagrams_ignored++;
    return;
  }
  if (es_same_text(a.id, board->self.id)) {
#if EARSHOT_TWINS
    if (a.boot != board->self.payload.boot && !a.brief) twin(board, &a, from, own);
#endif
    return;
  }
  if (a.t == ES_BYE) {
    es_peer *peer = es_roster_find(board, a.id);
    if (peer != NULL && peer->up && peer->boot == a.boot) {
      /* What it was asked before, it may have answered before. */
      if (!peer->leaving) peer->asked = 0;
      peer->leaving = true;
      es_liveness_doubt(board, peer);
    }
    return;
  }
  bool first = !a.brief && heard(board, &a, from);
  if (a.t == ES_ASK) es_answers_take(board, &a, from, own);
  else if (first && !own) es_answers_greet(board, from);
}

void es_discovery_poll(earshot *board) {
  const earshot_port *port = board->port;
  for (unsigned i = 0; i < DATAGRAMS_A_POLL; i++) {
    size_t length;
    earshot_address from;
    bool own;
    if (port->udp_receive(port->context, board->datagram, sizeof board->tables.datagram, &length, &from,
                          &own) != EARSHOT_OK) {
      break;
    }
    if (length > sizeof board->tables.datagram) board->numbers.datagrams_ignored++;
    else if (!board->closing) received(board, board->datagram, length, &from, own);
    if (i + 1 == DATAGRAMS_A_POLL) es_wake_now(board);
  }
  es_answers_poll(board);
  es_announcer_poll(board);
  es_liveness_poll(board);
}

void es_discovery_session(earshot *board, const char *id, const es_payload *payload,
                          const earshot_address *dialled) {
  if (payload->brief) return;
  es_peer *peer = es_roster_find(board, id);
  if (peer == NULL) peer = es_roster_add(board, id, ES_SESSION, NULL);
  if (peer == NULL) return;
  if (peer->boot != payload->boot) es_peer_restart(peer, payload->boot);
  peer->proof = ES_SESSION;
  es_copy_text(peer->name, sizeof peer->name, payload->name);
  if (dialled != NULL) es_peer_reached(peer, dialled);
  alive(board, peer);
}
