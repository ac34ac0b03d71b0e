/**
 * The documents in the inbox, for people at a console: only those that are whole, never what is on its way in, and
 * nothing outside of the folder. Each call takes a moment; whoever makes one holds off the task that polls the core.
 */
#ifndef EARSHOT_ESP_IDF_INBOX_H
#define EARSHOT_ESP_IDF_INBOX_H

#include <dirent.h>

#include "esp_idf_port.h"

typedef struct esp_idf_document {
  char name[ESP_IDF_NAME + 1];
  uint32_t size; /**< bytes */
} esp_idf_document;

/** Whether a document may be called so: 1 to ESP_IDF_NAME of `a-z A-Z 0-9 . -`. */
bool esp_idf_inbox_is_name(const char *name);

/** Begins to look through the inbox; to be ended with `closedir`. NULL where there is none. */
DIR *esp_idf_inbox_open(const esp_idf_port *port);
/** The next document; false behind the last. What comes and goes meanwhile may be missed. */
bool esp_idf_inbox_next(DIR *folder, esp_idf_document *document);

/** Reads up to `capacity` bytes; `got` is 0 at the end. EARSHOT_ABSENT where there is no such document, EARSHOT_IO. */
earshot_result esp_idf_inbox_read(const esp_idf_port *port, const char *name, uint32_t offset, uint8_t *bytes,
                                  size_t capacity, size_t *got);
/** Removes a document, also one that is on its way out. EARSHOT_ABSENT where there is none, EARSHOT_IO. */
earshot_result esp_idf_inbox_remove(esp_idf_port *port, const char *name);

/** Bytes that are free; false where that cannot be told. */
bool esp_idf_inbox_room(const esp_idf_port *port, uint32_t *bytes);

#endif
