#include "flat_json.h"

#include "json_check.h"
#include "utf8.h"

/* The characters of short escapes, and their meanings. */
static const char ESCAPED[] = "\"\\bfnrt/";
static const char MEANT[] = "\"\\\b\f\n\r\t/";

/*
 * Reading. The bytes are known to be JSON: colons and commas need no check.
 */

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static const uint8_t *skip_space(const uint8_t *at) {
  while (is_space(*at)) at++;
  return at;
}

/** Four hex digits. */
static uint32_t hex4(const uint8_t *digits) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 4; i++) {
    uint32_t digit = digits[i];
    value = value << 4 | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
  }
  return value;
}

/** Reads a \u escape, or two of them if they form a surrogate pair; returns its length, 0 if it is invalid or NUL. */
static size_t read_unicode_escape(const uint8_t *bytes, uint32_t *point) {
  uint32_t high = hex4(bytes + 2);
  *point = high;
  if (high == 0) return 0;
  if (high < 0xd800 || high > 0xdfff) return 6;
  if (high > 0xdbff || bytes[6] != '\\' || bytes[7] != 'u') return 0;
  uint32_t low = hex4(bytes + 8);
  if (low < 0xdc00 || low > 0xdfff) return 0;
  *point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  return 12;
}

/**
 * Reads the next character of a string, resolving an escape; returns its length in bytes, 0 if flat JSON forbids it.
 */
static size_t read_character(const uint8_t *bytes, uint32_t *point) {
  if (bytes[0] != '\\') return es_utf8_read(bytes, 4, point);
  if (bytes[1] == 'u') return read_unicode_escape(bytes, point);
  *point = (uint8_t)MEANT[strchr(ESCAPED, bytes[1]) - ESCAPED];
  return 2;
}

/** Skips a string from its opening quote; returns its end, NULL if it has a forbidden character. */
static const uint8_t *skip_string(const uint8_t *at) {
  for (at++; *at != '"';) {
    uint32_t point;
    size_t takes = read_character(at, &point);
    if (takes == 0) return NULL;
    at += takes;
  }
  return at + 1;
}

/** Skips a value; returns its end, NULL if flat JSON forbids it. */
static const uint8_t *skip_value(const uint8_t *at) {
  if (*at == '"') return skip_string(at);
  if (*at == '{' || *at == '[') return NULL;
  while (*at != ',' && *at != '}' && !is_space(*at)) at++;
  return at;
}

static es_kind kind_of(const es_flat *flat, const es_member *member) {
  const uint8_t *value = flat->bytes + member->value_at;
  switch (*value) {
    case '"': return ES_STRING;
    case 't': return ES_TRUE;
    case 'f': return ES_FALSE;
    case 'n': return ES_NULL;
    default: break;
  }
  for (unsigned i = 0; i < member->value_length; i++) {
    if (value[i] < '0' || value[i] > '9') return ES_NUMBER;
  }
  /* 2^53 - 1 has 16 digits. */
  return member->value_length <= 16 && es_flat_integer(flat, member) <= ES_U53_MAX ? ES_INTEGER : ES_NUMBER;
}

/** True if two strings are the same, their escapes resolved. */
static bool same_text(es_text a, es_text b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.length && j < b.length) {
    uint32_t p;
    uint32_t q;
    size_t p_takes = read_character(a.bytes + i, &p);
    size_t q_takes = read_character(b.bytes + j, &q);
    if (p_takes == 0 || q_takes == 0 || p != q) return false;
    i += p_takes;
    j += q_takes;
  }
  return i == a.length && j == b.length;
}

static bool is_new_name(const es_flat *flat, const es_member *member) {
  es_text name = es_flat_name(flat, member);
  for (const es_member *other = flat->members; other < member; other++) {
    if (same_text(es_flat_name(flat, other), name)) return false;
  }
  return true;
}

