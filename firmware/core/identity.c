#include "identity.h"

#include "base32.h"

earshot_result es_node_id(const uint8_t public_key[ES_KEY], char id[ES_ID_CHARACTERS + 1]) {
  uint8_t hash[ES_HASH];
  earshot_result result = es_sha256(public_key, ES_KEY, NULL, 0, hash);
  if (result == EARSHOT_OK) es_base32_encode(hash, ES_ID_BYTES, id);
  else id[0] = '\0';
  return result;
}
