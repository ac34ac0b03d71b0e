/** Answers to `ask`, by unicast and by multicast. PROTOCOL.md 3.2. */
#ifndef EARSHOT_ANSWERS_H
#define EARSHOT_ANSWERS_H

#include "announcement.h"
#include "earshot.h"
#include "times.h"

/** Unicast answers that wait at a time. */
#define ES_ANSWERS 4
/** Asks remembered, to tell a copy from a repetition; and answers, for the rate limits. */
#define ES_ASK_LOG 8
#define ES_ANSWER_LOG 16

/** A unicast answer that waits for its time. */
typedef struct es_answer {
  es_time due; /**< 0: none */
  earshot_address to;
  char nonce[ES_NONCE_CHARACTERS + 1]; /**< empty: nothing to echo */
} es_answer;

/** A unicast answer that was sent. */
typedef struct es_answered {
  earshot_address to;
  es_time at; /**< 0: none */
} es_answered;

/** The last `ask` of a peer that came to one kind of socket. */
typedef struct es_asked {
  char id[ES_ID_CHARACTERS + 1];
  char nonce[ES_NONCE_CHARACTERS + 1];
  bool own; /**< it came to a socket of our own, not to port 3333 */
  es_time at;
} es_asked;

/** Schedules the answer to an `ask`, if it is for us and no copy. */
void es_answers_take(earshot *board, const es_announcement *ask, const earshot_address *from, bool own);
/** Schedules a `hello` to a peer heard for the first time, as if it had sent a multicast `ask` without a nonce. */
void es_answers_greet(earshot *board, const earshot_address *from);
void es_answers_poll(earshot *board);

#endif
