#include "member.h"

#include "base32.h"
#include "label.h"

_Static_assert(sizeof(es_member_names) <= UINT8_MAX, "a rule has one byte for the place of a name");

static const es_member_names NAMES = {
#define TEXT_OF(member) .member = #member,
    ES_MEMBER_NAMES(TEXT_OF)
#undef TEXT_OF
};

static const char *name_of(const es_member_rule *rule) {
  return (const char *)&NAMES + rule->name;
}

/** The C type of a value; see es_value. */
typedef enum form { TEXT, RAW, CHOICE, FLAG, NUMBER } form;

#define BASE32 "az27"
#define CROCKFORD "09AHJKMNPTVZ"
#define WORD "az09--"
#define PRINTABLE " ~"
#define HEXADECIMAL "09af"
#define TYPES "hello\0ask\0bye\0"
#define TO "all\0you\0"

/**
 * Parts of values, one after the other: allowed ranges of characters, each by its first and last one; or the words
 * of a choice, each followed by a NUL.
 */
typedef struct parts {
  char any[1];
  char base32[sizeof BASE32];
  char crockford[sizeof CROCKFORD];
  char word[sizeof WORD];
  char printable[sizeof PRINTABLE];
  char hexadecimal[sizeof HEXADECIMAL];
  char types[sizeof TYPES];
  char to[sizeof TO];
} parts;

static const parts PARTS = {"", BASE32, CROCKFORD, WORD, PRINTABLE, HEXADECIMAL, TYPES, TO};

#define OF(part) offsetof(parts, part)

/** The form and the limits of each kind of value. */
static const struct {
  uint8_t form;
  uint8_t most;  /**< characters of a text; bytes of a number, which limit its value */
  uint8_t least; /**< characters of a text; the lowest number */
  uint8_t of;    /**< offset in `parts`; 0 for any (a label is checked as a whole) */
} VALUES[] = {
    [ES_V_ID] = {TEXT, ES_ID_CHARACTERS, ES_ID_CHARACTERS, OF(base32)},
    [ES_V_ULID] = {TEXT, ES_ULID_CHARACTERS, ES_ULID_CHARACTERS, OF(crockford)},
    [ES_V_LABEL] = {TEXT, ES_LABEL_BYTES, 1, OF(any)},
    [ES_V_TARGET] = {TEXT, ES_LABEL_BYTES, 1, OF(any)},
    [ES_V_KIND] = {TEXT, ES_KIND_MAX, 1, OF(word)},
    [ES_V_WORD] = {TEXT, ES_WORD_MAX, 1, OF(word)},
    [ES_V_APP] = {TEXT, ES_APP_MAX, 1, OF(printable)},
    [ES_V_NONCE] = {TEXT, ES_NONCE_CHARACTERS, ES_NONCE_CHARACTERS, OF(base32)},
    [ES_V_FILLED] = {RAW, 0, 1, OF(any)},
    [ES_V_TEXT] = {RAW, 0, 0, OF(any)},
    [ES_V_SHA256] = {RAW, 2 * ES_HASH, 2 * ES_HASH, OF(hexadecimal)},
    [ES_V_ANNOUNCEMENT_TYPE] = {CHOICE, 0, 0, OF(types)},
    [ES_V_TO] = {CHOICE, 0, 0, OF(to)},
    [ES_V_FLAG] = {FLAG, 0, 0, OF(any)},
    [ES_V_U16] = {NUMBER, 2, 0, OF(any)},
    [ES_V_PORT] = {NUMBER, 2, 1, OF(any)},
    [ES_V_WINDOW] = {NUMBER, 2, 1, OF(any)},
    [ES_V_U32] = {NUMBER, 4, 0, OF(any)},
    [ES_V_SEQ] = {NUMBER, 4, 1, OF(any)},
    [ES_V_U53] = {NUMBER, 8, 0, OF(any)},
};

static const char *parts_of(es_value value) {
  return (const char *)&PARTS + VALUES[value].of;
}

static bool within(char c, const char *ranges) {
  for (; *ranges != '\0'; ranges += 2) {
    if (c >= ranges[0] && c <= ranges[1]) return true;
  }
  return false;
}

