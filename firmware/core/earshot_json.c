/** The part of the API that reads members of a JSON object. */
#include "earshot.h"
#include "flat_json.h"
#include "json_check.h"

/** Powers of ten beyond which every number of a document is 0 or out of range. */
#define SCALE_MAX 400

/* The bytes are known to be JSON. */

static const char *skip_space(const char *at) {
  return at + strspn(at, " \t\n\r");
}

/** The end of a string, from its opening quote. */
static const char *string_end(const char *at) {
  for (at++; *at != '"'; at++) {
    if (*at == '\\') at++;
  }
  return at + 1;
}

/** The comma or bracket after a value. */
static const char *value_end(const char *at) {
  for (unsigned depth = 0; depth > 0 || (*at != ',' && *at != '}');) {
    if (*at == '"') {
      at = string_end(at);
      continue;
    }
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') depth--;
    at++;
  }
  return at;
}

static es_text text_at(const char *quote) {
  es_text text = {(const uint8_t *)quote + 1, (size_t)(string_end(quote) - quote) - 2};
  return text;
}

/** The value of the first member of this name; NULL if there is none, or it is no object. */
static const char *find(const char *json, const char *name) {
  uint32_t offset;
  if (json == NULL || name == NULL) return NULL;
  if (es_json_whole((const uint8_t *)json, es_length(json), &offset) != EARSHOT_OK) return NULL;
  const char *at = skip_space(json);
  if (*at != '{') return NULL;
  do {
    at = skip_space(at + 1);
    if (*at == '}') return NULL;
    es_text key = text_at(at);
    at = skip_space(string_end(at));
    at = skip_space(at + 1);
    if (es_text_is(key, name)) return at;
    at = value_end(at);
  } while (*at == ',');
  return NULL;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/** Reads digits behind those that were read; returns their end. */
static const char *read_digits(const char *at, double *value) {
  for (; is_digit(*at); at++) *value = *value * 10 + (*at - '0');
  return at;
}

/** Reads an exponent, which is limited. */
static int read_exponent(const char *at) {
  int exponent = 0;
  bool negative = *at == '-';
  for (at += *at == '-' || *at == '+'; is_digit(*at); at++) {
    if (exponent < SCALE_MAX) exponent = exponent * 10 + (*at - '0');
  }
  return negative ? -exponent : exponent;
}

/** Reads a number: exactly up to 15 digits and 22 powers of ten, almost so beyond. */
static double read_number(const char *at) {
  double value = 0;
  double power = 1;
  int scale = 0;
  bool negative = *at == '-';
  at = read_digits(at + negative, &value);
  if (*at == '.') {
    const char *fraction = at + 1;
    at = read_digits(fraction, &value);
    scale = (int)(fraction - at);
  }
  if (*at == 'e' || *at == 'E') scale += read_exponent(at + 1);
  for (int i = scale < 0 ? -scale : scale; i > 0 && power < 1e300; i--) power *= 10;
  if (value > 0) value = scale < 0 ? value / power : value * power;
  return negative ? -value : value;
}

bool earshot_json_number(const void *json, const char *name, double least, double most, double *value) {
  const char *at = find(json, name);
  if (at == NULL || value == NULL || (*at != '-' && !is_digit(*at))) return false;
  double number = read_number(at);
  if (!(number >= least && number <= most)) return false;
  *value = number;
  return true;
}

bool earshot_json_text(const void *json, const char *name, char *text, size_t capacity) {
  const char *at = find(json, name);
  if (at == NULL || text == NULL || capacity == 0 || *at != '"') return false;
  es_text string = text_at(at);
  return es_text_fits(string, capacity) && es_text_decode(string, text, capacity);
}

bool earshot_json_flag(const void *json, const char *name, bool *value) {
  const char *at = find(json, name);
  if (at == NULL || value == NULL || (*at != 't' && *at != 'f')) return false;
  *value = *at == 't';
  return true;
}
