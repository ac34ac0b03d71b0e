/**
 * The documents in the inbox, for a console: only complete ones, and nothing outside of the folder. Hold the board's
 * task off during each call, which takes a moment.
 */
#ifndef EARSHOT_ESP_IDF_INBOX_H
#define EARSHOT_ESP_IDF_INBOX_H

#include <dirent.h>

#include "esp_idf_port.h"

typedef struct esp_idf_document {
  char name[ESP_IDF_NAME + 1];
  uint32_t size; /**< bytes */
} esp_idf_document;

/** True if a document may have this name: 1 to ESP_IDF_NAME characters of `a-z A-Z 0-9 . -`. */
bool esp_idf_inbox_is_name(const char *name);

/** Opens the inbox for esp_idf_inbox_next; close it with `closedir`. NULL if there is none. */
DIR *esp_idf_inbox_open(const esp_idf_port *port);
/** Gives the next document; false after the last. May miss documents that come or go meanwhile. */
bool esp_idf_inbox_next(DIR *folder, esp_idf_document *document);

/** Reads up to `capacity` bytes; `got` is 0 at the end. EARSHOT_ABSENT if there is no such document, EARSHOT_IO. */
earshot_result esp_idf_inbox_read(const esp_idf_port *port, const char *name, uint32_t offset, uint8_t *bytes,
                                  size_t capacity, size_t *got);
/** Removes a document, even one that is being sent. EARSHOT_ABSENT if there is none, EARSHOT_IO. */
earshot_result esp_idf_inbox_remove(esp_idf_port *port, const char *name);

/** Gives the free bytes of the file system; false if they are not known. */
bool esp_idf_inbox_room(const esp_idf_port *port, uint32_t *bytes);

#endif
