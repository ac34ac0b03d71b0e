/** Helpers for storage: values with a key of a letter and a number, and reading of whole files. */
#ifndef EARSHOT_STORAGE_H
#define EARSHOT_STORAGE_H

#include "crypto.h"
#include "earshot.h"
#include "json_check.h"

/** Reads the value of a key such as `p12`; returns its length, 0 if there is none or it is unreadable. */
size_t es_storage_get(const earshot *board, char letter, unsigned number, uint8_t *value, size_t capacity);
/** Stores a value; length 0 removes it. EARSHOT_OK if there is no storage. */
earshot_result es_storage_put(const earshot *board, char letter, unsigned number, const uint8_t *value,
                              size_t length);

/** Reads a file once: gives its size and its hash, and feeds it to `json` unless that is NULL. */
earshot_result es_storage_inspect(const earshot *board, const char *file, uint64_t *size,
                                  uint8_t hash[ES_HASH], es_json_check *json);

#endif
