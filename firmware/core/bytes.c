#include "bytes.h"

uint16_t es_get_u16(const uint8_t *bytes) {
  return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

uint32_t es_get_u32(const uint8_t *bytes) {
  return (uint32_t)es_get_u16(bytes) << 16 | es_get_u16(bytes + 2);
}

void es_put_u16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
}

void es_put_u32(uint8_t *bytes, uint32_t value) {
  es_put_u16(bytes, (uint16_t)(value >> 16));
  es_put_u16(bytes + 2, (uint16_t)value);
}

uint64_t es_number_at(const void *member, size_t bytes) {
  switch (bytes) {
    case 1: return *(const uint8_t *)member;
    case 2: return *(const uint16_t *)member;
    case 4: return *(const uint32_t *)member;
    default: return *(const uint64_t *)member;
  }
}

void es_set_number(void *member, size_t bytes, uint64_t number) {
  switch (bytes) {
    case 1: *(uint8_t *)member = (uint8_t)number; break;
    case 2: *(uint16_t *)member = (uint16_t)number; break;
    case 4: *(uint32_t *)member = (uint32_t)number; break;
    default: *(uint64_t *)member = number; break;
  }
}

void es_write(es_writer *writer, const void *bytes, size_t length) {
  if (writer->overflow || length > writer->capacity - writer->length) {
    writer->overflow = true;
    return;
  }
  if (bytes != NULL && writer->bytes != NULL) es_copy(writer->bytes + writer->length, bytes, length);
  writer->length += length;
}

void es_write_byte(es_writer *writer, uint8_t byte) {
  es_write(writer, &byte, 1);
}

void es_write_text(es_writer *writer, const char *text) {
  es_write(writer, text, es_length(text));
}

/** Divides by 10 in place, and returns the rest. A division of 64 bits would take small machines a kilobyte of code. */
static uint32_t take_digit(uint64_t *number) {
  uint64_t tenth = 0;
  uint32_t rest = 0;
  for (unsigned i = 0; i < 4; i++, *number <<= 16) {
    uint32_t piece = rest << 16 | (uint32_t)(*number >> 48);
    tenth = tenth << 16 | piece / 10;
    rest = piece % 10;
  }
  *number = tenth;
  return rest;
}

void es_write_number(es_writer *writer, uint64_t number) {
  char digits[20];
  char *first = digits + sizeof digits;
  do *--first = (char)('0' + take_digit(&number));
  while (number > 0);
  es_write(writer, first, (size_t)(digits + sizeof digits - first));
}

void es_write_hex(es_writer *writer, const uint8_t *bytes, size_t length) {
  static const char DIGITS[] = "0123456789abcdef";
  for (; length > 0; length--, bytes++) {
    es_write_byte(writer, (uint8_t)DIGITS[*bytes >> 4]);
    es_write_byte(writer, (uint8_t)DIGITS[*bytes & 15]);
  }
}

void es_clear(void *object, size_t bytes) {
  memset(object, 0, bytes);
}

void es_copy(void *to, const void *from, size_t bytes) {
  memcpy(to, from, bytes);
}

bool es_same_bytes(const void *a, const void *b, size_t bytes) {
  return memcmp(a, b, bytes) == 0;
}

size_t es_length(const char *text) {
  return strlen(text);
}

void es_wipe(void *bytes, size_t length) {
  volatile uint8_t *at = bytes;
  while (length-- > 0) *at++ = 0;
}

char es_lower(char c) {
  return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

bool es_begins(const char *text, size_t length, const char *with) {
  for (; *with != '\0'; with++, text++, length--) {
    if (length == 0 || es_lower(*text) != es_lower(*with)) return false;
  }
  return true;
}

bool es_same_text(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

const char *es_nth_text(const char *texts, unsigned before) {
  for (; before > 0; before--) texts += es_length(texts) + 1;
  return texts;
}

void es_copy_text(char *to, size_t capacity, const char *from) {
  size_t length = es_length(from);
  if (length >= capacity) length = capacity - 1;
  es_copy(to, from, length);
  to[length] = '\0';
}
