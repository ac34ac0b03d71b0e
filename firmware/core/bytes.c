#include "bytes.h"

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
