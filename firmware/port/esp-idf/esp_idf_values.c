/**
 * Values in NVS. NVS writes a new blob next to the old one and then switches over, so that a power cut leaves one of
 * them, and spreads its writes over the whole partition: with 64 KiB, some 28 million received messages until a sector
 * reaches the 100 000 erasures that flash is specified for.
 */
#include <nvs.h>

#include "esp_idf_port.h"

#define NAMESPACE "earshot"

bool esp_idf_values_open(esp_idf_port *port) {
  return nvs_open(NAMESPACE, NVS_READWRITE, &port->values) == ESP_OK;
}

earshot_result esp_idf_value_get(void *context, const char *key, uint8_t *value, size_t capacity,
                                 size_t *length) {
  const esp_idf_port *port = context;
  *length = capacity;
  esp_err_t error = nvs_get_blob(port->values, key, value, length);
  if (error == ESP_OK) return EARSHOT_OK;
  *length = 0;
  return error == ESP_ERR_NVS_NOT_FOUND ? EARSHOT_ABSENT : EARSHOT_IO;
}

earshot_result esp_idf_value_put(void *context, const char *key, const uint8_t *value, size_t length) {
  const esp_idf_port *port = context;
  esp_err_t error;
  if (length == 0) {
    error = nvs_erase_key(port->values, key);
    if (error == ESP_ERR_NVS_NOT_FOUND) return EARSHOT_OK;
  } else {
    error = nvs_set_blob(port->values, key, value, length);
  }
  if (error == ESP_OK) error = nvs_commit(port->values);
  return error == ESP_OK ? EARSHOT_OK : EARSHOT_IO;
}
