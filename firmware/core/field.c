#include "field.h"

#include "base32.h"
#include "label.h"

static bool all(const char *text, size_t length, size_t most, bool (*fits)(char)) {
  if (length == 0 || length > most) return false;
  for (size_t i = 0; i < length; i++) {
    if (!fits(text[i])) return false;
  }
  return true;
}

static bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

static bool is_crockford(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U');
}

bool es_is_id(const char *text, size_t length) {
  return length == ES_ID_CHARACTERS && all(text, length, length, es_is_base32);
}

bool es_is_ulid(const char *text, size_t length) {
  return length == ES_ULID_CHARACTERS && text[0] <= '7' && all(text, length, length, is_crockford);
}

bool es_is_kind(const char *text, size_t length) {
  return all(text, length, ES_KIND_MAX, is_word_character);
}

bool es_is_word(const char *text, size_t length) {
  return all(text, length, ES_WORD_MAX, is_word_character);
}

bool es_is_app(const char *text, size_t length) {
  return all(text, length, ES_APP_MAX, is_printable);
}

bool es_is_nonce(const char *text, size_t length) {
  uint8_t nonce[ES_NONCE_BYTES];
  return es_base32_decode(text, length, nonce, sizeof nonce) == EARSHOT_OK;
}

bool es_is_label_text(const char *text, size_t length) {
  return es_is_label((const uint8_t *)text, length);
}

earshot_result es_field_integer(const es_flat *flat, const char *name, uint64_t low, uint64_t high,
                                uint64_t *value) {
  const es_member *member = es_flat_find(flat, name);
  if (member == NULL || member->kind != ES_INTEGER) return EARSHOT_BAD_FIELD;
  *value = es_flat_integer(flat, member);
  return *value >= low && *value <= high ? EARSHOT_OK : EARSHOT_BAD_FIELD;
}

earshot_result es_field_u32(const es_flat *flat, const char *name, uint32_t low, uint32_t *value) {
  uint64_t wide = 0;
  earshot_result result = es_field_integer(flat, name, low, UINT32_MAX, &wide);
  *value = (uint32_t)wide;
  return result;
}

earshot_result es_field_optional_integer(const es_flat *flat, const char *name, uint64_t low, uint64_t high,
                                         uint64_t *value, bool *given) {
  *given = es_flat_find(flat, name) != NULL;
  return *given ? es_field_integer(flat, name, low, high, value) : EARSHOT_OK;
}

earshot_result es_field_raw(const es_flat *flat, const char *name, bool filled, es_text *text) {
  const es_member *member = es_flat_find(flat, name);
  if (member == NULL || member->kind != ES_STRING) return EARSHOT_BAD_FIELD;
  *text = es_flat_string(flat, member);
  return filled && text->length == 0 ? EARSHOT_BAD_FIELD : EARSHOT_OK;
}

earshot_result es_field_text(const es_flat *flat, const char *name, es_text_check check, char *text,
                             size_t capacity) {
  es_text raw;
  if (es_field_raw(flat, name, true, &raw) != EARSHOT_OK) return EARSHOT_BAD_FIELD;
  bool whole;
  size_t length = es_text_decode(raw, text, capacity, &whole);
  return whole && check(text, length) ? EARSHOT_OK : EARSHOT_BAD_FIELD;
}

earshot_result es_field_optional_text(const es_flat *flat, const char *name, es_text_check check, char *text,
                                      size_t capacity) {
  if (es_flat_find(flat, name) == NULL) return EARSHOT_OK;
  return es_field_text(flat, name, check, text, capacity);
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hash(const char *text, size_t length) {
  if (length != 2 * ES_HASH) return false;
  for (size_t i = 0; i < length; i++) {
    if (hex_digit(text[i]) < 0) return false;
  }
  return true;
}

earshot_result es_field_optional_hash(const es_flat *flat, const char *name, uint8_t hash[ES_HASH], bool *given) {
  char text[2 * ES_HASH + 1];
  *given = es_flat_find(flat, name) != NULL;
  if (!*given) return EARSHOT_OK;
  if (es_field_text(flat, name, is_hash, text, sizeof text) != EARSHOT_OK) return EARSHOT_BAD_FIELD;
  for (size_t i = 0; i < ES_HASH; i++) hash[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
  return EARSHOT_OK;
}

earshot_result es_field_flag(const es_flat *flat, const char *name, bool *value) {
  const es_member *member = es_flat_find(flat, name);
  *value = member != NULL && member->kind == ES_TRUE;
  return member == NULL || member->kind == ES_TRUE || member->kind == ES_FALSE ? EARSHOT_OK : EARSHOT_BAD_FIELD;
}
