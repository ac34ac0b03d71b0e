#include "flat_json.h"

#include "utf8.h"

typedef struct reader {
  const uint8_t *bytes;
  size_t at;
  size_t length;
} reader;

/** Skips white space; the byte after it, 0 at the end (no token begins with that byte). */
static uint8_t token(reader *r) {
  for (; r->at < r->length; r->at++) {
    uint8_t byte = r->bytes[r->at];
    if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') return byte;
  }
  return 0;
}

static bool hex4(const uint8_t *bytes, size_t length, uint32_t *value) {
  if (length < 4) return false;
  *value = 0;
  for (size_t i = 0; i < 4; i++) {
    uint8_t digit = bytes[i];
    uint8_t lower = digit | 0x20;
    if (digit >= '0' && digit <= '9') *value = *value << 4 | (uint32_t)(digit - '0');
    else if (lower >= 'a' && lower <= 'f') *value = *value << 4 | (uint32_t)(lower - 'a' + 10);
    else return false;
  }
  return true;
}

/** Reads an escape of four hex digits, and the one of the other half where it is half of a surrogate pair. */
static size_t read_unicode_escape(const uint8_t *bytes, size_t length, uint32_t *point) {
  if (!hex4(bytes + 2, length - 2, point) || *point == 0) return 0;
  if (*point < 0xd800 || *point > 0xdfff) return 6;
  uint32_t low;
  if (*point > 0xdbff || length < 12 || bytes[6] != '\\' || bytes[7] != 'u') return 0;
  if (!hex4(bytes + 8, 4, &low) || low < 0xdc00 || low > 0xdfff) return 0;
  *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
  return 12;
}

/** The next character of a string, escapes resolved; how many bytes it takes, 0 where it is malformed. */
static size_t read_character(const uint8_t *bytes, size_t length, uint32_t *point) {
  static const char ESCAPED[] = "\"\\/bfnrt";
  static const char MEANT[] = "\"\\/\b\f\n\r\t";
  if (bytes[0] < 0x20) return 0;
  if (bytes[0] != '\\') return es_utf8_read(bytes, length, point);
  if (length < 2) return 0;
  if (bytes[1] == 'u') return read_unicode_escape(bytes, length, point);
  const char *found = bytes[1] == 0 ? NULL : strchr(ESCAPED, bytes[1]);
  if (found == NULL) return 0;
  *point = (uint8_t)MEANT[found - ESCAPED];
  return 2;
}

/** Reads a string, from its opening quote to behind the closing one. */
static bool read_string(reader *r, uint16_t *at, uint16_t *length) {
  size_t from = ++r->at;
  while (r->at < r->length) {
    if (r->bytes[r->at] == '"') {
      *at = (uint16_t)from;
      *length = (uint16_t)(r->at - from);
      r->at++;
      return true;
    }
    uint32_t point;
    size_t takes = read_character(r->bytes + r->at, r->length - r->at, &point);
    if (takes == 0) return false;
    r->at += takes;
  }
  return false;
}

static bool is_digit(const reader *r) {
  return r->at < r->length && r->bytes[r->at] >= '0' && r->bytes[r->at] <= '9';
}

static bool is_byte(const reader *r, char lower) {
  return r->at < r->length && (r->bytes[r->at] | 0x20) == lower;
}

static bool skip_digits(reader *r) {
  if (!is_digit(r)) return false;
  while (is_digit(r)) r->at++;
  return true;
}

/** Whether digits are at most 2^53 - 1, which has 16 of them. */
static bool is_exact(const uint8_t *digits, size_t count) {
  uint64_t value = 0;
  if (count > 16) return false;
  for (size_t i = 0; i < count; i++) value = value * 10 + (uint64_t)(digits[i] - '0');
  return value <= ES_U53_MAX;
}

static bool read_number(reader *r, es_member *member) {
  size_t from = r->at;
  bool plain = r->bytes[from] != '-';
  if (!plain) r->at++;
  size_t digits = r->at;
  if (!skip_digits(r) || (r->bytes[digits] == '0' && r->at > digits + 1)) return false;
  if (r->at < r->length && r->bytes[r->at] == '.') {
    plain = false;
    r->at++;
    if (!skip_digits(r)) return false;
  }
  if (is_byte(r, 'e')) {
    plain = false;
    r->at++;
    if (r->at < r->length && (r->bytes[r->at] == '+' || r->bytes[r->at] == '-')) r->at++;
    if (!skip_digits(r)) return false;
  }
  member->kind = plain && is_exact(r->bytes + from, r->at - from) ? ES_INTEGER : ES_NUMBER;
  member->value_at = (uint16_t)from;
  member->value_length = (uint16_t)(r->at - from);
  return true;
}

static bool read_literal(reader *r, es_member *member, const char *literal, es_kind kind) {
  size_t length = strlen(literal);
  if (r->length - r->at < length || memcmp(r->bytes + r->at, literal, length) != 0) return false;
  r->at += length;
  member->kind = (uint8_t)kind;
  return true;
}

static bool read_value(reader *r, es_member *member) {
  uint8_t first = token(r);
  if (first == '"') {
    member->kind = ES_STRING;
    return read_string(r, &member->value_at, &member->value_length);
  }
  if (first == '-' || (first >= '0' && first <= '9')) return read_number(r, member);
  return read_literal(r, member, "true", ES_TRUE) || read_literal(r, member, "false", ES_FALSE) ||
         read_literal(r, member, "null", ES_NULL);
}

