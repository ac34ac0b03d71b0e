/**
 * Noise_XX_25519_ChaChaPoly_SHA256, with psk modifiers: https://noiseprotocol.org/noise.html, revision 34.
 * The objects have the names of the specification. It does no I/O: the caller transports the messages.
 */
#ifndef EARSHOT_NOISE_H
#define EARSHOT_NOISE_H

#include "crypto.h"

/** CipherState: a key, and the counter of messages under it. */
typedef struct es_cipher {
  es_key key;
  uint64_t n;
} es_cipher;

/** Encrypts `length` bytes in place, and appends a tag of ES_TAG bytes. EARSHOT_NONCE_EXHAUSTED. */
earshot_result es_cipher_seal(es_cipher *cipher, const uint8_t *ad, size_t ad_length, uint8_t *bytes,
                              size_t length);
/** Decrypts `length` bytes, tag included, in place. EARSHOT_TOO_SHORT, DECRYPT, NONCE_EXHAUSTED. */
earshot_result es_cipher_open(es_cipher *cipher, const uint8_t *ad, size_t ad_length, uint8_t *bytes,
                              size_t length);
/** Destroys the key. */
void es_cipher_end(es_cipher *cipher);

/** The parameters of a handshake. */
typedef struct es_noise_options {
  bool initiator;
  const uint8_t *prologue;
  size_t prologue_length;
  const es_key_pair *identity; /**< must outlive the handshake */
  const uint8_t *ephemeral;    /**< 32 random bytes, never used before */
  const uint8_t *psk_first;    /**< psk0: 32 bytes, or NULL */
  const uint8_t *psk_last;     /**< psk3: 32 bytes, or NULL */
} es_noise_options;

/** HandshakeState with its SymmetricState. Private to noise.c except `hash`, `remote_static`, `remote_ephemeral`. */
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
  uint8_t hash[ES_HASH];            /**< handshake hash */
  uint8_t remote_static[ES_KEY];    /**< proven after the message that has it was read successfully */
  uint8_t remote_ephemeral[ES_KEY]; /**< valid after the peer's first message was read */
} es_noise;

/** Begins a handshake; the psks must outlive it. */
earshot_result es_noise_start(es_noise *noise, const es_noise_options *options);

/** Appends the next message to `message`. EARSHOT_TOO_LONG if it does not fit, BAD_STATE out of turn. */
earshot_result es_noise_write(es_noise *noise, const uint8_t *payload, size_t length, es_writer *message);

/**
 * Reads the peer's next message and decrypts its payload in place; `payload` then points to it.
 *
 * EARSHOT_TOO_SHORT, DECRYPT, BAD_KEY, BAD_STATE. After any failure the handshake is over.
 */
earshot_result es_noise_read(es_noise *noise, uint8_t *message, size_t length, uint8_t **payload,
                             size_t *payload_length);

bool es_noise_finished(const es_noise *noise);

/** Gives the ciphers of the session, and ends the handshake. EARSHOT_BAD_STATE if it is not finished. */
earshot_result es_noise_split(es_noise *noise, es_cipher *send, es_cipher *receive);

/** Destroys keys and wipes secrets. May be called at any time after es_noise_start, and again. */
void es_noise_end(es_noise *noise);

#endif
