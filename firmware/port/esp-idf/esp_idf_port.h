/**
 * The core's port to ESP-IDF: sockets of lwIP, values in NVS, documents in LittleFS, the hardware random number
 * generator. Only the task that polls the core may use it.
 */
#ifndef EARSHOT_ESP_IDF_PORT_H
#define EARSHOT_ESP_IDF_PORT_H

#include <nvs.h>

#include "lw_port.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Mount point of received documents, and the label of their partition. */
#ifndef ESP_IDF_INBOX
#define ESP_IDF_INBOX "/inbox"
#endif
#define ESP_IDF_INBOX_PARTITION "inbox"

/** Most characters of a document's name. */
#define ESP_IDF_NAME 48

/** Files open at a time: the documents that come in parts, the one that comes whole, the one that is sent. */
#define ESP_IDF_FILES (EARSHOT_DOWNLOADS + 2)

/** A file that stays open between two calls, because opening one in LittleFS takes longer than using it. */
typedef struct esp_idf_file {
  int handle; /**< -1: none */
  bool writes;
  char name[ESP_IDF_NAME + 1];
  uint64_t at;   /**< offset of the next byte to read or write */
  uint32_t used; /**< order of last use: larger is later */
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
 * Opens storage and sockets. NVS must be initialised, and lwIP must be running. `radio_is_on` returns true once the
 * radio feeds the random number generator; before that, the port gives no random numbers.
 *
 * Returns NULL, or an error message. A missing file system is only logged: documents are not stored then.
 */
const char *esp_idf_port_open(esp_idf_port *port, bool (*radio_is_on)(void));

/**
 * Waits for sockets, `ms` milliseconds at most; other tasks run even if it need not wait. Resets the watchdog of the
 * calling task: add that with esp_task_wdt_add.
 */
void esp_idf_port_wait(esp_idf_port *port, uint32_t ms);

/** Resets the watchdog and lets idle tasks run, at most every 200 ms; call it during long work. */
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
/** Closes a finished document that is open between two reads; the next read opens it again. */
void esp_idf_file_let_go(esp_idf_port *port, const char *name);

#ifdef __cplusplus
}
#endif

#endif
