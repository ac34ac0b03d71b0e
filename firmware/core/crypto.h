/**
 * Cryptography for Noise and announcements, on the PSA Crypto API: X25519, ChaCha20-Poly1305, SHA-256, HMAC and HKDF.
 * Only HKDF is implemented here, on HMAC, because not every build of the library has it. The library allocates a
 * little memory for each key; whoever imports a key destroys it.
 */
#ifndef EARSHOT_CRYPTO_H
#define EARSHOT_CRYPTO_H

#include <psa/crypto.h>

#include "bytes.h"
#include "earshot_result.h"
#include "protocol_limits.h"

/** A key inside the library. ES_NO_KEY is none. */
typedef psa_key_id_t es_key;
#define ES_NO_KEY ((es_key)0)

/** Initialises the library; call it before anything else here. */
earshot_result es_crypto_start(void);

/** Destroys a key, if there is one, and sets it to ES_NO_KEY. */
void es_key_destroy(es_key *key);

/** An X25519 key pair; the private key is inside the library. */
typedef struct es_key_pair {
  es_key key;
  uint8_t public_key[ES_KEY];
} es_key_pair;

/** Takes the 32 bytes of a private key, and computes the public one. Destroy `pair->key`. */
earshot_result es_x25519_import(const uint8_t secret[ES_KEY], es_key_pair *pair);
/** Computes the shared secret. EARSHOT_BAD_KEY if it is all zeros, even if the library accepts that. */
earshot_result es_x25519_shared(es_key mine, const uint8_t theirs[ES_KEY], uint8_t shared[ES_KEY]);

/** Takes the 32 bytes of a ChaCha20-Poly1305 key. */
earshot_result es_aead_import(const uint8_t secret[ES_KEY], es_key *key);
/** Encrypts `length` bytes in place, and appends a tag of ES_TAG bytes. */
earshot_result es_aead_seal(es_key key, const uint8_t nonce[12], const void *ad, size_t ad_length,
                            uint8_t *bytes, size_t length);
/** Decrypts `length` bytes, tag included, in place. EARSHOT_DECRYPT. */
earshot_result es_aead_open(es_key key, const uint8_t nonce[12], const void *ad, size_t ad_length,
                            uint8_t *bytes, size_t length);

/** SHA-256 of two pieces, one after the other. */
earshot_result es_sha256(const void *a, size_t a_length, const void *b, size_t b_length,
                         uint8_t hash[ES_HASH]);

/**
 * SHA-256 of data that comes in pieces. Begin, end and abort each free the operation before.
 */
typedef psa_hash_operation_t es_hash;
earshot_result es_hash_begin(es_hash *hash);
earshot_result es_hash_add(es_hash *hash, const uint8_t *bytes, size_t length);
earshot_result es_hash_end(es_hash *hash, uint8_t digest[ES_HASH]);
void es_hash_abort(es_hash *hash);

/**
 * HKDF-SHA256 of RFC 5869: `outputs` blocks of 32 bytes, one after the other; `info` is at most 64 bytes long. With an
 * empty `info` it is the HKDF of Noise (section 4.3 there).
 */
earshot_result es_hkdf(const void *salt, size_t salt_length, const uint8_t *input, size_t length,
                       const char *info, unsigned outputs, uint8_t *out);

#endif
