#include "base32.h"

static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567";

void es_base32_encode(const uint8_t *bytes, size_t length, char *text) {
  uint32_t bits = 0;
  unsigned held = 0;
  for (size_t i = 0; i < length; i++) {
    bits = bits << 8 | bytes[i];
    for (held += 8; held >= 5; held -= 5) *text++ = ALPHABET[bits >> (held - 5) & 31];
  }
  if (held > 0) *text++ = ALPHABET[bits << (5 - held) & 31];
  *text = '\0';
}

static bool is_base32(char character) {
  return (character >= 'a' && character <= 'z') || (character >= '2' && character <= '7');
}

earshot_result es_base32_decode(const char *text, size_t characters, uint8_t *bytes, size_t length) {
  if (characters != ES_BASE32_LENGTH(length)) return EARSHOT_BAD_BASE32;
  uint32_t bits = 0;
  unsigned held = 0;
  for (size_t i = 0; i < characters; i++) {
    char character = text[i];
    if (!is_base32(character)) return EARSHOT_BAD_BASE32;
    bits = bits << 5 | (uint32_t)(character >= 'a' ? character - 'a' : character - '2' + 26);
    held += 5;
    if (held >= 8) {
      held -= 8;
      *bytes++ = (uint8_t)(bits >> held);
    }
  }
  return (bits & ((1u << held) - 1)) == 0 ? EARSHOT_OK : EARSHOT_BAD_BASE32;
}
