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

/** The folder of the files; set it before reading the first. */
extern const char *vectors_folder;

/** Parses the file of this name; exits if it is unreadable. Free it with cJSON_Delete. */
cJSON *vectors_read(const char *file);

/** Hands every entry of a list to `each`; one shorter than `least` is a failure. */
void vectors_each(const cJSON *file, const char *list, int least, void (*each)(const cJSON *entry));

/** The member's text; NULL if there is none. */
const char *text_of(const cJSON *entry, const char *member);
uint64_t number_of(const cJSON *entry, const char *member);
bool has(const cJSON *entry, const char *member);

/** Decodes a member in hex; no bytes if it is missing. The result is valid for 8 more calls. */
bytes *bytes_of(const cJSON *entry, const char *member);
bytes *bytes_of_hex(const char *hex);

#endif
