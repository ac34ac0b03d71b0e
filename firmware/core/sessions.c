#include "sessions.h"

#include "answering.h"
#include "board.h"
#include "download.h"
#include "earshot_state.h"
#include "link.h"
#include "liveness.h"
#include "outbound.h"
#include "session_poll.h"
#include "ways.h"

#define EVICT_AFTER_MS 1000
/** For a session with unanswered messages, which are retransmitted later. */
#define EVICT_STUCK_AFTER_MS 10000
/** Two sessions opened within this time count as dialled at once: a handshake and a little more. */
#define AT_ONCE_MS 6000
#define SHORT_LIVED_MS 1000
#define BACKOFF_FIRST_MS 500u
#define BACKOFF_MAX_MS 60000u
/** Failures after which the pause is the longest. */
#define BACKOFF_STEPS 8
#define FULL_AGAIN_MIN_MS 1000
#define FULL_AGAIN_MAX_MS 5000
/** A busy session is stalled if no record came and no message went for so long. */
#define STALLED_AFTER_MS 3000
/** Pause if no address of the peer is known. */
#define NO_ADDRESS_MS 1000

/** The session that has been quiet longest, of those quiet long enough to be closed for another peer. */
static es_session *quietest(earshot *board) {
  es_session *found = NULL;
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;) {
    uint32_t quiet = es_session_is_busy(board, session) ? EVICT_STUCK_AFTER_MS : EVICT_AFTER_MS;
    if (!es_has_passed(board, session->active, quiet)) continue;
    if (found == NULL || session->active < found->active) found = session;
  }
  return found;
}

static unsigned sessions_of(earshot *board, const earshot_address *host) {
  unsigned count = 0;
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;)
    count += es_is_same_host(&session->address, host);
  return count;
}

/** The quietest session of the address that has most sessions, if it has more than one, and more than `from`. */
static es_session *of_most(earshot *board, const earshot_address *from) {
  es_session *found = NULL;
  unsigned most = from != NULL ? sessions_of(board, from) : 0;
  if (most == 0) most = 1;
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;) {
    unsigned count = sessions_of(board, &session->address);
    if (count < most || (count == most && (found == NULL || session->active >= found->active))) continue;
    found = session;
    most = count;
  }
  return found;
}

/**
 * A place for a session with this peer: a free one, that of an older session with it, of a quiet one, or of an address
 * that has several.
 */
static es_session *find_place(earshot *board, const char *id, const earshot_address *from) {
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    if (!board->sessions[i].used) return &board->sessions[i];
  }
  es_session *place = es_session_find(board, id);
  if (place == NULL) place = quietest(board);
  return place != NULL ? place : of_most(board, from);
}

static void attach(earshot *board, es_session *session) {
  es_session *older = es_session_find(board, session->id);
  if (older != NULL) {
    older->attached = false;
    es_outbound_detach(board, older);
  }
  session->attached = true;
}

/** Dials again after a pause that doubles with each failure in a row. */
static void failed(earshot *board, es_contact *contact) {
  if (contact->failures < BACKOFF_STEPS) contact->failures++;
  uint32_t wait = BACKOFF_FIRST_MS << (contact->failures - 1u);
  if (wait > BACKOFF_MAX_MS) wait = BACKOFF_MAX_MS;
  contact->next_dial = es_after(board, es_spread(board, wait));
}

/** Sets when a peer is dialled again after a session that has ended. */
static void set_next_dial(earshot *board, const es_session *session) {
  es_reason why = session->why != ES_NO_REASON ? session->why : session->ended;
  es_contact *contact = es_contact_find(board, session->id);
  if (contact == NULL) return;
  if (why == ES_FULL) {
    contact->next_dial = es_after_about(board, FULL_AGAIN_MIN_MS, FULL_AGAIN_MAX_MS);
  } else if (!es_has_passed(board, session->opened, SHORT_LIVED_MS)) {
    failed(board, contact);
  } else {
    contact->failures = 0;
    contact->next_dial = 0;
  }
}

/**
 * Frees a session if it has ended: closes its connection, destroys its keys, returns its unanswered messages to the
 * queue, and sets when the peer is dialled again.
 */
static void clean_up(earshot *board, es_session *session) {
  if (!session->used || session->ended == ES_NO_REASON) return;
  es_link_close(board, session->connection);
  es_cipher_end(&session->send);
  es_cipher_end(&session->receive);
  session->used = false;
  es_log(board, EARSHOT_DEBUG, session->name, ": session is over: ", es_reason_text(session->ended));
  es_download_detach(board, session);
  es_answering_detach(board, session);
  if (!session->attached) return;
  session->attached = false;
  es_outbound_detach(board, session);
  /* A second session with the peer, still waiting for the peer to choose between the two, takes over. */
  for (es_session *other = NULL; (other = es_next_session(board, session->id, other)) != NULL;) {
    if (other->why != ES_NO_REASON) continue;
    attach(board, other);
    return;
  }
  set_next_dial(board, session);
}

/**
 * Ends a session to make room for another one. Sends `close` only if the connection accepts it at once, for the memory
 * is needed now.
 */
static void evict(earshot *board, es_session *session, es_reason why) {
  es_session_close(board, session, why);
  es_session_poll(board, session);
  es_session_end(session, why);
  clean_up(board, session);
}

/** Closes every other session with the peer of these two. */
static void close_others(earshot *board, const es_session *one, const es_session *two) {
  for (es_session *other = NULL; (other = es_next_session(board, one->id, other)) != NULL;) {
    if (other != one && other != two) es_session_close(board, other, ES_REPLACED);
  }
}

