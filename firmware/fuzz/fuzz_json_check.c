/** Documents: the result is the same for any split. The first byte is the size of the pieces. */
#include "fuzz.h"
#include "json_check.h"

static earshot_result check_in_pieces(const uint8_t *data, size_t size, size_t piece, uint64_t *offset) {
  es_json_check check;
  es_json_begin(&check);
  earshot_result result = EARSHOT_OK;
  for (size_t at = 0; at < size && result == EARSHOT_OK; at += piece) {
    result = es_json_add(&check, data + at, size - at < piece ? size - at : piece);
  }
  *offset = check.offset;
  return result == EARSHOT_OK ? es_json_end(&check) : result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint64_t whole, split;
  if (size == 0) return 0;
  earshot_result result = check_in_pieces(data + 1, size - 1, size, &whole);
  HOLDS(check_in_pieces(data + 1, size - 1, data[0] % 16 + 1u, &split) == result && split == whole);
  return 0;
}
