#include "json_check.h"

#include <string.h>

/** States, in an order that has those which take the same byte the same way next to each other. */
enum {
  /* In a string. */
  ESCAPE,
  HEX,
  HEX_3, /* digits that are still to come */
  HEX_2,
  HEX_1,
  STRING,
  /* In a character of several bytes: what may come next, and how many bytes then. */
  LAST,
  TWO,
  THREE,
  TWO_FROM_A0,
  TWO_TO_9F,
  THREE_FROM_90,
  THREE_TO_8F,
  /* In a literal, by the letters that are still to come. */
  RUE,
  UE,
  ALSE,
  LSE,
  SE,
  ULL,
  LL,
  E,
  L,
  /* In a number that cannot end here. */
  MINUS,
  POINT,
  EXPONENT,
  EXPONENT_SIGN,
  /* Between tokens. */
  COLON,
  KEY, /* after a comma in an object */
  KEY_OR_END,
  VALUE,
  VALUE_OR_END,
  /* From here on a value is complete. */
  AFTER,
  EXPONENT_DIGITS,
  FRACTION,
  DIGITS,
  ZERO,

  /* Where a byte leads when that depends on what it stands in. */
  SAME,
  NEXT, /* the state behind this one */
  KEY_BEGINS,
  STRING_ENDS,
  COMMA,
  ARRAY_BEGINS,
  OBJECT_BEGINS,
  ARRAY_ENDS,
  OBJECT_ENDS,
  FAILED,
};

/** In these states, one of these bytes leads there. What no row has is a failure. */
typedef struct row {
  uint8_t first_state;
  uint8_t last_state;
  uint8_t low;
  uint8_t high;
  uint8_t to;
} row;

static const row ROWS[] = {
    {STRING, STRING, '"', '"', STRING_ENDS},
    {STRING, STRING, '\\', '\\', ESCAPE},
    {STRING, STRING, ' ', 0x7f, STRING},
    {STRING, STRING, 0xc2, 0xdf, LAST},
    {STRING, STRING, 0xe0, 0xe0, TWO_FROM_A0},
    {STRING, STRING, 0xed, 0xed, TWO_TO_9F},
    {STRING, STRING, 0xe1, 0xef, TWO},
    {STRING, STRING, 0xf0, 0xf0, THREE_FROM_90},
    {STRING, STRING, 0xf1, 0xf3, THREE},
    {STRING, STRING, 0xf4, 0xf4, THREE_TO_8F},
    {LAST, LAST, 0x80, 0xbf, STRING},
    {TWO, TWO, 0x80, 0xbf, LAST},
    {THREE, THREE, 0x80, 0xbf, TWO},
    {TWO_FROM_A0, TWO_FROM_A0, 0xa0, 0xbf, LAST},
    {TWO_TO_9F, TWO_TO_9F, 0x80, 0x9f, LAST},
    {THREE_FROM_90, THREE_FROM_90, 0x90, 0xbf, TWO},
    {THREE_TO_8F, THREE_TO_8F, 0x80, 0x8f, TWO},
    {ESCAPE, ESCAPE, '"', '"', STRING},
    {ESCAPE, ESCAPE, '/', '/', STRING},
    {ESCAPE, ESCAPE, '\\', '\\', STRING},
    {ESCAPE, ESCAPE, 'b', 'b', STRING},
    {ESCAPE, ESCAPE, 'f', 'f', STRING},
    {ESCAPE, ESCAPE, 'n', 'n', STRING},
    {ESCAPE, ESCAPE, 'r', 'r', STRING},
    {ESCAPE, ESCAPE, 't', 't', STRING},
    {ESCAPE, ESCAPE, 'u', 'u', HEX},
    {HEX, HEX_1, '0', '9', NEXT},
    {HEX, HEX_1, 'A', 'F', NEXT},
    {HEX, HEX_1, 'a', 'f', NEXT},

    {DIGITS, DIGITS, '0', '9', DIGITS},
    {MINUS, MINUS, '0', '0', ZERO},
    {MINUS, MINUS, '1', '9', DIGITS},
    {DIGITS, ZERO, '.', '.', POINT},
    {POINT, POINT, '0', '9', FRACTION},
    {FRACTION, FRACTION, '0', '9', FRACTION},
    {FRACTION, ZERO, 'E', 'E', EXPONENT},
    {FRACTION, ZERO, 'e', 'e', EXPONENT},
    {EXPONENT, EXPONENT, '+', '+', EXPONENT_SIGN},
    {EXPONENT, EXPONENT, '-', '-', EXPONENT_SIGN},
    {EXPONENT, EXPONENT_SIGN, '0', '9', EXPONENT_DIGITS},
    {EXPONENT_DIGITS, EXPONENT_DIGITS, '0', '9', EXPONENT_DIGITS},

    {COLON, VALUE_OR_END, ' ', ' ', SAME},
    {COLON, VALUE_OR_END, '\t', '\n', SAME},
    {COLON, VALUE_OR_END, '\r', '\r', SAME},
    {AFTER, ZERO, ' ', ' ', AFTER},
    {AFTER, ZERO, '\t', '\n', AFTER},
    {AFTER, ZERO, '\r', '\r', AFTER},
    {AFTER, ZERO, ',', ',', COMMA},
    {VALUE_OR_END, ZERO, ']', ']', ARRAY_ENDS},
    {KEY_OR_END, KEY_OR_END, '}', '}', OBJECT_ENDS},
    {AFTER, ZERO, '}', '}', OBJECT_ENDS},
    {KEY, KEY_OR_END, '"', '"', KEY_BEGINS},
    {COLON, COLON, ':', ':', VALUE},
    {VALUE, VALUE_OR_END, '"', '"', STRING},
    {VALUE, VALUE_OR_END, '-', '-', MINUS},
    {VALUE, VALUE_OR_END, '0', '0', ZERO},
    {VALUE, VALUE_OR_END, '1', '9', DIGITS},
    {VALUE, VALUE_OR_END, '[', '[', ARRAY_BEGINS},
    {VALUE, VALUE_OR_END, '{', '{', OBJECT_BEGINS},
    {VALUE, VALUE_OR_END, 't', 't', RUE},
    {VALUE, VALUE_OR_END, 'f', 'f', ALSE},
    {VALUE, VALUE_OR_END, 'n', 'n', ULL},
    {RUE, RUE, 'r', 'r', UE},
    {UE, UE, 'u', 'u', E},
    {ALSE, ALSE, 'a', 'a', LSE},
    {LSE, LSE, 'l', 'l', SE},
    {SE, SE, 's', 's', E},
    {ULL, ULL, 'u', 'u', LL},
    {LL, LL, 'l', 'l', L},
    {E, E, 'e', 'e', AFTER},
    {L, L, 'l', 'l', AFTER},
};

