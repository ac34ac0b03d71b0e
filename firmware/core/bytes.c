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

void es_write(es_writer *writer, const void *bytes, size_t length) {
  if (writer->overflow || length > writer->capacity - writer->length) {
    writer->overflow = true;
    return;
  }
  if (length > 0) memcpy(writer->bytes + writer->length, bytes, length);
  writer->length += length;
}

void es_write_byte(es_writer *writer, uint8_t byte) {
  es_write(writer, &byte, 1);
}

void es_write_u16(es_writer *writer, uint16_t value) {
  uint8_t bytes[2];
  es_put_u16(bytes, value);
  es_write(writer, bytes, sizeof bytes);
}

void es_write_u32(es_writer *writer, uint32_t value) {
  es_write_u16(writer, (uint16_t)(value >> 16));
  es_write_u16(writer, (uint16_t)value);
}

void es_write_text(es_writer *writer, const char *text) {
  es_write(writer, text, strlen(text));
}

void es_wipe(void *bytes, size_t length) {
  volatile uint8_t *at = bytes;
  while (length-- > 0) *at++ = 0;
}

void es_copy_text(char *to, size_t capacity, const char *from) {
  size_t length = strlen(from);
  if (length >= capacity) length = capacity - 1;
  memcpy(to, from, length);
  to[length] = '\0';
}

void es_append_number(char *text, uint64_t number) {
  char digits[20];
  size_t count = 0;
  text += strlen(text);
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  while (count > 0) *text++ = digits[--count];
  *text = '\0';
}
