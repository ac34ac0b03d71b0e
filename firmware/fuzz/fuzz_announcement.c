/** Datagrams: one that can be read can be written, and reads the same again. The first byte: sealed or not. */
#include "announcement.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const uint8_t KEY[ES_KEY] = {1, 2, 3};
  static const uint8_t NONCE[12] = {4};
  static es_key key;
  fuzz_start();
  if (key == ES_NO_KEY) HOLDS(es_aead_import(KEY, &key) == EARSHOT_OK);
  if (size == 0 || size > 2000) return 0;
  uint8_t copy[2000];
  es_announcement first, second;
  es_relay relay;
  memcpy(copy, data + 1, size - 1);
  (void)es_relay_read(&relay, copy, size - 1);
  if (es_announcement_read(&first, copy, size - 1, (data[0] & 1) != 0 ? key : ES_NO_KEY) != EARSHOT_OK)
    return 0;
  uint8_t written[ES_ANNOUNCEMENT_MAX];
  es_writer writer = es_writer_on(written, sizeof written);
  /* The written form may be longer, because of escapes. */
  if (es_announcement_seal(&first, key, NONCE, &writer) != EARSHOT_OK) return 0;
  HOLDS(es_announcement_read(&second, written, writer.length, key) == EARSHOT_OK);
  HOLDS(memcmp(&first, &second, sizeof first) == 0);
  return 0;
}
