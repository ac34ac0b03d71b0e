#include "json_check.h"

#include <string.h>

enum {
  FAILED,
  VALUE,        /* a value has to come */
  VALUE_OR_END, /* after [ */
  KEY,          /* after a comma in an object */
  KEY_OR_END,   /* after { */
  COLON,
  STRING,
  ESCAPE,
  HEX,
  CHARACTER, /* continuation bytes of a character */
  LITERAL,
  MINUS,
  POINT,
  EXPONENT,
  EXPONENT_SIGN,
  AFTER, /* a value is complete; from here on all states are complete values */
  ZERO,
  DIGITS,
  FRACTION,
  EXPONENT_DIGITS,
};

void es_json_begin(es_json_check *check) {
  memset(check, 0, sizeof *check);
  check->state = VALUE;
}

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_digit(uint8_t byte) {
  return byte >= '0' && byte <= '9';
}

static bool is_hex(uint8_t byte) {
  return is_digit(byte) || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

static bool in_object(const es_json_check *check) {
  unsigned level = check->depth - 1u;
  return (check->objects[level / 8] >> level % 8 & 1) != 0;
}

static uint8_t open_level(es_json_check *check, bool object) {
  if (check->depth == ES_JSON_DEPTH_MAX) return FAILED;
  unsigned level = check->depth++;
  uint8_t bit = (uint8_t)(1u << level % 8);
  if (object) check->objects[level / 8] |= bit;
  else check->objects[level / 8] &= (uint8_t)~bit;
  return object ? KEY_OR_END : VALUE_OR_END;
}

static uint8_t close_level(es_json_check *check, bool object) {
  if (check->depth == 0 || in_object(check) != object) return FAILED;
  check->depth--;
  return AFTER;
}

static uint8_t begin_literal(es_json_check *check, const char *rest) {
  check->rest = rest;
  return LITERAL;
}

static uint8_t begin_value(es_json_check *check, uint8_t byte) {
  switch (byte) {
    case '"': return STRING;
    case '[': return open_level(check, false);
    case '{': return open_level(check, true);
    case '-': return MINUS;
    case '0': return ZERO;
    case 't': return begin_literal(check, "rue");
    case 'f': return begin_literal(check, "alse");
    case 'n': return begin_literal(check, "ull");
    default: return is_digit(byte) ? DIGITS : FAILED;
  }
}

/** After a complete value: what may follow depends on where it stands. */
static uint8_t follow(es_json_check *check, uint8_t byte) {
  if (is_space(byte)) return AFTER;
  if (byte == ']') return close_level(check, false);
  if (byte == '}') return close_level(check, true);
  if (byte != ',' || check->depth == 0) return FAILED;
  return in_object(check) ? KEY : VALUE;
}

static uint8_t begin_key(es_json_check *check, uint8_t byte) {
  if (byte != '"') return FAILED;
  check->in_key = true;
  return STRING;
}

static uint8_t end_string(es_json_check *check) {
  if (!check->in_key) return AFTER;
  check->in_key = false;
  return COLON;
}

/** The first byte of a character of more than one: how many follow, and what the next one may be. */
static uint8_t begin_character(es_json_check *check, uint8_t byte) {
  if (byte < 0xc2 || byte > 0xf4) return FAILED;
  check->left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
  check->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  check->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
  return CHARACTER;
}

static uint8_t continue_character(es_json_check *check, uint8_t byte) {
  if (byte < check->low || byte > check->high) return FAILED;
  check->low = 0x80;
  check->high = 0xbf;
  return --check->left == 0 ? STRING : CHARACTER;
}

static uint8_t in_string(es_json_check *check, uint8_t byte) {
  if (byte == '"') return end_string(check);
  if (byte == '\\') return ESCAPE;
  if (byte < 0x20) return FAILED;
  return byte < 0x80 ? STRING : begin_character(check, byte);
}

static uint8_t in_escape(es_json_check *check, uint8_t byte) {
  check->left = 4;
  if (byte == 'u') return HEX;
  return byte != 0 && strchr("\"\\/bfnrt", byte) != NULL ? STRING : FAILED;
}

static uint8_t in_hex(es_json_check *check, uint8_t byte) {
  if (!is_hex(byte)) return FAILED;
  return --check->left == 0 ? STRING : HEX;
}

static uint8_t in_literal(es_json_check *check, uint8_t byte) {
  if (byte != (uint8_t)*check->rest) return FAILED;
  return *++check->rest == '\0' ? AFTER : LITERAL;
}

/** Digits that must come: the state they lead to. */
static uint8_t digits(uint8_t byte, uint8_t state) {
  return is_digit(byte) ? state : FAILED;
}

static uint8_t in_number(es_json_check *check, uint8_t byte) {
  uint8_t state = check->state;
  if (is_digit(byte) && state != ZERO) return state;
  if (byte == '.' && (state == ZERO || state == DIGITS)) return POINT;
  if ((byte | 0x20) == 'e' && state != EXPONENT_DIGITS) return EXPONENT;
  return follow(check, byte);
}

static uint8_t next_state(es_json_check *check, uint8_t byte) {
  switch (check->state) {
    case VALUE: return is_space(byte) ? VALUE : begin_value(check, byte);
    case VALUE_OR_END:
      if (is_space(byte)) return VALUE_OR_END;
      return byte == ']' ? close_level(check, false) : begin_value(check, byte);
    case KEY: return is_space(byte) ? KEY : begin_key(check, byte);
    case KEY_OR_END:
      if (is_space(byte)) return KEY_OR_END;
      return byte == '}' ? close_level(check, true) : begin_key(check, byte);
    case COLON: return is_space(byte) ? COLON : byte == ':' ? VALUE : FAILED;
    case STRING: return in_string(check, byte);
    case ESCAPE: return in_escape(check, byte);
    case HEX: return in_hex(check, byte);
    case CHARACTER: return continue_character(check, byte);
    case LITERAL: return in_literal(check, byte);
    case MINUS: return byte == '0' ? ZERO : digits(byte, DIGITS);
    case POINT: return digits(byte, FRACTION);
    case EXPONENT:
      if (byte == '+' || byte == '-') return EXPONENT_SIGN;
      return digits(byte, EXPONENT_DIGITS);
    case EXPONENT_SIGN: return digits(byte, EXPONENT_DIGITS);
    case AFTER: return follow(check, byte);
    case ZERO:
    case DIGITS:
    case FRACTION:
    case EXPONENT_DIGITS: return in_number(check, byte);
    default: return FAILED;
  }
}

earshot_result es_json_add(es_json_check *check, const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    check->state = next_state(check, bytes[i]);
    if (check->state == FAILED) return EARSHOT_NOT_JSON;
    check->offset++;
  }
  return check->state == FAILED ? EARSHOT_NOT_JSON : EARSHOT_OK;
}

earshot_result es_json_end(const es_json_check *check) {
  return check->depth == 0 && check->state >= AFTER ? EARSHOT_OK : EARSHOT_NOT_JSON;
}
