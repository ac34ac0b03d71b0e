#include "ways.h"

#include "board.h"
#include "earshot_state.h"
#include "hearsay.h"
#include "ip_address.h"
#include "storage.h"

#if EARSHOT_HEARSAY

#define KEY 'n'
/** A session of this length counts as success: the next attempt is made at once. */
#define STEADY_MS 10000
#define AGAIN_FIRST_MS 500u
#define AGAIN_MAX_MS 60000u
#define AGAIN_STEPS 7
#define NO_PLACE_MS 1000
#define DIAL_EVERY_MS 1000
#define HEED_EVERY_MS 25000
/** Attempts in a row at a peer by hearsay that was there before, and the pause before the first; it doubles. */
#define ATTEMPTS_AGAIN 5
#define PAUSE_FIRST_MS 1000u
#define AVOID_MS 600000
/** Most peers of one teller. */
#define RUMOURS_EACH (EARSHOT_RUMOURS / 2)
/** Places for sessions that rumours leave to others. */
#define PLACES_LEFT (EARSHOT_SESSIONS > 1)

static bool is_here(earshot *board, const char *id) {
  return es_session_find(board, id) != NULL || es_roster_hears(board, id);
}

/** True if more than `left` places for sessions are free, and a handshake can begin. */
static bool has_place(const earshot *board, unsigned left) {
  unsigned free_places = 0;
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) free_places += !board->sessions[i].used;
  return free_places > left && es_handshake_may_dial(board);
}

/* Named. */

static es_named *find_named(earshot *board, const char *host) {
  es_named *named = board->ways->named;
  while (named < board->ways->named + EARSHOT_NAMED && !es_same_text(named->host, host)) named++;
  return named < board->ways->named + EARSHOT_NAMED ? named : NULL;
}

void es_ways_load(earshot *board) {
  for (unsigned i = 0; i < EARSHOT_NAMED; i++) {
    es_named *named = &board->ways->named[i];
    size_t length = es_storage_get(board, KEY, i, (uint8_t *)named->host, EARSHOT_HOST_MAX);
    named->host[length] = '\0';
    if (!es_ip_read_with_port(named->host, &named->address)) named->host[0] = '\0';
  }
}

static earshot_result keep(const earshot *board, const es_named *named) {
  return es_storage_put(board, KEY, (unsigned)(named - board->ways->named), (const uint8_t *)named->host,
                        es_length(named->host));
}

earshot_result es_ways_name(earshot *board, const char *host) {
  earshot_address address;
  if (es_length(host) > EARSHOT_HOST_MAX || !es_ip_read_with_port(host, &address)) return EARSHOT_ARGUMENT;
  if (find_named(board, host) != NULL) return EARSHOT_OK;
  es_named *named = find_named(board, "");
  if (named == NULL) return EARSHOT_FULL;
  es_clear(named, sizeof *named);
  es_copy_text(named->host, sizeof named->host, host);
  named->address = address;
  earshot_result result = keep(board, named);
  if (result != EARSHOT_OK) named->host[0] = '\0';
  return result;
}

earshot_result es_ways_unname(earshot *board, const char *host) {
  es_named *named = *host != '\0' ? find_named(board, host) : NULL;
  if (named == NULL) return EARSHOT_ABSENT;
  es_clear(named, sizeof *named);
  return keep(board, named);
}

const char *es_ways_named(const earshot *board, unsigned index) {
  for (const es_named *named = board->ways->named; named < board->ways->named + EARSHOT_NAMED; named++) {
    if (named->host[0] != '\0' && index-- == 0) return named->host;
  }
  return NULL;
}

static void poll_named(earshot *board, es_named *named) {
  if (named->host[0] == '\0') return;
  if (is_here(board, named->id)) {
    const es_session *session = es_session_find(board, named->id);
    if (session != NULL && !es_has_passed(board, session->opened, STEADY_MS)) return;
    named->failures = 0;
    named->next = 0;
    return;
  }
  if (!es_is_due(board, named->next)) return;
  uint32_t wait = AGAIN_FIRST_MS << named->failures;
  if (!has_place(board, 0)) {
    wait = NO_PLACE_MS;
  } else {
    (void)es_handshake_dial_at(board, &named->address, "");
    if (named->failures < AGAIN_STEPS) named->failures++;
  }
  named->next = es_after(board, es_spread(board, wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS));
}

/* Hearsay. */

static es_rumour *next_rumour(earshot *board, es_rumour *rumour) {
  rumour = rumour == NULL ? board->ways->rumours : rumour + 1;
  while (rumour < board->ways->rumours + EARSHOT_RUMOURS && rumour->state == ES_RUMOUR_FREE) rumour++;
  return rumour < board->ways->rumours + EARSHOT_RUMOURS ? rumour : NULL;
}

/** A free place, or that of the one that is avoided for longest. */
static es_rumour *room(es_ways *ways) {
  es_rumour *oldest = NULL;
  for (es_rumour *rumour = ways->rumours; rumour < ways->rumours + EARSHOT_RUMOURS; rumour++) {
    if (rumour->state == ES_RUMOUR_FREE) return rumour;
    if (rumour->state == ES_RUMOUR_AVOIDED && (oldest == NULL || rumour->next < oldest->next))
      oldest = rumour;
  }
  return oldest;
}

