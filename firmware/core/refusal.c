#include "refusal.h"

#include "bytes.h"

/** The last one is for everything else. */
static const es_refusal_words WORDS[] = {
    {EARSHOT_NOT_JSON, "not-json", "not JSON at byte "},
    {EARSHOT_TOO_LONG, "too-large", "too large for this board"},
    {EARSHOT_CORRUPT, "corrupt", "wrong hash twice"},
    {EARSHOT_QUOTA, "quota", "no room in storage"},
    {EARSHOT_BUSY, "busy", "not now"},
    {EARSHOT_REFUSED, "refused", "not taken here"},
};

#define LAST (WORDS + sizeof WORDS / sizeof WORDS[0] - 1)

const es_refusal_words *es_refusal_words_of(earshot_result result) {
  const es_refusal_words *words = WORDS;
  while (words < LAST && words->result != result) words++;
  return words;
}

earshot_result es_refusal_of(const char *code) {
  const es_refusal_words *words = WORDS;
  while (words < LAST && !es_same_text(words->code, code)) words++;
  return words->result;
}
