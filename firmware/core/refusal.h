/** Why a message is not taken, as a `nak` says it: PROTOCOL.md 2.13. */
#ifndef EARSHOT_REFUSAL_H
#define EARSHOT_REFUSAL_H

#include "earshot_result.h"

typedef struct es_refusal_words {
  earshot_result result;
  const char *why; /**< what people at the sender read; all of it can stand in JSON as it is */
} es_refusal_words;

/** Those of EARSHOT_REFUSED for a result that has none of its own. */
const es_refusal_words *es_refusal_words_of(earshot_result result);
/** The code of a result that has words. */
const char *es_refusal_code(earshot_result result);
/** EARSHOT_REFUSED for a code that is not known. */
earshot_result es_refusal_of(const char *code);

#endif
