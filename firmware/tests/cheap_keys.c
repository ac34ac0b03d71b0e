/**
 * Key pairs whose agreement costs no more than a hash, in place of X25519 in the simulated world: that would take most of
 * the time there, and the test vectors prove it. They are linked with -Wl,--wrap=es_x25519_import and
 * -Wl,--wrap=es_x25519_shared.
 */
#include <string.h>

#include "crypto.h"

#define MASK 0x5a

earshot_result __wrap_es_x25519_import(const uint8_t secret[ES_KEY], es_key_pair *pair);
earshot_result __wrap_es_x25519_shared(es_key mine, const uint8_t theirs[ES_KEY], uint8_t shared[ES_KEY]);

/** The public key is a mask away from the private one. */
earshot_result __wrap_es_x25519_import(const uint8_t secret[ES_KEY], es_key_pair *pair) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_RAW_DATA);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_EXPORT);
  if (psa_import_key(&attributes, secret, ES_KEY, &pair->key) != PSA_SUCCESS) {
    pair->key = ES_NO_KEY;
    return EARSHOT_CRYPTO;
  }
  for (size_t i = 0; i < ES_KEY; i++) pair->public_key[i] = secret[i] ^ MASK;
  return EARSHOT_OK;
}

/** The hash of both public keys, the smaller one first. */
earshot_result __wrap_es_x25519_shared(es_key mine, const uint8_t theirs[ES_KEY], uint8_t shared[ES_KEY]) {
  static const uint8_t zeros[ES_KEY];
  uint8_t ours[ES_KEY];
  size_t length;
  if (memcmp(theirs, zeros, ES_KEY) == 0) return EARSHOT_BAD_KEY;
  if (psa_export_key(mine, ours, ES_KEY, &length) != PSA_SUCCESS) return EARSHOT_CRYPTO;
  for (size_t i = 0; i < ES_KEY; i++) ours[i] ^= MASK;
  const bool first = memcmp(ours, theirs, ES_KEY) < 0;
  return es_sha256(first ? ours : theirs, ES_KEY, first ? theirs : ours, ES_KEY, shared);
}
