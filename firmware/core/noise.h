/**
 * Noise_XX_25519_ChaChaPoly_SHA256, with psk modifiers: https://noiseprotocol.org/noise.html, revision 34.
 * The objects have the names of the specification. It does no I/O: the two sides exchange what es_noise_write
 * makes, taking turns.
 */
#ifndef EARSHOT_NOISE_H
#define EARSHOT_NOISE_H

#include "crypto.h"

/** CipherState: a key, and the counter of messages under it. */
typedef struct es_cipher {
  es_key key;
  uint64_t n;
} es_cipher;

/** Encrypts `length` bytes in place, with room for ES_TAG bytes behind them. EARSHOT_NONCE_EXHAUSTED. */
earshot_result es_cipher_seal(es_cipher *cipher, const uint8_t *ad, size_t ad_length, uint8_t *bytes,
                              size_t length);
/** Decrypts `length` bytes, tag included, in place. EARSHOT_TOO_SHORT, DECRYPT, NONCE_EXHAUSTED. */
earshot_result es_cipher_open(es_cipher *cipher, const uint8_t *ad, size_t ad_length, uint8_t *bytes,
                              size_t length);
/** Forgets the key. */
void es_cipher_end(es_cipher *cipher);

/** What a handshake begins with. */
typedef struct es_noise_options {
  bool initiator;
  const uint8_t *prologue;
  size_t prologue_length;
  const es_key_pair *identity; /**< must outlive the handshake */
  const uint8_t *ephemeral;    /**< 32 random bytes, never used before */
  const uint8_t *psk_first;    /**< psk0: 32 bytes, or NULL */
  const uint8_t *psk_last;     /**< psk3: 32 bytes, or NULL */
} es_noise_options;

/** HandshakeState with its SymmetricState. Its members are for noise.c, but for those that say so. */
typedef struct es_noise {
  bool initiator;
  bool over;
  uint8_t next; /**< index of the next message; 3 once finished */
  const uint8_t *psk_first;
  const uint8_t *psk_last;
  const es_key_pair *identity;
  es_key_pair ephemeral;
  es_cipher cipher;
  uint8_t chaining_key[ES_HASH];
  uint8_t hash[ES_HASH];            /**< handshake hash; to be read by anybody */
  uint8_t remote_static[ES_KEY];    /**< proven once the message that carried it was read whole */
  uint8_t remote_ephemeral[ES_KEY]; /**< once the first message was read */
} es_noise;

/** Begins a handshake; the psks must outlive it. */
earshot_result es_noise_start(es_noise *noise, const es_noise_options *options);

/** Appends the next message to `message`. EARSHOT_TOO_LONG where it does not fit, BAD_STATE out of turn. */
earshot_result es_noise_write(es_noise *noise, const uint8_t *payload, size_t length, es_writer *message);

/**
 * Reads the other side's next message, deciphering its payload in place: that lies at `payload` then.
 *
 * EARSHOT_TOO_SHORT, DECRYPT, BAD_KEY, BAD_STATE. After any failure the handshake is over.
 */
earshot_result es_noise_read(es_noise *noise, uint8_t *message, size_t length, uint8_t **payload,
                             size_t *payload_length);

bool es_noise_finished(const es_noise *noise);

/** The ciphers for what follows; ends the handshake. EARSHOT_BAD_STATE where it is not finished. */
earshot_result es_noise_split(es_noise *noise, es_cipher *send, es_cipher *receive);

/** Destroys keys and wipes secrets; right at any time after es_noise_start, and more than once. */
void es_noise_end(es_noise *noise);

#endif