/** Reads a member; returns its end, NULL if it is invalid. */
static const uint8_t *read_member(es_flat *flat, es_member *member, const uint8_t *at) {
  const uint8_t *end = skip_string(at);
  if (end == NULL) return NULL;
  member->name_at = (uint16_t)(at - flat->bytes);
  member->name_length = (uint16_t)(end - at);
  const uint8_t *colon = skip_space(end);
  at = skip_space(colon + 1);
  end = skip_value(at);
  if (end == NULL || !is_new_name(flat, member)) return NULL;
  member->value_at = (uint16_t)(at - flat->bytes);
  member->value_length = (uint16_t)(end - at);
  member->kind = (uint8_t)kind_of(flat, member);
  return end;
}

static bool read_members(es_flat *flat) {
  const uint8_t *at = skip_space(flat->bytes);
  if (*at != '{') return false;
  at = skip_space(at + 1);
  while (*at != '}') {
    if (flat->count == ES_FLAT_MEMBERS_MAX) return false;
    at = read_member(flat, &flat->members[flat->count++], at);
    if (at == NULL) return false;
    at = skip_space(at);
    if (*at == ',') at = skip_space(at + 1);
  }
  return true;
}

earshot_result es_flat_read(es_flat *flat, const uint8_t *bytes, size_t length) {
  uint32_t offset;
  flat->bytes = bytes;
  flat->count = 0;
  if (length > UINT16_MAX || es_json_whole(bytes, length, &offset) != EARSHOT_OK) return EARSHOT_BAD_JSON;
  return read_members(flat) ? EARSHOT_OK : EARSHOT_BAD_JSON;
}

/** The inside of a string in quotes. */
static es_text inside(const uint8_t *quote, size_t length) {
  es_text text = {quote + 1, length - 2};
  return text;
}

es_text es_flat_name(const es_flat *flat, const es_member *member) {
  return inside(flat->bytes + member->name_at, member->name_length);
}

es_text es_flat_string(const es_flat *flat, const es_member *member) {
  return inside(flat->bytes + member->value_at, member->value_length);
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
  es_text result = {(const uint8_t *)text, es_length(text)};
  return result;
}

bool es_text_is(es_text text, const char *expected) {
  return same_text(text, es_text_of(expected));
}

/** Decodes as much as fits; true if that is all of it. */
static bool decode(es_text text, es_writer *writer) {
  size_t at = 0;
  while (at < text.length && !writer->overflow) {
    uint32_t point;
    uint8_t encoded[4];
    size_t takes = read_character(text.bytes + at, &point);
    if (takes == 0) return false;
    es_write(writer, encoded, es_utf8_write(point, encoded));
    at += takes;
  }
  return !writer->overflow;
}

bool es_text_fits(es_text text, size_t capacity) {
  es_writer counter = es_writer_on(NULL, capacity - 1);
  return decode(text, &counter);
}

bool es_text_decode(es_text text, char *to, size_t capacity) {
  es_writer writer = es_writer_on((uint8_t *)to, capacity - 1);
  bool all = decode(text, &writer);
  to[writer.length] = '\0';
  return all;
}

void es_flat_begin(es_writer *writer) {
  es_write_byte(writer, '{');
}

void es_flat_put_name(es_writer *writer, const char *name) {
  if (writer->length > 0 && writer->bytes[writer->length - 1] != '{') es_write_byte(writer, ',');
  es_flat_put_raw(writer, es_text_of(name));
  es_write_byte(writer, ':');
}

void es_flat_escape(es_writer *writer, const char *text) {
  for (; *text != '\0'; text++) {
    uint8_t character = (uint8_t)*text;
    const char *found = strchr(MEANT, *text);
    if (found != NULL && character != '/') {
      es_write_byte(writer, '\\');
      es_write_byte(writer, (uint8_t)ESCAPED[found - MEANT]);
    } else if (character < ' ') {
      es_write_text(writer, "\\u00");
      es_write_hex(writer, &character, 1);
    } else {
      es_write_byte(writer, character);
    }
  }
}

void es_flat_put_text(es_writer *writer, const char *text) {
  es_write_byte(writer, '"');
  es_flat_escape(writer, text);
  es_write_byte(writer, '"');
}

void es_flat_put_raw(es_writer *writer, es_text text) {
  es_write_byte(writer, '"');
  es_write(writer, text.bytes, text.length);
  es_write_byte(writer, '"');
}

void es_flat_end(es_writer *writer) {
  es_write_byte(writer, '}');
}