#define COUNT (sizeof ROWS / sizeof ROWS[0])

static uint8_t look_up(uint8_t state, uint8_t byte) {
  for (const row *r = ROWS; r < ROWS + COUNT; r++) {
    if (state >= r->first_state && state <= r->last_state && byte >= r->low && byte <= r->high) return r->to;
  }
  return FAILED;
}

static bool in_object(const es_json_check *check) {
  unsigned level = check->depth - 1u;
  return (check->objects[level / 8] >> level % 8 & 1) != 0;
}

static uint8_t begin_level(es_json_check *check, bool object) {
  if (check->depth == ES_JSON_DEPTH_MAX) return FAILED;
  unsigned level = check->depth++;
  uint8_t *bits = &check->objects[level / 8];
  *bits = (uint8_t)((*bits & ~(1u << level % 8)) | (unsigned)object << level % 8);
  return object ? KEY_OR_END : VALUE_OR_END;
}

static uint8_t end_level(es_json_check *check, bool object) {
  if (check->depth == 0 || in_object(check) != object) return FAILED;
  check->depth--;
  return AFTER;
}

static uint8_t next_state(es_json_check *check, uint8_t byte) {
  uint8_t to = look_up(check->state, byte);
  bool was_in_key = check->in_key;
  switch (to) {
    case SAME: return check->state;
    case NEXT: return check->state + 1u;
    case KEY_BEGINS: check->in_key = true; return STRING;
    case STRING_ENDS: check->in_key = false; return was_in_key ? COLON : AFTER;
    case COMMA:
      if (check->depth == 0) return FAILED;
      return in_object(check) ? KEY : VALUE;
    case ARRAY_BEGINS:
    case OBJECT_BEGINS: return begin_level(check, to == OBJECT_BEGINS);
    case ARRAY_ENDS:
    case OBJECT_ENDS: return end_level(check, to == OBJECT_ENDS);
    default: return to;
  }
}

void es_json_begin(es_json_check *check) {
  memset(check, 0, sizeof *check);
  check->state = VALUE;
}

earshot_result es_json_add(es_json_check *check, const uint8_t *bytes, size_t length) {
  for (; length > 0 && check->state != FAILED; length--) {
    check->state = next_state(check, *bytes++);
    if (check->state != FAILED) check->offset++;
  }
  return check->state == FAILED ? EARSHOT_NOT_JSON : EARSHOT_OK;
}

earshot_result es_json_end(const es_json_check *check) {
  return check->depth == 0 && check->state >= AFTER && check->state <= ZERO ? EARSHOT_OK : EARSHOT_NOT_JSON;
}

earshot_result es_json_whole(const uint8_t *bytes, size_t length, uint32_t *offset) {
  es_json_check check;
  es_json_begin(&check);
  earshot_result result = es_json_add(&check, bytes, length);
  *offset = check.offset;
  return result == EARSHOT_OK ? es_json_end(&check) : result;
}
