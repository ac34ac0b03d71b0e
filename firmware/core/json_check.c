#include "json_check.h"

#include "bytes.h"

/** The next state after a byte from `low` to `high`. */
typedef struct row {
  uint8_t low;
  uint8_t high;
  uint8_t to;
} row;

/** Flag of the last row of a state: a byte that fits no row is an error. */
#define LAST 0x80

/** Each state is the index of its first row. The rows of some go on into those of the next state. */
enum {
  /* In a string. */
  STRING,
  /* In a character of several bytes: the number of bytes left, and the range of the next one. */
  ONE = STRING + 11,
  TWO,
  THREE,
  TWO_FROM_A0,
  TWO_TO_9F,
  THREE_FROM_90,
  THREE_TO_8F,
  ESCAPE,
  /* In an escape: the number of digits left. */
  HEX_4 = ESCAPE + 9,
  HEX_3 = HEX_4 + 3,
  HEX_2 = HEX_3 + 3,
  HEX_1 = HEX_2 + 3,
  /* In a literal, by the letters left. */
  RUE = HEX_1 + 3,
  UE,
  ALSE,
  LSE,
  SE,
  E,
  ULL,
  LL,
  L,
  /* Between tokens. */
  COLON,
  KEY_OR_END = COLON + 4,
  KEY, /* after a comma in an object */
  VALUE_OR_END = KEY + 4,
  VALUE,
  /* In a number that cannot end here. */
  MINUS = VALUE + 10,
  POINT = MINUS + 2,
  EXPONENT,
  EXPONENT_SIGN = EXPONENT + 2,
  /* From here on the value is complete. */
  ZERO,
  DIGITS,
  FRACTION = DIGITS + 2,
  EXPONENT_DIGITS = FRACTION + 3,
  AFTER,
  ROWS_IN_ALL = AFTER + 6,

  /* Next states that depend on the enclosing object or array. */
  SAME = ROWS_IN_ALL,
  KEY_BEGINS,
  STRING_ENDS,
  COMMA,
  ARRAY_BEGINS,
  OBJECT_BEGINS,
  ARRAY_ENDS,
  OBJECT_ENDS,
  FAILED,
};

_Static_assert(FAILED < LAST, "a row has both in one byte");

static const row ROWS[ROWS_IN_ALL] = {
    [STRING] = {']', 0x7f, STRING},
    {'"', '"', STRING_ENDS},
    {' ', '[', STRING},
    {'\\', '\\', ESCAPE},
    {0xc2, 0xdf, ONE},
    {0xe0, 0xe0, TWO_FROM_A0},
    {0xed, 0xed, TWO_TO_9F},
    {0xe1, 0xef, TWO},
    {0xf0, 0xf0, THREE_FROM_90},
    {0xf1, 0xf3, THREE},
    {0xf4, 0xf4, LAST | THREE_TO_8F},
    [ONE] = {0x80, 0xbf, LAST | STRING},
    [TWO] = {0x80, 0xbf, LAST | ONE},
    [THREE] = {0x80, 0xbf, LAST | TWO},
    [TWO_FROM_A0] = {0xa0, 0xbf, LAST | ONE},
    [TWO_TO_9F] = {0x80, 0x9f, LAST | ONE},
    [THREE_FROM_90] = {0x90, 0xbf, LAST | TWO},
    [THREE_TO_8F] = {0x80, 0x8f, LAST | TWO},
    [ESCAPE] = {'"', '"', STRING},
    {'/', '/', STRING},
    {'\\', '\\', STRING},
    {'b', 'b', STRING},
    {'f', 'f', STRING},
    {'n', 'n', STRING},
    {'r', 'r', STRING},
    {'t', 't', STRING},
    {'u', 'u', LAST | HEX_4},
    [HEX_4] = {'0', '9', HEX_3},
    {'A', 'F', HEX_3},
    {'a', 'f', LAST | HEX_3},
    [HEX_3] = {'0', '9', HEX_2},
    {'A', 'F', HEX_2},
    {'a', 'f', LAST | HEX_2},
    [HEX_2] = {'0', '9', HEX_1},
    {'A', 'F', HEX_1},
    {'a', 'f', LAST | HEX_1},
    [HEX_1] = {'0', '9', STRING},
    {'A', 'F', STRING},
    {'a', 'f', LAST | STRING},

    [RUE] = {'r', 'r', LAST | UE},
    [UE] = {'u', 'u', LAST | E},
    [ALSE] = {'a', 'a', LAST | LSE},
    [LSE] = {'l', 'l', LAST | SE},
    [SE] = {'s', 's', LAST | E},
    [E] = {'e', 'e', LAST | AFTER},
    [ULL] = {'u', 'u', LAST | LL},
    [LL] = {'l', 'l', LAST | L},
    [L] = {'l', 'l', LAST | AFTER},

    [COLON] = {':', ':', VALUE},
    {' ', ' ', COLON},
    {'\t', '\n', COLON},
    {'\r', '\r', LAST | COLON},
    [KEY_OR_END] = {'}', '}', OBJECT_ENDS},
    [KEY] = {'"', '"', KEY_BEGINS},
    {' ', ' ', SAME},
    {'\t', '\n', SAME},
    {'\r', '\r', LAST | SAME},
    [VALUE_OR_END] = {']', ']', ARRAY_ENDS},
    [VALUE] = {'"', '"', STRING},
    {' ', ' ', SAME},
    {'\t', '\n', SAME},
    {'\r', '\r', SAME},
    {'[', '[', ARRAY_BEGINS},
    {'{', '{', OBJECT_BEGINS},
    {'t', 't', RUE},
    {'f', 'f', ALSE},
    {'n', 'n', ULL},
    {'-', '-', MINUS},
    [MINUS] = {'1', '9', DIGITS},
    {'0', '0', LAST | ZERO},

    [POINT] = {'0', '9', LAST | FRACTION},
    [EXPONENT] = {'+', '+', EXPONENT_SIGN},
    {'-', '-', EXPONENT_SIGN},
    [EXPONENT_SIGN] = {'0', '9', LAST | EXPONENT_DIGITS},
    [ZERO] = {'0', '9', FAILED},
    [DIGITS] = {'0', '9', DIGITS},
    {'.', '.', POINT},
    [FRACTION] = {'0', '9', FRACTION},
    {'E', 'E', EXPONENT},
    {'e', 'e', EXPONENT},
    [EXPONENT_DIGITS] = {'0', '9', EXPONENT_DIGITS},
    [AFTER] = {',', ',', COMMA},
    {'}', '}', OBJECT_ENDS},
    {']', ']', ARRAY_ENDS},
    {' ', ' ', AFTER},
    {'\t', '\n', AFTER},
    {'\r', '\r', LAST | AFTER},
};

