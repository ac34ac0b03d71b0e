#include "earshot_result.h"

#include "bytes.h"

/**
 * The names one after the other, in the order of the enum: a table of pointers would add half of their size.
 */
static const char NAMES[] =
    "ok\0"
    "too-short\0"
    "too-long\0"
    "bad-magic\0"
    "wrong-group\0"
    "undecipherable\0"
    "bad-json\0"
    "bad-field\0"
    "bad-type\0"
    "bad-length\0"
    "bad-utf8\0"
    "bad-base32\0"
    "not-json\0"
    "decrypt\0"
    "bad-key\0"
    "nonce-exhausted\0"
    "bad-state\0"
    "shape\0"
    "name\0"
    "check\0"
    "refused\0"
    "corrupt\0"
    "quota\0"
    "busy\0"
    "argument\0"
    "no-peer\0"
    "full\0"
    "expired\0"
    "again\0"
    "ended\0"
    "absent\0"
    "io\0"
    "crypto\0"
    "closed\0"
    "failed\0"
    "no-answer\0"
    "cannot\0"
    "unknown";

const char *earshot_result_name(earshot_result result) {
  unsigned last = EARSHOT_CANNOT + 1;
  return es_nth_text(NAMES, result < last ? result : last);
}
