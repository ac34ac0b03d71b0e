/** The part of the API that keeps values of the application, and removes files. */
#include "call.h"
#include "earshot_state.h"
#include "outbox.h"

/** The keys that port.h reserves for applications begin so. */
#define PREFIX "app-"
#define PREFIX_LENGTH (sizeof PREFIX - 1)
/** Most characters of the name of a file: see port.h. */
#define FILE_NAME_MAX 48

/** Copies a text after the prefix of keys; false if it is NULL, or no key. */
static bool make_key(const char *text, char key[PREFIX_LENGTH + EARSHOT_KEY + 1]) {
  if (text == NULL || *text == '\0' || es_length(text) > EARSHOT_KEY) return false;
  es_copy(key, PREFIX, PREFIX_LENGTH);
  es_copy(key + PREFIX_LENGTH, text, es_length(text) + 1);
  return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == es_length(text);
}

/** Reads a value into a buffer that has room for any. */
static earshot_result read(const earshot *board, const char *key, uint8_t value[EARSHOT_VALUE],
                           size_t *length) {
  const earshot_port *port = board->port;
  if (port->storage == NULL) return EARSHOT_ABSENT;
  return port->storage->get(port->context, key, value, EARSHOT_VALUE, length);
}

earshot_result earshot_put(earshot *board, const char *key, const void *value, size_t length) {
  char full[PREFIX_LENGTH + EARSHOT_KEY + 1];
  uint8_t present[EARSHOT_VALUE];
  size_t has = 0;
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK) return result;
  if (!make_key(key, full) || (value == NULL && length > 0)) return EARSHOT_ARGUMENT;
  if (length > EARSHOT_VALUE) return EARSHOT_TOO_LONG;
  if (board->port->storage == NULL) return EARSHOT_IO;
  if (board->mute) return EARSHOT_CRYPTO;
  result = read(board, full, present, &has);
  if (result == EARSHOT_ABSENT && length == 0) return EARSHOT_OK;
  /* What is there already costs no flash. */
  if (result == EARSHOT_OK && length > 0 && has == length && es_same_bytes(present, value, length))
    return EARSHOT_OK;
  return board->port->storage->put(board->port->context, full, value, length);
}

earshot_result earshot_get(earshot *board, const char *key, void *value, size_t capacity, size_t *length) {
  char full[PREFIX_LENGTH + EARSHOT_KEY + 1];
  uint8_t present[EARSHOT_VALUE];
  size_t has = 0;
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK) return result;
  if (!make_key(key, full) || value == NULL) return EARSHOT_ARGUMENT;
  result = read(board, full, present, &has);
  if (result != EARSHOT_OK) return result;
  if (has > capacity) return EARSHOT_TOO_LONG;
  if (length == NULL && has < capacity) return EARSHOT_TOO_SHORT;
  es_copy(value, present, has);
  if (length != NULL) *length = has;
  return EARSHOT_OK;
}

/** True if a text can be the name of a file that is not the core's own: those have no dot. */
static bool is_file(const char *text) {
  static const char CHARACTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  size_t length = es_length(text);
  return length <= FILE_NAME_MAX && strspn(text, CHARACTERS) == length && text[0] != '.' &&
         strchr(text, '.') != NULL;
}

earshot_result earshot_remove(earshot *board, const char *file) {
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK) return result;
  if (file == NULL || !is_file(file)) return EARSHOT_ARGUMENT;
  if (board->port->storage == NULL) return EARSHOT_ABSENT;
  for (es_item *item = NULL; (item = es_next_item(board, NULL, item)) != NULL;) {
    if (item->kind == ES_ITEM_FILE && es_same_text(es_item_file(board, item), file)) return EARSHOT_BUSY;
  }
  board->port->storage->file_remove(board->port->context, file);
  return EARSHOT_OK;
}
