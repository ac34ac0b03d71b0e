/** How structs lie in storage: their members one behind the other, numbers big-endian, by tables. */
#ifndef EARSHOT_FORM_H
#define EARSHOT_FORM_H

#include "bytes.h"

/** A member, of a struct of at most 256 bytes: 1, 2, 4 or 8 bytes are a number, more are as they are. */
typedef struct es_field {
  uint8_t offset;
  uint8_t bytes;
} es_field;

#define ES_FIELD(struct_name, member, bytes) \
  { (uint8_t) offsetof(struct_name, member), bytes }

void es_form_write(const es_field *fields, size_t count, const void *object, es_writer *writer);
/** Reads what es_form_write wrote; `bytes` has all of it. */
void es_form_read(const es_field *fields, size_t count, void *object, const uint8_t *bytes);

#endif
