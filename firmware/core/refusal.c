#include "refusal.h"

#include <stddef.h>
#include <string.h>

/** The last one is for everything else. */
static const es_refusal_words WORDS[] = {
    {EARSHOT_NOT_JSON, "not-json", "not JSON at byte "},
    {EARSHOT_TOO_LONG, "too-large", "larger than this board takes"},
    {EARSHOT_CORRUPT, "corrupt", "its hash was wrong twice"},
    {EARSHOT_QUOTA, "quota", "no room in storage"},
    {EARSHOT_BUSY, "busy", "not now"},
    {EARSHOT_REFUSED, "refused", "this board does not take it"},
};

#define LAST (WORDS + sizeof WORDS / sizeof WORDS[0] - 1)

const es_refusal_words *es_refusal_words_of(earshot_result result) {
  const es_refusal_words *words = WORDS;
  while (words < LAST && words->result != result) words++;
  return words;
}

earshot_result es_refusal_of(const char *code) {
  const es_refusal_words *words = WORDS;
  while (words < LAST && strcmp(words->code, code) != 0) words++;
  return words->result;
}
