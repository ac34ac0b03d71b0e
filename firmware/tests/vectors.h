/** Reading the files of tests/vectors/, for tests only. */
#ifndef VECTORS_H
#define VECTORS_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "check.h"
#include "earshot_result.h"

/** Bytes of the largest entry there is. */
#define VECTOR_MAX 70000

typedef struct bytes {
  size_t length;
  uint8_t at[VECTOR_MAX];
} bytes;

/** Where the files are; set before the first is read. */
extern const char *vectors_folder;

/** The file of this name, whole; ends the program where it cannot be read. Free with cJSON_Delete. */
cJSON *vectors_read(const char *file);

/** Hands every entry of a list to `each`; one shorter than `least` is a failure. */
void vectors_each(const cJSON *file, const char *list, int least, void (*each)(const cJSON *entry));

/** The member's text, NULL where there is none. */
const char *text_of(const cJSON *entry, const char *member);
uint64_t number_of(const cJSON *entry, const char *member);
bool has(const cJSON *entry, const char *member);

/** The bytes of a member in hex, none where it is missing. The storage is used again after 8 more calls. */
bytes *bytes_of(const cJSON *entry, const char *member);
bytes *bytes_of_hex(const char *hex);

#endif
