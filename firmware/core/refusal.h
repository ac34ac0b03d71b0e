/** Codes and reasons of refusals, for `nak`: PROTOCOL.md 2.13. */
#ifndef EARSHOT_REFUSAL_H
#define EARSHOT_REFUSAL_H

#include "earshot_result.h"

typedef struct es_refusal_words {
  earshot_result result;
  const char *why; /**< for the user at the sender; needs no escapes in JSON */
} es_refusal_words;

/** The words of a result; those of EARSHOT_REFUSED if it has none of its own. */
const es_refusal_words *es_refusal_words_of(earshot_result result);
/** The code on the wire of a result that has words. */
const char *es_refusal_code(earshot_result result);
/** The result of a code; EARSHOT_REFUSED if the code is not known. */
earshot_result es_refusal_of(const char *code);

#endif