/** Whether two strings are the same once their escapes are resolved. */
static bool same_text(es_text a, es_text b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.length && j < b.length) {
    uint32_t p;
    uint32_t q;
    i += read_character(a.bytes + i, a.length - i, &p);
    j += read_character(b.bytes + j, b.length - j, &q);
    if (p != q) return false;
  }
  return i == a.length && j == b.length;
}

static bool is_new_name(const es_flat *flat, const es_member *member) {
  for (uint8_t i = 0; i < flat->count; i++) {
    if (same_text(es_flat_name(flat, &flat->members[i]), es_flat_name(flat, member))) return false;
  }
  return true;
}

static bool read_members(reader *r, es_flat *flat) {
  for (;;) {
    if (flat->count == ES_FLAT_MEMBERS_MAX || token(r) != '"') return false;
    es_member *member = &flat->members[flat->count];
    if (!read_string(r, &member->name_at, &member->name_length) || !is_new_name(flat, member)) return false;
    if (token(r) != ':') return false;
    r->at++;
    if (!read_value(r, member)) return false;
    flat->count++;
    uint8_t next = token(r);
    r->at++;
    if (next == '}') return true;
    if (next != ',') return false;
  }
}

earshot_result es_flat_read(es_flat *flat, const uint8_t *bytes, size_t length) {
  reader r = {bytes, 0, length};
  flat->bytes = bytes;
  flat->count = 0;
  if (length > UINT16_MAX || token(&r) != '{') return EARSHOT_BAD_JSON;
  r.at++;
  if (token(&r) == '}') r.at++;
  else if (!read_members(&r, flat)) return EARSHOT_BAD_JSON;
  token(&r);
  return r.at == length ? EARSHOT_OK : EARSHOT_BAD_JSON;
}

es_text es_flat_name(const es_flat *flat, const es_member *member) {
  es_text text = {flat->bytes + member->name_at, member->name_length};
  return text;
}

es_text es_flat_string(const es_flat *flat, const es_member *member) {
  es_text text = {flat->bytes + member->value_at, member->value_length};
  return text;
}

uint64_t es_flat_integer(const es_flat *flat, const es_member *member) {
  uint64_t value = 0;
  const uint8_t *digits = flat->bytes + member->value_at;
  for (uint16_t i = 0; i < member->value_length; i++) value = value * 10 + (uint64_t)(digits[i] - '0');
  return value;
}

const es_member *es_flat_find(const es_flat *flat, const char *name) {
  for (uint8_t i = 0; i < flat->count; i++) {
    if (es_text_is(es_flat_name(flat, &flat->members[i]), name)) return &flat->members[i];
  }
  return NULL;
}

es_text es_text_of(const char *text) {
  es_text result = {(const uint8_t *)text, strlen(text)};
  return result;
}

bool es_text_is(es_text text, const char *expected) {
  return same_text(text, es_text_of(expected));
}

size_t es_text_decode(es_text text, char *to, size_t capacity, bool *whole) {
  size_t written = 0;
  size_t at = 0;
  while (at < text.length) {
    uint32_t point;
    uint8_t encoded[4];
    size_t takes = read_character(text.bytes + at, text.length - at, &point);
    if (takes == 0) break;
    size_t length = es_utf8_write(point, encoded);
    if (written + length >= capacity) break;
    memcpy(to + written, encoded, length);
    written += length;
    at += takes;
  }
  to[written] = '\0';
  if (whole != NULL) *whole = at == text.length;
  return written;
}

void es_flat_begin(es_writer *writer) {
  es_write_byte(writer, '{');
}

static void put_name(es_writer *writer, const char *name) {
  if (writer->length > 0 && writer->bytes[writer->length - 1] != '{') es_write_byte(writer, ',');
  es_write_byte(writer, '"');
  es_write_text(writer, name);
  es_write_text(writer, "\":");
}

static void put_escaped(es_writer *writer, char character) {
  static const char HEX[] = "0123456789abcdef";
  static const char MEANT[] = "\"\\\b\f\n\r\t";
  static const char ESCAPED[] = "\"\\bfnrt";
  const char *found = strchr(MEANT, character);
  if (found != NULL) {
    es_write_byte(writer, '\\');
    es_write_byte(writer, (uint8_t)ESCAPED[found - MEANT]);
  } else if ((uint8_t)character < 0x20) {
    es_write_text(writer, "\\u00");
    es_write_byte(writer, (uint8_t)HEX[character >> 4]);
    es_write_byte(writer, (uint8_t)HEX[character & 15]);
  } else {
    es_write_byte(writer, (uint8_t)character);
  }
}

void es_flat_escape(es_writer *writer, const char *text) {
  for (; *text != '\0'; text++) put_escaped(writer, *text);
}

void es_flat_put_text(es_writer *writer, const char *name, const char *text) {
  put_name(writer, name);
  es_write_byte(writer, '"');
  es_flat_escape(writer, text);
  es_write_byte(writer, '"');
}

void es_flat_put_raw(es_writer *writer, const char *name, es_text text) {
  put_name(writer, name);
  es_write_byte(writer, '"');
  es_write(writer, text.bytes, text.length);
  es_write_byte(writer, '"');
}

void es_flat_put_integer(es_writer *writer, const char *name, uint64_t value) {
  char digits[21] = "";
  es_append_number(digits, value);
  put_name(writer, name);
  es_write_text(writer, digits);
}

void es_flat_put_flag(es_writer *writer, const char *name, bool value) {
  if (!value) return;
  put_name(writer, name);
  es_write_text(writer, "true");
}

void es_flat_end(es_writer *writer) {
  es_write_byte(writer, '}');
}
