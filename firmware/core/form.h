/** Serialises structs for storage, by tables: the members one after the other, numbers big-endian. */
#ifndef EARSHOT_FORM_H
#define EARSHOT_FORM_H

#include "bytes.h"

/** A member of a struct of at most 256 bytes: a number if it has 1, 2, 4 or 8 bytes, else copied as it is. */
typedef struct es_field {
  uint8_t offset;
  uint8_t bytes;
} es_field;

#define ES_FIELD(struct_name, member, bytes) \
  { (uint8_t) offsetof(struct_name, member), bytes }

void es_form_write(const es_field *fields, size_t count, const void *object, es_writer *writer);
/** Reads the output of es_form_write; `bytes` must be complete. */
void es_form_read(const es_field *fields, size_t count, void *object, const uint8_t *bytes);

#endif