bool es_is_text(es_value value, const char *text) {
  size_t length = es_length(text);
  if (value == ES_V_LABEL || value == ES_V_TARGET) {
    if (es_is_label((const uint8_t *)text, length)) return true;
    if (value == ES_V_LABEL) return false;
    value = ES_V_ID;
  }
  if (length < VALUES[value].least || length > VALUES[value].most) return false;
  if (value == ES_V_ULID && text[0] > '7') return false;
  for (const char *c = text; *c != '\0'; c++) {
    if (!within(*c, parts_of(value))) return false;
  }
  uint8_t nonce[ES_NONCE_BYTES];
  return value != ES_V_NONCE || es_base32_decode(text, length, nonce, sizeof nonce) == EARSHOT_OK;
}

static bool read_choice(es_text text, const char *words, uint8_t *choice) {
  const char *word = words;
  for (*choice = 0; *word != '\0'; word = es_nth_text(words, ++*choice)) {
    if (es_text_is(text, word)) return true;
  }
  return false;
}

static bool read_raw(es_text text, es_value value, es_text *raw) {
  char hash[2 * ES_HASH + 1];
  *raw = text;
  if (VALUES[value].of == OF(any)) return text.length >= VALUES[value].least;
  return es_text_decode(text, hash, sizeof hash) && es_is_text(value, hash);
}

static bool read_number(uint64_t number, es_value value, void *to) {
  uint8_t bytes = VALUES[value].most;
  es_set_number(to, bytes, number);
  return number >= VALUES[value].least && es_number_at(to, bytes) == number;
}

static bool read_string(es_text text, es_value value, void *to) {
  switch ((form)VALUES[value].form) {
    case TEXT: return es_text_decode(text, to, VALUES[value].most + 1u) && es_is_text(value, to);
    case RAW: return read_raw(text, value, to);
    default: return read_choice(text, parts_of(value), to);
  }
}

static bool read_member(const es_flat *flat, const es_member *member, es_value value, void *to) {
  switch ((form)VALUES[value].form) {
    case FLAG:
      *(bool *)to = member->kind == ES_TRUE;
      return member->kind == ES_TRUE || member->kind == ES_FALSE;
    case NUMBER: return member->kind == ES_INTEGER && read_number(es_flat_integer(flat, member), value, to);
    default: return member->kind == ES_STRING && read_string(es_flat_string(flat, member), value, to);
  }
}

earshot_result es_members_read(const es_flat *flat, const es_member_rule *rules, size_t count, void *object) {
  for (size_t i = 0; i < count; i++) {
    const es_member_rule *rule = &rules[i];
    const es_member *member = es_flat_find(flat, name_of(rule));
    if (member == NULL && rule->optional) continue;
    void *to = (uint8_t *)object + rule->offset;
    if (member == NULL || !read_member(flat, member, (es_value)rule->value, to)) return EARSHOT_BAD_FIELD;
  }
  return EARSHOT_OK;
}

earshot_result es_members_parse(const uint8_t *bytes, size_t length, const es_member_rule *rules,
                                size_t count, void *object) {
  es_flat flat;
  if (es_flat_read(&flat, bytes, length) != EARSHOT_OK) return EARSHOT_BAD_JSON;
  return es_members_read(&flat, rules, count, object);
}

/** True if a member is not written: it is optional, and empty, 0 or false. */
static bool is_left_out(const es_member_rule *rule, const void *from) {
  if (!rule->optional) return false;
  switch ((form)VALUES[rule->value].form) {
    case NUMBER: return es_number_at(from, VALUES[rule->value].most) == 0;
    case RAW: return ((const es_text *)from)->bytes == NULL;
    default: return *(const uint8_t *)from == 0;
  }
}

static void write_value(es_value value, const void *from, es_writer *writer) {
  switch ((form)VALUES[value].form) {
    case FLAG: es_write_text(writer, "true"); break;
    case NUMBER: es_write_number(writer, es_number_at(from, VALUES[value].most)); break;
    case RAW: es_flat_put_raw(writer, *(const es_text *)from); break;
    case TEXT: es_flat_put_text(writer, from); break;
    case CHOICE: es_flat_put_text(writer, es_nth_text(parts_of(value), *(const uint8_t *)from)); break;
  }
}

void es_members_write(const es_member_rule *rules, size_t count, const void *object, es_writer *writer) {
  if (count == 0) return;
  es_flat_begin(writer);
  for (const es_member_rule *rule = rules; rule < rules + count; rule++) {
    const uint8_t *from = (const uint8_t *)object + rule->offset;
    if (is_left_out(rule, from)) continue;
    es_flat_put_name(writer, name_of(rule));
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
