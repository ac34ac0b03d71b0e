#include "storage.h"

#include "earshot_state.h"

/** A letter, up to three digits and a NUL. */
#define KEY 5

static void key_of(char letter, unsigned number, char key[KEY]) {
  es_writer writer = es_writer_on((uint8_t *)key, KEY - 1);
  es_write_byte(&writer, (uint8_t)letter);
  es_write_number(&writer, number);
  key[writer.length] = '\0';
}

size_t es_storage_get(const earshot *board, char letter, unsigned number, uint8_t *value, size_t capacity) {
  const earshot_port *port = board->port;
  char key[KEY];
  size_t length = 0;
  key_of(letter, number, key);
  if (port->storage == NULL) return 0;
  return port->storage->get(port->context, key, value, capacity, &length) == EARSHOT_OK ? length : 0;
}

earshot_result es_storage_put(const earshot *board, char letter, unsigned number, const uint8_t *value,
                              size_t length) {
  const earshot_port *port = board->port;
  char key[KEY];
  key_of(letter, number, key);
  if (board->mute) return EARSHOT_CRYPTO;
  return port->storage == NULL ? EARSHOT_OK : port->storage->put(port->context, key, value, length);
}

earshot_result es_storage_inspect(const earshot *board, const char *file, uint64_t *size,
                                  uint8_t hash[ES_HASH], es_json_check *json) {
  const earshot_port *port = board->port;
  if (port->storage == NULL) return EARSHOT_ABSENT;
  es_hash operation = PSA_HASH_OPERATION_INIT;
  earshot_result result = port->storage->file_size(port->context, file, size);
  if (result == EARSHOT_OK) result = es_hash_begin(&operation);
  for (uint64_t at = 0; result == EARSHOT_OK && at < *size;) {
    uint8_t piece[256];
    size_t got = 0;
    result = port->storage->file_read(port->context, file, at, piece, sizeof piece, &got);
    if (result == EARSHOT_OK && got == 0) result = EARSHOT_IO;
    if (result == EARSHOT_OK && json != NULL) result = es_json_add(json, piece, got);
    if (result == EARSHOT_OK) result = es_hash_add(&operation, piece, got);
    at += got;
  }
  if (result == EARSHOT_OK) result = es_hash_end(&operation, hash);
  es_hash_abort(&operation);
  return result;
}
