/** Sends `ask`, `hello` and `bye`, and decides when. PROTOCOL.md 3.2. */
#include "announcer.h"

#include "base32.h"
#include "board.h"
#include "earshot_state.h"

#define HELLO_MS 10000u
#define HELLOS_A_SECOND 5u
/** Milliseconds of period for each second of `every` of other peers: 1 000 / 1.2, and a little less. */
#define OF_THE_PROMISED 800u
#define ECHO_COUNTS_MS 10000
#define BYE_AGAIN_MS 100
/** Number of peers heard after the first `ask` that makes the others unnecessary. */
#define ENOUGH 32

static const uint16_t ASK_AT_MS[ES_GROUP_ASKS] = {0, 250, 1000, 3000};

/**
 * Period of our hellos, milliseconds: longer in a large group, so that all peers together send about 5 a second. A
 * full roster does not tell the size of the group; then the mean of `every` of the others does, so that no single
 * peer decides. A little less than that mean, so that boards do not keep each other at a long period.
 */
static uint32_t period(const earshot *board) {
  uint32_t up = 0;
  uint32_t promised = 0;
  for (unsigned i = 0; i < EARSHOT_ROSTER; i++) {
    if (!board->roster[i].up) continue;
    up++;
    promised += board->roster[i].every;
  }
  uint32_t shared = up * (1000 / HELLOS_A_SECOND);
  uint32_t mean = up == EARSHOT_ROSTER ? promised * OF_THE_PROMISED / EARSHOT_ROSTER : 0;
  if (shared < mean) shared = mean;
  return shared > HELLO_MS ? shared : HELLO_MS;
}

static void plan_hello(earshot *board, uint32_t low_percent) {
  es_discovery *d = &board->discovery;
  d->planned = period(board);
  d->next_hello = es_after_about(board, d->planned / 100 * low_percent, d->planned / 100 * 120);
}

static void describe(earshot *board, es_announcement_type type, es_announcement *a) {
  const es_self *self = &board->self;
  es_clear(a, sizeof *a);
  a->t = (uint8_t)type;
  es_copy_text(a->id, sizeof a->id, self->id);
  es_copy_text(a->name, sizeof a->name, self->payload.name);
  es_copy_text(a->group, sizeof a->group, self->group.name);
  es_copy_text(a->kind, sizeof a->kind, self->payload.kind);
  a->boot = self->payload.boot;
  a->seq = ++board->discovery.seq;
  a->port = board->port->tcp_port;
  a->every = (period(board) * 12 / 10 + 999) / 1000;
}

/** Sends an announcement, sealed in a closed group; by multicast if `to` is NULL. */
static void send(earshot *board, const earshot_address *to, const es_announcement *announcement) {
  es_writer writer = es_writer_on(board->datagram, sizeof board->tables.datagram);
  uint8_t nonce[12];
  earshot_result result;
  if (board->self.announce_key == ES_NO_KEY) {
    result = es_announcement_write(announcement, &writer);
  } else {
    es_random(board, nonce, sizeof nonce);
    result = es_announcement_seal(announcement, board->self.announce_key, nonce, &writer);
  }
  if (result == EARSHOT_OK && !board->mute)
    board->port->udp_send(board->port->context, to, board->datagram, writer.length);
}

void es_announcer_hello(earshot *board, const earshot_address *to, const char *echo) {
  es_announcement hello;
  describe(board, ES_HELLO, &hello);
  es_copy_text(hello.echo, sizeof hello.echo, echo);
  send(board, to, &hello);
  /* `every` promises the next hello within that time. */
  es_time latest = es_after(board, hello.every * 1000);
  if (board->discovery.next_hello > latest) board->discovery.next_hello = latest;
}

void es_announcer_ask(earshot *board, const earshot_address *to, const char *want,
                      const uint8_t nonce[ES_NONCE_BYTES]) {
  es_announcement ask;
  describe(board, ES_ASK, &ask);
  es_base32_encode(nonce, ES_NONCE_BYTES, ask.nonce);
  if (want != NULL) es_copy_text(ask.want, sizeof ask.want, want);
  send(board, to, &ask);
}

void es_announcer_bye(earshot *board) {
  /* The second bye has the `seq` of the first, so that readers recognise a copy. */
  if (board->discovery.bye_again != 0) board->discovery.seq--;
  es_announcement bye;
  describe(board, ES_BYE, &bye);
  send(board, NULL, &bye);
  es_discovery *d = &board->discovery;
  d->bye_again = d->bye_again == 0 ? es_after(board, BYE_AGAIN_MS) : 0;
}

void es_announcer_start(earshot *board) {
  es_discovery *d = &board->discovery;
  d->asks = 0;
  d->heard_since = 0;
  d->started = d->next_ask = es_now(board);
  plan_hello(board, 20);
}

static void ask_group(earshot *board) {
  es_discovery *d = &board->discovery;
  if (d->asks > 0 && d->heard_since >= ENOUGH) {
    d->asks = ES_GROUP_ASKS;
    return;
  }
  es_random(board, d->nonces[d->asks], ES_NONCE_BYTES);
  es_announcer_ask(board, NULL, NULL, d->nonces[d->asks]);
  d->asks++;
  if (d->asks < ES_GROUP_ASKS) d->next_ask = d->started + es_spread(board, ASK_AT_MS[d->asks]);
}

bool es_nonce_is_among(const char *nonce, const uint8_t nonces[][ES_NONCE_BYTES], unsigned count) {
  uint8_t bytes[ES_NONCE_BYTES];
  if (es_base32_decode(nonce, es_length(nonce), bytes, sizeof bytes) != EARSHOT_OK) return false;
  for (unsigned i = 0; i < count; i++) {
    if (es_same_bytes(bytes, nonces[i], sizeof bytes)) return true;
  }
  return false;
}

bool es_announcer_asked(const earshot *board, const char *nonce) {
  const es_discovery *d = &board->discovery;
  if (es_has_passed(board, d->started, ASK_AT_MS[ES_GROUP_ASKS - 1] + ECHO_COUNTS_MS + 1)) return false;
  return es_nonce_is_among(nonce, d->nonces, d->asks);
}

void es_announcer_replan(earshot *board) {
  if (period(board) > board->discovery.planned / 2 * 3) plan_hello(board, 20);
}

void es_announcer_poll(earshot *board) {
  es_discovery *d = &board->discovery;
  if (d->bye_again != 0 && es_is_due(board, d->bye_again)) es_announcer_bye(board);
  if (board->closing) return;
  while (d->asks < ES_GROUP_ASKS && es_is_due(board, d->next_ask)) ask_group(board);
  if (es_is_due(board, d->next_hello)) {
    plan_hello(board, 80);
    es_announcer_hello(board, NULL, "");
    es_wake_at(board, d->next_hello);
  }
}
