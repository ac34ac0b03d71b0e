#include "join_code.h"

#include "base32.h"
#include "member.h"

static const char SALT[] = "earshot/1";

#define CHECK_BYTES 4
#define LETTERS ES_BASE32_LENGTH(ES_SECRET + CHECK_BYTES)

/** The first bytes of SHA-256("earshot join" ‖ name ‖ secret). */
static earshot_result check_of(const char *name, const uint8_t secret[ES_SECRET],
                               uint8_t check[CHECK_BYTES]) {
  uint8_t hash[ES_HASH];
  uint8_t text[16 + ES_WORD_MAX];
  es_writer writer = es_writer_on(text, sizeof text);
  es_write_text(&writer, "earshot join");
  es_write_text(&writer, name);
  earshot_result result = es_sha256(text, writer.length, secret, ES_SECRET, hash);
  es_copy(check, hash, CHECK_BYTES);
  return result;
}

static earshot_result derive(const char *use, const char *name, const uint8_t secret[ES_SECRET],
                             uint8_t key[ES_KEY]) {
  char info[16 + ES_WORD_MAX];
  es_writer writer = es_writer_on((uint8_t *)info, sizeof info - 1);
  es_write_text(&writer, use);
  es_write_text(&writer, name);
  info[writer.length] = '\0';
  return es_hkdf(SALT, sizeof SALT - 1, secret, ES_SECRET, info, 1, key);
}

ES_SHARED static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/** Copies characters in lower case, and a NUL. */
static void copy_lower(char *to, const char *from, size_t length) {
  for (size_t i = 0; i < length; i++) to[i] = es_lower(from[i]);
  to[length] = '\0';
}

static earshot_result compute(es_group *group, const uint8_t bytes[ES_SECRET + CHECK_BYTES]) {
  uint8_t check[CHECK_BYTES];
  earshot_result result = check_of(group->name, bytes, check);
  if (result != EARSHOT_OK) return result;
  if (!es_same_bytes(check, bytes + ES_SECRET, CHECK_BYTES)) return EARSHOT_CHECK;
  result = derive("announce ", group->name, bytes, group->announce_key);
  if (result == EARSHOT_OK) result = derive("session ", group->name, bytes, group->session_key);
  group->closed = true;
  return result;
}

earshot_result es_join_code_read(es_group *group, const char *code, size_t length) {
  char letters[LETTERS + 1];
  uint8_t bytes[ES_SECRET + CHECK_BYTES];
  while (length > 0 && is_space(code[length - 1])) length--;
  for (; length > 0 && is_space(*code); length--) code++;
  const char *dot = length > 0 ? memchr(code, '.', length) : NULL;
  size_t name_length = dot != NULL ? (size_t)(dot - code) : length;
  if (dot == NULL || length - name_length - 1 != LETTERS) return EARSHOT_SHAPE;
  copy_lower(letters, dot + 1, LETTERS);
  earshot_result result = EARSHOT_SHAPE;
  if (es_base32_decode(letters, LETTERS, bytes, sizeof bytes) == EARSHOT_OK) {
    result = EARSHOT_NAME;
    if (name_length < sizeof group->name) {
      copy_lower(group->name, code, name_length);
      if (es_is_text(ES_V_WORD, group->name)) result = compute(group, bytes);
    }
  }
  es_wipe(letters, sizeof letters);
  es_wipe(bytes, sizeof bytes);
  return result;
}

earshot_result es_join_code_write(const char *name, const uint8_t secret[ES_SECRET],
                                  char code[ES_JOIN_CODE_MAX + 1]) {
  if (!es_is_text(ES_V_WORD, name)) return EARSHOT_NAME;
  uint8_t bytes[ES_SECRET + CHECK_BYTES];
  es_copy(bytes, secret, ES_SECRET);
  earshot_result result = check_of(name, secret, bytes + ES_SECRET);
  size_t length = es_length(name);
  es_copy(code, name, length);
  code[length] = '.';
  es_base32_encode(bytes, sizeof bytes, code + length + 1);
  es_wipe(bytes, sizeof bytes);
  return result;
}
