#include "crypto.h"

#define INFO_MAX 64

ES_SHARED static earshot_result result_of(psa_status_t status) {
  return status == PSA_SUCCESS ? EARSHOT_OK : EARSHOT_CRYPTO;
}

earshot_result es_crypto_start(void) {
  return result_of(psa_crypto_init());
}

void es_key_destroy(es_key *key) {
  if (*key != ES_NO_KEY) (void)psa_destroy_key(*key);
  *key = ES_NO_KEY;
}

/** The number of bits of a key follows from its length. */
static earshot_result import(psa_key_type_t type, psa_algorithm_t algorithm, psa_key_usage_t usage,
                             const uint8_t *secret, size_t length, es_key *key) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, type);
  psa_set_key_algorithm(&attributes, algorithm);
  psa_set_key_usage_flags(&attributes, usage);
  psa_status_t status = psa_import_key(&attributes, secret, length, key);
  if (status != PSA_SUCCESS) *key = ES_NO_KEY;
  return result_of(status);
}

earshot_result es_x25519_import(const uint8_t secret[ES_KEY], es_key_pair *pair) {
  earshot_result result = import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY), PSA_ALG_ECDH,
                                 PSA_KEY_USAGE_DERIVE, secret, ES_KEY, &pair->key);
  if (result != EARSHOT_OK) return result;
  size_t length;
  psa_status_t status = psa_export_public_key(pair->key, pair->public_key, ES_KEY, &length);
  if (status != PSA_SUCCESS) es_key_destroy(&pair->key);
  return result_of(status);
}

earshot_result es_x25519_shared(es_key mine, const uint8_t theirs[ES_KEY], uint8_t shared[ES_KEY]) {
  size_t length;
  psa_status_t status = psa_raw_key_agreement(PSA_ALG_ECDH, mine, theirs, ES_KEY, shared, ES_KEY, &length);
  /*
   * Libraries refuse a point of low order themselves, with one error or another: nothing else can be wrong
   * with 32 bytes.
   */
  if (status == PSA_ERROR_INVALID_ARGUMENT || status == PSA_ERROR_CORRUPTION_DETECTED) return EARSHOT_BAD_KEY;
  if (status != PSA_SUCCESS) return EARSHOT_CRYPTO;
  uint8_t any = 0;
  for (size_t i = 0; i < ES_KEY; i++) any |= shared[i];
  return any != 0 ? EARSHOT_OK : EARSHOT_BAD_KEY;
}

earshot_result es_aead_import(const uint8_t secret[ES_KEY], es_key *key) {
  return import(PSA_KEY_TYPE_CHACHA20, PSA_ALG_CHACHA20_POLY1305,
                PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT, secret, ES_KEY, key);
}

earshot_result es_aead_seal(es_key key, const uint8_t nonce[12], const void *ad, size_t ad_length,
                            uint8_t *bytes, size_t length) {
  size_t written;
  psa_status_t status = psa_aead_encrypt(key, PSA_ALG_CHACHA20_POLY1305, nonce, 12, ad, ad_length, bytes,
                                         length, bytes, length + ES_TAG, &written);
  return result_of(status);
}

earshot_result es_aead_open(es_key key, const uint8_t nonce[12], const void *ad, size_t ad_length,
                            uint8_t *bytes, size_t length) {
  size_t written;
  psa_status_t status = psa_aead_decrypt(key, PSA_ALG_CHACHA20_POLY1305, nonce, 12, ad, ad_length, bytes,
                                         length, bytes, length - ES_TAG, &written);
  return status == PSA_ERROR_INVALID_SIGNATURE ? EARSHOT_DECRYPT : result_of(status);
}

earshot_result es_sha256(const void *a, size_t a_length, const void *b, size_t b_length,
                         uint8_t hash[ES_HASH]) {
  es_hash operation = PSA_HASH_OPERATION_INIT;
  earshot_result result = es_hash_begin(&operation);
  if (result == EARSHOT_OK) result = es_hash_add(&operation, a, a_length);
  if (result == EARSHOT_OK) result = es_hash_add(&operation, b, b_length);
  if (result == EARSHOT_OK) result = es_hash_end(&operation, hash);
  es_hash_abort(&operation);
  return result;
}

earshot_result es_hash_begin(es_hash *hash) {
  es_hash_abort(hash);
  return result_of(psa_hash_setup(hash, PSA_ALG_SHA_256));
}

earshot_result es_hash_add(es_hash *hash, const uint8_t *bytes, size_t length) {
  return length == 0 ? EARSHOT_OK : result_of(psa_hash_update(hash, bytes, length));
}

earshot_result es_hash_end(es_hash *hash, uint8_t digest[ES_HASH]) {
  size_t length;
  return result_of(psa_hash_finish(hash, digest, ES_HASH, &length));
}

void es_hash_abort(es_hash *hash) {
  (void)psa_hash_abort(hash);
}

static earshot_result hmac(const uint8_t *secret, size_t secret_length, const uint8_t *message, size_t length,
                           uint8_t out[ES_HASH]) {
  es_key key;
  size_t written;
  earshot_result result = import(PSA_KEY_TYPE_HMAC, PSA_ALG_HMAC(PSA_ALG_SHA_256), PSA_KEY_USAGE_SIGN_MESSAGE,
                                 secret, secret_length, &key);
  if (result != EARSHOT_OK) return result;
  result =
      result_of(psa_mac_compute(key, PSA_ALG_HMAC(PSA_ALG_SHA_256), message, length, out, ES_HASH, &written));
  es_key_destroy(&key);
  return result;
}

earshot_result es_hkdf(const void *salt, size_t salt_length, const uint8_t *input, size_t length,
                       const char *info, unsigned outputs, uint8_t *out) {
  uint8_t secret[ES_HASH];
  uint8_t bytes[ES_HASH + INFO_MAX + 1];
  es_writer block = es_writer_on(bytes, sizeof bytes);
  /* HKDF-Extract. */
  earshot_result result = hmac(salt, salt_length, input, length, secret);
  /* HKDF-Expand: each output is the HMAC of the one before, `info` and its number. */
  for (unsigned i = 1; i <= outputs && result == EARSHOT_OK; i++, out += ES_HASH) {
    es_write_text(&block, info);
    es_write_byte(&block, (uint8_t)i);
    result = block.overflow ? EARSHOT_ARGUMENT : hmac(secret, sizeof secret, bytes, block.length, out);
    block.length = 0;
    es_write(&block, out, ES_HASH);
  }
  es_wipe(secret, sizeof secret);
  es_wipe(bytes, sizeof bytes);
  return result;
}