static uint8_t look_up(uint8_t state, uint8_t byte) {
  const row *r = &ROWS[state];
  while (byte < r->low || byte > r->high) {
    if ((r++->to & LAST) != 0) return FAILED;
  }
  return r->to & (LAST - 1);
}

static uint8_t begin_level(es_json_check *check, bool object) {
  if (check->depth == ES_JSON_DEPTH_MAX) return FAILED;
  unsigned level = check->depth++;
  uint8_t *bits = &check->objects[level / 8];
  *bits = (uint8_t)((*bits & ~(1u << level % 8)) | (unsigned)object << level % 8);
  return object ? KEY_OR_END : VALUE_OR_END;
}

/** Handles a comma or the end of a level, after a value. */
static uint8_t leave_value(es_json_check *check, uint8_t to) {
  if (check->depth == 0) return FAILED;
  unsigned level = check->depth - 1u;
  bool in_object = (check->objects[level / 8] >> level % 8 & 1) != 0;
  if (to == COMMA) return in_object ? KEY : VALUE;
  if (in_object != (to == OBJECT_ENDS)) return FAILED;
  check->depth--;
  return AFTER;
}

static uint8_t next_state(es_json_check *check, uint8_t byte) {
  uint8_t to = look_up(check->state, byte);
  bool was_in_key = check->in_key;
  switch (to) {
    case SAME: return check->state;
    case KEY_BEGINS: check->in_key = true; return STRING;
    case STRING_ENDS: check->in_key = false; return was_in_key ? COLON : AFTER;
    case ARRAY_BEGINS:
    case OBJECT_BEGINS: return begin_level(check, to == OBJECT_BEGINS);
    case COMMA:
    case ARRAY_ENDS:
    case OBJECT_ENDS: return leave_value(check, to);
    default: return to;
  }
}

void es_json_begin(es_json_check *check) {
  es_clear(check, sizeof *check);
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
  bool complete = check->depth == 0 && check->state >= ZERO && check->state <= AFTER;
  return complete ? EARSHOT_OK : EARSHOT_NOT_JSON;
}

earshot_result es_json_whole(const uint8_t *bytes, size_t length, uint32_t *offset) {
  es_json_check check;
  es_json_begin(&check);
  earshot_result result = es_json_add(&check, bytes, length);
  *offset = check.offset;
  return result == EARSHOT_OK ? es_json_end(&check) : result;
}
