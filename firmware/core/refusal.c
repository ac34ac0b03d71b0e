#include "refusal.h"

#include "bytes.h"

/** The last one is for everything else. */
static const es_refusal_words WORDS[] = {
    {EARSHOT_NOT_JSON, "not JSON at byte "},
    {EARSHOT_TOO_LONG, "too large for this board"},
    {EARSHOT_CORRUPT, "wrong hash twice"},
    {EARSHOT_QUOTA, "no room in storage"},
    {EARSHOT_BUSY, "not now"},
    {EARSHOT_REFUSED, "not taken here"},
};

#define LAST (WORDS + sizeof WORDS / sizeof WORDS[0] - 1)

const es_refusal_words *es_refusal_words_of(earshot_result result) {
  const es_refusal_words *words = WORDS;
  while (words < LAST && words->result != result) words++;
  return words;
}

const char *es_refusal_code(earshot_result result) {
  return result == EARSHOT_TOO_LONG ? "too-large" : earshot_result_name(result);
}

earshot_result es_refusal_of(const char *code) {
  const es_refusal_words *words = WORDS;
  while (words < LAST && !es_same_text(es_refusal_code(words->result), code)) words++;
  return words->result;
}