static void note(earshot *board, const char *teller, const es_hearsay *told) {
  es_time turn = 0;
  unsigned of_teller = 0;
  if (!es_ip_is_private(&told->address) || es_same_text(told->id, board->self.id) || is_here(board, told->id))
    return;
  for (es_rumour *other = NULL; (other = next_rumour(board, other)) != NULL;) {
    bool same_place = es_is_same_host(&other->address, &told->address) && other->address.port == told->port;
    if (other->state == ES_RUMOUR_AVOIDED) {
      if (same_place && es_now(board) < other->next) return;
      continue;
    }
    if (es_same_text(other->id, told->id)) return;
    if (!es_same_text(other->teller, teller)) continue;
    turn = other->turn;
    if (++of_teller == RUMOURS_EACH) return;
  }
  es_rumour *rumour = room(board->ways);
  if (rumour == NULL) return;
  es_clear(rumour, sizeof *rumour);
  rumour->state = ES_RUMOUR_WAITS;
  rumour->address = told->address;
  rumour->turn = turn;
  es_copy_text(rumour->id, sizeof rumour->id, told->id);
  es_copy_text(rumour->teller, sizeof rumour->teller, teller);
}

/** In an open group anybody could send us anywhere. */
static bool is_heeded(const earshot *board, const char *teller) {
  if (board->self.group.closed) return true;
  for (unsigned i = 0; i < EARSHOT_NAMED; i++) {
    if (board->ways->named[i].host[0] != '\0' && es_same_text(board->ways->named[i].id, teller)) return true;
  }
  return false;
}

void es_ways_heard(earshot *board, es_session *session, const es_frame *frame) {
  es_hearsay told;
  if (session->brief || !is_heeded(board, session->id)) return;
  if (session->told != 0 && !es_has_passed(board, session->told, HEED_EVERY_MS)) return;
  session->told = es_now(board);
  for (size_t at = 0; at < frame->length;) {
    if (es_hearsay_read(frame->body, frame->length, &at, &told) != EARSHOT_OK) return;
    note(board, session->id, &told);
  }
}

static void give_up(earshot *board, es_rumour *rumour) {
  bool again = rumour->was_met && rumour->failures < ATTEMPTS_AGAIN;
  rumour->state = again ? ES_RUMOUR_WAITS : ES_RUMOUR_AVOIDED;
  rumour->next = es_after(board, again ? PAUSE_FIRST_MS << rumour->failures : AVOID_MS);
  rumour->failures++;
}

/** The one to dial: of the teller whose turn was longest ago; NULL if none is due. Notices who is not here any more. */
static es_rumour *choose(earshot *board) {
  es_rumour *chosen = NULL;
  for (es_rumour *rumour = NULL; (rumour = next_rumour(board, rumour)) != NULL;) {
    bool here = is_here(board, rumour->id);
    if (rumour->state == ES_RUMOUR_MET && !here) give_up(board, rumour);
    if (rumour->state != ES_RUMOUR_WAITS) continue;
    if (here) rumour->state = rumour->was_met ? ES_RUMOUR_MET : ES_RUMOUR_FREE;
    else if (es_now(board) >= rumour->next && (chosen == NULL || rumour->turn < chosen->turn))
      chosen = rumour;
  }
  return chosen;
}

static void poll_rumours(earshot *board) {
  if (!es_has_passed(board, board->ways->next_rumour, 0)) return;
  es_rumour *rumour = choose(board);
  if (rumour == NULL || !has_place(board, PLACES_LEFT)) return;
  board->ways->next_rumour = es_after(board, DIAL_EVERY_MS);
  for (es_rumour *other = NULL; (other = next_rumour(board, other)) != NULL;) {
    if (es_same_text(other->teller, rumour->teller)) other->turn = es_now(board);
  }
  rumour->state = ES_RUMOUR_DIALLED;
  if (!es_handshake_dial_at(board, &rumour->address, rumour->id)) give_up(board, rumour);
}

/* Both. */

void es_ways_poll(earshot *board) {
  for (unsigned i = 0; i < EARSHOT_NAMED; i++) poll_named(board, &board->ways->named[i]);
  poll_rumours(board);
}

bool es_ways_proven(earshot *board, const earshot_address *address, const char *id) {
  for (es_named *named = board->ways->named; named < board->ways->named + EARSHOT_NAMED; named++) {
    if (named->address.port == address->port && es_is_same_host(&named->address, address))
      es_copy_text(named->id, sizeof named->id, id);
  }
  for (es_rumour *rumour = NULL; (rumour = next_rumour(board, rumour)) != NULL;) {
    if (rumour->state != ES_RUMOUR_DIALLED || !es_same_text(rumour->id, id)) continue;
    rumour->state = ES_RUMOUR_MET;
    rumour->was_met = true;
    rumour->failures = 0;
  }
  return es_session_find(board, id) == NULL;
}

void es_ways_failed(earshot *board, const char *id) {
  for (es_rumour *rumour = NULL; (rumour = next_rumour(board, rumour)) != NULL;) {
    if (rumour->state == ES_RUMOUR_DIALLED && es_same_text(rumour->id, id)) give_up(board, rumour);
  }
}

bool es_ways_want(const earshot *board, const char *id) {
  for (unsigned i = 0; i < EARSHOT_NAMED; i++) {
    if (es_same_text(board->ways->named[i].id, id)) return true;
  }
  for (unsigned i = 0; i < EARSHOT_RUMOURS; i++) {
    const es_rumour *rumour = &board->ways->rumours[i];
    if (rumour->state == ES_RUMOUR_MET && es_same_text(rumour->id, id)) return true;
  }
  return false;
}

#endif
