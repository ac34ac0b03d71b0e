/** What several parts do with a board's storage: values that have a letter and a number, and whole files. */
#ifndef EARSHOT_STORAGE_H
#define EARSHOT_STORAGE_H

#include "crypto.h"
#include "earshot.h"
#include "json_check.h"

/** Reads the value of this key, as `p12`; gives its length, 0 where there is none that can be read. */
size_t es_storage_get(const earshot *board, char letter, unsigned number, uint8_t *value, size_t capacity);
/** Makes a value durable; length 0 removes it. EARSHOT_OK where there is no storage. */
earshot_result es_storage_put(const earshot *board, char letter, unsigned number, const uint8_t *value,
                              size_t length);

/** Reads a file once: how long it is, its hash, and, where `json` is not NULL, whether it is JSON. */
earshot_result es_storage_inspect(const earshot *board, const char *file, uint64_t *size,
                                  uint8_t hash[ES_HASH], es_json_check *json);

#endif
