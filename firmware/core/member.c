#include "member.h"

#include "base32.h"
#include "label.h"

#define BASE32 "az27"
#define CROCKFORD "09AHJKMNPTVZ"
#define WORD "az09--"
#define PRINTABLE " ~"
#define HEXADECIMAL "09af"

/**
 * Texts: their shortest and longest, and the ranges of their characters, each by its first and last one. A
 * label is looked at as a whole.
 */
static const struct {
  uint8_t least;
  uint8_t most;
  const char *ranges;
} TEXTS[] = {
    [ES_V_ID] = {ES_ID_CHARACTERS, ES_ID_CHARACTERS, BASE32},
    [ES_V_ULID] = {ES_ULID_CHARACTERS, ES_ULID_CHARACTERS, CROCKFORD},
    [ES_V_LABEL] = {1, ES_LABEL_BYTES, NULL},
    [ES_V_TARGET] = {1, ES_LABEL_BYTES, NULL},
    [ES_V_KIND] = {1, ES_KIND_MAX, WORD},
    [ES_V_WORD] = {1, ES_WORD_MAX, WORD},
    [ES_V_APP] = {1, ES_APP_MAX, PRINTABLE},
    [ES_V_NONCE] = {ES_NONCE_CHARACTERS, ES_NONCE_CHARACTERS, BASE32},
    [ES_V_SHA256] = {2 * ES_HASH, 2 * ES_HASH, HEXADECIMAL},
};

/**
 * Numbers, from ES_V_PORT on: the lowest, and the bytes that they take. The highest is the highest that fits.
 */
static const struct {
  uint16_t low;
  uint8_t bytes;
} NUMBERS[] = {{1, 2}, {0, 2}, {ES_RECORD_MIN_RX, 2}, {1, 2}, {0, 4}, {1, 4}, {0, 8}};

/** The words of a choice, and how many they are. */
static const char *const *words_of(es_value value, uint8_t *count) {
  static const char *const WORDS[] = {"hello", "ask", "bye", "all", "you"};
  *count = value == ES_V_TO ? 2 : 3;
  return value == ES_V_TO ? WORDS + 3 : WORDS;
}

static bool within(char c, const char *ranges) {
  for (; *ranges != '\0'; ranges += 2) {
    if (c >= ranges[0] && c <= ranges[1]) return true;
  }
  return false;
}

bool es_is_text(es_value value, const char *text) {
  size_t length = strlen(text);
  if (value == ES_V_LABEL || value == ES_V_TARGET) {
    if (es_is_label((const uint8_t *)text, length)) return true;
    if (value == ES_V_LABEL) return false;
    value = ES_V_ID;
  }
  if (length < TEXTS[value].least || length > TEXTS[value].most) return false;
  if (value == ES_V_ULID && text[0] > '7') return false;
  for (const char *c = text; *c != '\0'; c++) {
    if (!within(*c, TEXTS[value].ranges)) return false;
  }
  uint8_t nonce[ES_NONCE_BYTES];
  return value != ES_V_NONCE || es_base32_decode(text, length, nonce, sizeof nonce) == EARSHOT_OK;
}

static bool read_choice(es_text text, es_value value, uint8_t *choice) {
  uint8_t count;
  const char *const *words = words_of(value, &count);
  for (*choice = 0; *choice < count; ++*choice) {
    if (es_text_is(text, words[*choice])) return true;
  }
  return false;
}

static bool read_raw(es_text text, es_value value, es_text *raw) {
  char hash[2 * ES_HASH + 1];
  *raw = text;
  if (value != ES_V_SHA256) return value == ES_V_TEXT || text.length > 0;
  return es_text_decode(text, hash, sizeof hash) && es_is_text(ES_V_SHA256, hash);
}

static bool read_text(es_text text, es_value value, void *to) {
  if (value == ES_V_ANNOUNCEMENT_TYPE || value == ES_V_TO) return read_choice(text, value, to);
  if (value >= ES_V_FILLED) return read_raw(text, value, to);
  return es_text_decode(text, to, TEXTS[value].most + 1u) && es_is_text(value, to);
}

static bool read_number(uint64_t number, es_value value, void *to) {
  unsigned kind = (unsigned)value - ES_V_PORT;
  uint8_t bytes = NUMBERS[kind].bytes;
  es_set_number(to, bytes, number);
  return number >= NUMBERS[kind].low && es_number_at(to, bytes) == number;
}

static bool read_member(const es_flat *flat, const es_member *member, es_value value, void *to) {
  if (value == ES_V_FLAG) {
    *(bool *)to = member->kind == ES_TRUE;
    return member->kind == ES_TRUE || member->kind == ES_FALSE;
  }
  if (value < ES_V_FLAG)
    return member->kind == ES_STRING && read_text(es_flat_string(flat, member), value, to);
  return member->kind == ES_INTEGER && read_number(es_flat_integer(flat, member), value, to);
}

earshot_result es_members_read(const es_flat *flat, const es_member_rule *rules, size_t count, void *object) {
  for (size_t i = 0; i < count; i++) {
    const es_member_rule *rule = &rules[i];
    const es_member *member = es_flat_find(flat, rule->name);
    if (member == NULL && rule->optional) continue;
    void *to = (uint8_t *)object + rule->offset;
    if (member == NULL || !read_member(flat, member, (es_value)rule->value, to)) return EARSHOT_BAD_FIELD;
  }
  return EARSHOT_OK;
}

/** Whether a member need not be written: it may be missing, and is empty, 0 or false. */
static bool is_left_out(const es_member_rule *rule, const void *from) {
  if (rule->value == ES_V_FLAG) return !*(const bool *)from;
  if (!rule->optional) return false;
  if (rule->value >= ES_V_PORT) return es_number_at(from, NUMBERS[rule->value - ES_V_PORT].bytes) == 0;
  if (rule->value >= ES_V_FILLED) return ((const es_text *)from)->bytes == NULL;
  return *(const char *)from == '\0';
}

static void write_value(es_value value, const void *from, es_writer *writer) {
  uint8_t count;
  if (value >= ES_V_PORT) es_write_number(writer, es_number_at(from, NUMBERS[value - ES_V_PORT].bytes));
  else if (value == ES_V_FLAG) es_write_text(writer, "true");
  else if (value >= ES_V_ANNOUNCEMENT_TYPE)
    es_flat_put_text(writer, words_of(value, &count)[*(const uint8_t *)from]);
  else if (value >= ES_V_FILLED) es_flat_put_raw(writer, *(const es_text *)from);
  else es_flat_put_text(writer, from);
}

void es_members_write(const es_member_rule *rules, size_t count, const void *object, es_writer *writer) {
  if (count == 0) return;
  es_flat_begin(writer);
  for (const es_member_rule *rule = rules; rule < rules + count; rule++) {
    const uint8_t *from = (const uint8_t *)object + rule->offset;
    if (is_left_out(rule, from)) continue;
    es_flat_put_name(writer, rule->name);
    write_value((es_value)rule->value, from, writer);
  }
  es_flat_end(writer);
}

void es_sha256_bytes(es_text text, uint8_t hash[ES_HASH]) {
  char hex[2 * ES_HASH + 1];
  (void)es_text_decode(text, hex, sizeof hex);
  for (unsigned i = 0; i < 2 * ES_HASH; i++) {
    int digit = hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10;
    hash[i / 2] = (uint8_t)(hash[i / 2] << 4 | digit);
  }
}
