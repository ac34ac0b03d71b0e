/**
 * The core's port to ESP-IDF: sockets of lwIP, values in NVS, documents in LittleFS, random numbers of the radio. One
 * task uses it, the one that polls the core.
 */
#ifndef EARSHOT_ESP_IDF_PORT_H
#define EARSHOT_ESP_IDF_PORT_H

#include <nvs.h>

#include "lw_port.h"
#include "port.h"

/** Where received documents are seen by the application, and the partition that they lie in. */
#ifndef ESP_IDF_INBOX
#define ESP_IDF_INBOX "/inbox"
#endif
#define ESP_IDF_INBOX_PARTITION "inbox"

/** Characters of a document's name, at most. */
#define ESP_IDF_NAME 48

/** Documents that are written or read at a time: those that come in parts, the one that comes whole, the one that leaves. */
#define ESP_IDF_FILES (EARSHOT_DOWNLOADS + 2)

/** A file that is kept open between two calls: opening one in LittleFS takes longer than using it. */
typedef struct esp_idf_file {
  int handle; /**< -1: none */
  bool writes;
  char name[ESP_IDF_NAME + 1];
  uint64_t at;   /**< where the next byte is read or written */
  uint32_t used; /**< the larger, the later */
} esp_idf_file;

typedef struct esp_idf_port {
  lw_port net;       /**< first: the network's functions get the same context */
  earshot_port port; /**< for earshot_init */
  earshot_storage storage;
  nvs_handle_t values;
  esp_idf_file files[ESP_IDF_FILES];
  uint32_t uses;
  bool has_files;
  bool (*radio_is_on)(void);
} esp_idf_port;

/**
 * Opens storage and sockets. NVS must have been initialized, and lwIP run. `radio_is_on` says whether the radio feeds
 * the random number generator: nothing random is made before.
 *
 * NULL, or a sentence about what went wrong. Without a file system, documents are not stored: that is logged only.
 */
const char *esp_idf_port_open(esp_idf_port *port, bool (*radio_is_on)(void));

/**
 * Waits until something can be done, or so many milliseconds passed; other tasks run in any case. The task that calls
 * this is watched: add it with esp_task_wdt_add.
 */
void esp_idf_port_wait(esp_idf_port *port, uint32_t ms);

/** Tells the watchdog that this task is alive, and lets idle tasks run where it has worked for long. */
void esp_idf_breathe(void);

/* The parts, each in its own file. */
bool esp_idf_values_open(esp_idf_port *port);
earshot_result esp_idf_value_get(void *context, const char *key, uint8_t *value, size_t capacity,
                                 size_t *length);
earshot_result esp_idf_value_put(void *context, const char *key, const uint8_t *value, size_t length);

bool esp_idf_files_open(esp_idf_port *port);
earshot_result esp_idf_file_write(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                                  size_t length);
earshot_result esp_idf_file_finish(void *context, const char *name, const char *final_name);
earshot_result esp_idf_file_size(void *context, const char *name, uint64_t *size);
earshot_result esp_idf_file_read(void *context, const char *name, uint64_t offset, uint8_t *bytes,
                                 size_t length, size_t *got);
void esp_idf_file_remove(void *context, const char *name);
/** Closes a finished document where it is kept open between two reads; the next read opens it again. */
void esp_idf_file_let_go(esp_idf_port *port, const char *name);

#endif
