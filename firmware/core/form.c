#include "form.h"

/** The longest number. */
#define NUMBER 8

void es_form_write(const es_field *fields, size_t count, const void *object, es_writer *writer) {
  for (; count > 0; count--, fields++) {
    const uint8_t *from = (const uint8_t *)object + fields->offset;
    if (fields->bytes > NUMBER) {
      es_write(writer, from, fields->bytes);
      continue;
    }
    uint64_t number = es_number_at(from, fields->bytes);
    uint8_t bytes[NUMBER];
    for (unsigned left = fields->bytes; left-- > 0; number >>= 8) bytes[left] = (uint8_t)number;
    es_write(writer, bytes, fields->bytes);
  }
}

void es_form_read(const es_field *fields, size_t count, void *object, const uint8_t *bytes) {
  for (; count > 0; count--, bytes += fields++->bytes) {
    uint8_t *to = (uint8_t *)object + fields->offset;
    if (fields->bytes > NUMBER) {
      es_copy(to, bytes, fields->bytes);
      continue;
    }
    uint64_t number = 0;
    for (unsigned i = 0; i < fields->bytes; i++) number = number << 8 | bytes[i];
    es_set_number(to, fields->bytes, number);
  }
}
