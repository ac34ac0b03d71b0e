/** Answers to `ask`, by unicast and by multicast. PROTOCOL.md 3.2. */
#ifndef EARSHOT_ANSWERS_H
#define EARSHOT_ANSWERS_H

#include "announcement.h"
#include "earshot.h"

/** Unicast answers that wait at a time. */
#define ES_ANSWERS 4
/** Questions remembered, to tell a copy from a repetition; and answers, to keep to the limits. */
#define ES_ASK_LOG 8
#define ES_ANSWER_LOG 16

/** A unicast answer that waits for its time. */
typedef struct es_answer {
  earshot_ms due; /**< 0: none */
  earshot_address to;
  char nonce[ES_NONCE_CHARACTERS + 1]; /**< empty: nothing to echo */
} es_answer;

/** The last question of a peer that came one way. */
typedef struct es_asked {
  char id[ES_ID_CHARACTERS + 1];
  char nonce[ES_NONCE_CHARACTERS + 1];
  bool own;
  earshot_ms at;
} es_asked;

void es_answers_take(earshot *board, const es_announcement *ask, const earshot_address *from, bool own);
/** Answers the first sign of a peer as if it had asked all, without a nonce. */
void es_answers_greet(earshot *board, const earshot_address *from);
void es_answers_poll(earshot *board);

#endif
