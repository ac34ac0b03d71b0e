/** Answers to `ask`: PROTOCOL.md 3.2. The queue is limited; what does not fit is answered by one multicast. */
#include "answers.h"

#include "announcer.h"
#include "board.h"
#include "earshot_state.h"

#define DELAY_MIN_MS 20
#define DELAY_MAX_MS 100
#define MULTICAST_EVERY_MS 1000
#define REPEATED_WITHIN_MS 10000
#define EACH_A_SECOND 5
/** Most peers that are up in a small group. */
#define SMALL 32

typedef enum asked { NEW, COPY, REPEATED } asked;

/** The last `ask` of a peer that came to the same kind of socket; NULL if none is remembered. */
static es_asked *last_of(es_discovery *d, const char *id, bool own) {
  for (es_asked *last = d->asked; last < d->asked + ES_ASK_LOG; last++) {
    if (last->own == own && es_same_text(last->id, id)) return last;
  }
  return NULL;
}

/** Compares an `ask` with the last one of that peer, and remembers it unless it is a copy. */
static asked note(earshot *board, const es_announcement *ask, bool own) {
  es_discovery *d = &board->discovery;
  es_asked *last = last_of(d, ask->id, own);
  bool recent = last != NULL && !es_has_passed(board, last->at, REPEATED_WITHIN_MS);
  if (recent && ask->nonce[0] != '\0' && es_same_text(last->nonce, ask->nonce)) return COPY;
  if (last == NULL) last = &d->asked[d->next_asked++ % ES_ASK_LOG];
  es_copy_text(last->id, sizeof last->id, ask->id);
  es_copy_text(last->nonce, sizeof last->nonce, ask->nonce);
  last->own = own;
  last->at = es_now(board);
  return recent ? REPEATED : NEW;
}

/** True, and counts it, if another unicast answer to this address is within the rate limits. */
static bool within_limits(earshot *board, const earshot_address *to) {
  es_discovery *d = &board->discovery;
  unsigned lately = 0;
  unsigned to_this = 0;
  for (unsigned i = 0; i < ES_ANSWER_LOG; i++) {
    if (d->answered[i].at == 0 || es_has_passed(board, d->answered[i].at, 1000)) continue;
    lately++;
    to_this += es_is_same_host(&d->answered[i].to, to);
  }
  if (lately == ES_ANSWER_LOG || to_this >= EACH_A_SECOND) return false;
  unsigned slot = d->next_answered++ % ES_ANSWER_LOG;
  d->answered[slot].to = *to;
  d->answered[slot].at = es_now(board);
  return true;
}

static void answer_all(earshot *board, const char *nonce) {
  es_discovery *d = &board->discovery;
  if (d->multicast) {
    /* One hello answers several asks: then it echoes no nonce. */
    if (!es_same_text(d->multicast_nonce, nonce)) d->multicast_nonce[0] = '\0';
    return;
  }
  es_time due = es_after_about(board, DELAY_MIN_MS, DELAY_MAX_MS);
  es_time next = d->multicast_last == 0 ? 0 : d->multicast_last + MULTICAST_EVERY_MS;
  d->multicast = true;
  d->multicast_due = due > next ? due : next;
  es_copy_text(d->multicast_nonce, sizeof d->multicast_nonce, nonce);
}

static void answer_one(earshot *board, const earshot_address *to, const char *nonce) {
  es_discovery *d = &board->discovery;
  for (unsigned i = 0; i < ES_ANSWERS; i++) {
    es_answer *answer = &d->answers[i];
    if (answer->due != 0) continue;
    if (!within_limits(board, to)) break;
    answer->due = es_after_about(board, DELAY_MIN_MS, DELAY_MAX_MS);
    answer->to = *to;
    es_copy_text(answer->nonce, sizeof answer->nonce, nonce);
    return;
  }
  answer_all(board, nonce);
}

void es_answers_take(earshot *board, const es_announcement *ask, const earshot_address *from, bool own) {
  const es_self *self = &board->self;
  if (ask->want[0] != '\0' && !es_is_called(ask->want, self->id, self->payload.name)) return;
  asked what = note(board, ask, own);
  if (what == COPY) return;
  bool only_us = ask->want[0] != '\0' || own;
  if (only_us || es_roster_up(board) <= SMALL) answer_one(board, from, ask->nonce);
  else what = REPEATED;
  if (what == REPEATED) answer_all(board, ask->nonce);
}

void es_answers_greet(earshot *board, const earshot_address *from) {
  if (es_roster_up(board) > SMALL) answer_all(board, "");
  else answer_one(board, from, "");
}

void es_answers_poll(earshot *board) {
  es_discovery *d = &board->discovery;
  if (board->closing) return;
  for (unsigned i = 0; i < ES_ANSWERS; i++) {
    es_answer *answer = &d->answers[i];
    if (answer->due == 0 || !es_is_due(board, answer->due)) continue;
    answer->due = 0;
    es_announcer_hello(board, &answer->to, answer->nonce);
  }
  if (!d->multicast || !es_is_due(board, d->multicast_due)) return;
  d->multicast = false;
  d->multicast_last = es_now(board);
  es_announcer_hello(board, NULL, d->multicast_nonce);
  es_announcer_replan(board);
}