/** Decides which of two sessions with one peer stays: PROTOCOL.md 3.9. */
static void settle(earshot *board, es_session *session, es_session *older) {
  bool at_once = !es_has_passed(board, older->opened, AT_ONCE_MS + 1);
  close_others(board, session, older);
  if (older->boot != session->boot || older->initiator == session->initiator || !at_once) {
    attach(board, session);
    es_session_close(board, older, ES_REPLACED);
  } else if (strcmp(board->self.id, session->id) < 0) {
    if (session->initiator) attach(board, session);
    es_session_close(board, session->initiator ? older : session, ES_REPLACED);
  }
  /* Else the peer decides: until then we read both, and send through the older one. */
}

static void describe(earshot *board, es_session *session, const es_handshake *handshake, const char *id,
                     const es_payload *payload) {
  es_time now = es_now(board);
  session->used = true;
  session->initiator = handshake->initiator;
  session->connection = handshake->connection;
  session->address = handshake->address;
  es_copy_text(session->id, sizeof session->id, id);
  es_copy_text(session->name, sizeof session->name, payload->name);
  session->boot = payload->boot;
  session->rx = payload->rx;
  session->window = payload->window;
  session->brief = payload->brief;
  session->answers = payload->answers;
  session->can_ask = payload->can_ask;
  session->opened = session->heard = session->active = session->wrote = now;
}

es_session *es_sessions_add(earshot *board, es_handshake *handshake, const char *id,
                            const es_payload *payload) {
  es_session *session = find_place(board, id, &handshake->address);
  if (session == NULL) return NULL;
  if (session->used) evict(board, session, es_same_text(session->id, id) ? ES_REPLACED : ES_FULL);
  es_clear(session, sizeof *session);
  if (es_noise_split(&handshake->noise, &session->send, &session->receive) != EARSHOT_OK) return NULL;
  describe(board, session, handshake, id, payload);
  if (handshake->initiator) {
    es_copy(session->tx_bytes, handshake->buffer, handshake->length);
    session->out = handshake->length;
  }
  board->numbers.sessions_opened++;
  es_discovery_session(board, id, payload, handshake->initiator ? &handshake->address : NULL);
  es_session *older = es_session_find(board, id);
  if (older == NULL || older->why != ES_NO_REASON) attach(board, session);
  else settle(board, session, older);
  es_wake_now(board);
  return session;
}

static void unreachable(earshot *board, const es_handshake *h) {
  const char *id = h->id;
#if EARSHOT_HEARSAY
  /* That it is not where others told says nothing of where it is. */
  if (h->way == ES_WAY_DIRECT) {
    es_ways_failed(board, id);
    return;
  }
#endif
  es_contact *contact = es_contact_find(board, id);
  if (contact != NULL) failed(board, contact);
  es_peer *peer = es_roster_find(board, id);
  if (peer != NULL) es_liveness_doubt(board, peer);
}

void es_sessions_renew(earshot *board) {
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;) {
    bool stands_still = es_has_passed(board, session->heard, STALLED_AFTER_MS) &&
                        es_has_passed(board, session->active, STALLED_AFTER_MS);
    if (!stands_still || !es_session_is_busy(board, session)) continue;
    es_session_end(session, ES_STALLED);
    clean_up(board, session);
  }
}

/** Dials a contact if a message waits for it. */
static void dial(earshot *board, es_contact *contact) {
  if (!es_outbound_wants_session(board, contact)) return;
  if (es_session_find(board, contact->id) != NULL || es_handshake_dials(board, contact->id)) return;
  if (!es_is_due(board, contact->next_dial)) return;
  const es_peer *peer = es_roster_find(board, contact->id);
  bool possible = peer != NULL && peer->up && find_place(board, contact->id, NULL) != NULL;
  if (possible && es_handshake_dial(board, contact->id)) return;
  contact->next_dial = es_after(board, NO_ADDRESS_MS);
  es_wake_at(board, contact->next_dial);
}

/** Makes a session of a proven handshake. If there is no room, turns the peer away; EARSHOT_OK then, too. */
static earshot_result welcome(earshot *board, es_handshake *h, const es_payload *payload) {
#if EARSHOT_HEARSAY
  if (h->way == ES_WAY_DIRECT && !es_ways_proven(board, &h->address, h->id)) return EARSHOT_REFUSED;
#endif
  if (find_place(board, h->id, &h->address) == NULL) {
    /* A peer that we dialled gets no `close`: it has not learnt our id yet. */
    return h->initiator ? EARSHOT_FULL : es_handshake_turn_away(h);
  }
  earshot_result result = es_handshake_finish(board, h);
  if (result != EARSHOT_OK) return result;
  if (es_sessions_add(board, h, h->id, payload) == NULL) return EARSHOT_FULL;
  es_handshake_free(h);
  return EARSHOT_OK;
}

static void poll_handshake(earshot *board, es_handshake *h) {
  es_payload payload;
  earshot_result result = EARSHOT_OK;
  while (result == EARSHOT_OK) {
    result = es_handshake_poll(board, h, &payload);
    if (result == EARSHOT_OK) result = welcome(board, h, &payload);
  }
  if (result != EARSHOT_AGAIN && es_handshake_give_up(board, h)) unreachable(board, h);
}

void es_sessions_poll(earshot *board) {
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) clean_up(board, &board->sessions[i]);
  es_handshakes_accept(board);
  for (unsigned i = 0; i < EARSHOT_HANDSHAKES; i++) poll_handshake(board, &board->handshakes->all[i]);
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;) {
    es_session_poll(board, session);
    clean_up(board, session);
  }
  es_outbound_poll(board);
  if (board->closing) return;
#if EARSHOT_HEARSAY
  es_ways_poll(board);
#endif
  for (es_contact *contact = NULL; (contact = es_next_contact(board, contact)) != NULL;) dial(board, contact);
}
