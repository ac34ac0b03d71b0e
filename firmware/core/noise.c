#include "noise.h"

#define MESSAGES 3

typedef enum token { END, E, S, EE, ES, SE } token;

/** The unread rest of a message. */
typedef struct message_rest {
  uint8_t *at;
  size_t length;
} message_rest;

/** The pattern XX. The first letter of a token names the initiator's key, the second the responder's. */
static const uint8_t PATTERN[MESSAGES][5] = {{E, END}, {E, EE, S, ES, END}, {S, SE, END}};

static earshot_result next_nonce(const es_cipher *cipher, uint8_t nonce[12]) {
  if (cipher->n == UINT64_MAX) return EARSHOT_NONCE_EXHAUSTED;
  uint64_t n = cipher->n;
  es_clear(nonce, 4);
  for (unsigned i = 4; i < 12; i++, n >>= 8) nonce[i] = (uint8_t)n;
  return EARSHOT_OK;
}

/** Encrypts or decrypts under the next nonce. */
ES_SHARED static earshot_result crypt(es_cipher *cipher, const uint8_t *ad, size_t ad_length, uint8_t *bytes,
                                      size_t length, bool opens) {
  uint8_t nonce[12];
  earshot_result result = next_nonce(cipher, nonce);
  if (result != EARSHOT_OK) return result;
  result = opens ? es_aead_open(cipher->key, nonce, ad, ad_length, bytes, length)
                 : es_aead_seal(cipher->key, nonce, ad, ad_length, bytes, length);
  if (result == EARSHOT_OK) cipher->n++;
  return result;
}

earshot_result es_cipher_seal(es_cipher *cipher, const uint8_t *ad, size_t ad_length, uint8_t *bytes,
                              size_t length) {
  return crypt(cipher, ad, ad_length, bytes, length, false);
}

earshot_result es_cipher_open(es_cipher *cipher, const uint8_t *ad, size_t ad_length, uint8_t *bytes,
                              size_t length) {
  return length < ES_TAG ? EARSHOT_TOO_SHORT : crypt(cipher, ad, ad_length, bytes, length, true);
}

void es_cipher_end(es_cipher *cipher) {
  es_key_destroy(&cipher->key);
}

ES_SHARED static earshot_result initialize_key(es_cipher *cipher, const uint8_t key[ES_KEY]) {
  es_key_destroy(&cipher->key);
  cipher->n = 0;
  return es_aead_import(key, &cipher->key);
}

ES_SHARED static earshot_result mix_hash(es_noise *noise, const uint8_t *data, size_t length) {
  return es_sha256(noise->hash, ES_HASH, data, length, noise->hash);
}

/** MixKey with two outputs; MixKeyAndHash with three, of which the hash takes in the second. */
static earshot_result mix(es_noise *noise, const uint8_t *input, size_t length, unsigned outputs) {
  uint8_t out[3 * ES_HASH];
  earshot_result result = es_hkdf(noise->chaining_key, ES_HASH, input, length, "", outputs, out);
  es_copy(noise->chaining_key, out, ES_HASH);
  if (result == EARSHOT_OK && outputs == 3) result = mix_hash(noise, out + ES_HASH, ES_HASH);
  if (result == EARSHOT_OK) result = initialize_key(&noise->cipher, out + (outputs - 1) * ES_HASH);
  es_wipe(out, sizeof out);
  return result;
}

static earshot_result encrypt_and_hash(es_noise *noise, const uint8_t *plain, size_t length,
                                       es_writer *message) {
  bool sealed = noise->cipher.key != ES_NO_KEY;
  size_t start = message->length;
  es_write(message, plain, length);
  if (sealed) es_write(message, NULL, ES_TAG);
  if (message->overflow) return EARSHOT_TOO_LONG;
  uint8_t *bytes = message->bytes + start;
  earshot_result result = EARSHOT_OK;
  if (sealed) result = es_cipher_seal(&noise->cipher, noise->hash, ES_HASH, bytes, length);
  return result == EARSHOT_OK ? mix_hash(noise, bytes, message->length - start) : result;
}

/**
 * Mixes the ciphertext into the hash, then decrypts it in place. The hash before that is the associated data.
 */
static earshot_result decrypt_and_hash(es_noise *noise, uint8_t *bytes, size_t length) {
  uint8_t before[ES_HASH];
  es_copy(before, noise->hash, ES_HASH);
  earshot_result result = mix_hash(noise, bytes, length);
  if (result != EARSHOT_OK || noise->cipher.key == ES_NO_KEY) return result;
  return es_cipher_open(&noise->cipher, before, ES_HASH, bytes, length);
}

/** Only a name that is longer than a hash is hashed. */
static earshot_result hash_protocol_name(es_noise *noise) {
  uint8_t name[64];
  es_writer writer = es_writer_on(name, sizeof name);
  es_write_text(&writer, "Noise_XX");
  if (noise->psk_first != NULL) es_write_text(&writer, "psk0");
  if (noise->psk_first != NULL && noise->psk_last != NULL) es_write_byte(&writer, '+');
  if (noise->psk_last != NULL) es_write_text(&writer, "psk3");
  es_write_text(&writer, "_25519_ChaChaPoly_SHA256");
  if (writer.length > ES_HASH) return es_sha256(name, writer.length, NULL, 0, noise->hash);
  es_copy(noise->hash, name, ES_HASH);
  return EARSHOT_OK;
}

earshot_result es_noise_start(es_noise *noise, const es_noise_options *options) {
  es_clear(noise, sizeof *noise);
  noise->initiator = options->initiator;
  noise->identity = options->identity;
  noise->psk_first = options->psk_first;
  noise->psk_last = options->psk_last;
  earshot_result result = hash_protocol_name(noise);
  es_copy(noise->chaining_key, noise->hash, ES_HASH);
  if (result == EARSHOT_OK) result = mix_hash(noise, options->prologue, options->prologue_length);
  if (result == EARSHOT_OK) result = es_x25519_import(options->ephemeral, &noise->ephemeral);
  if (result != EARSHOT_OK) es_noise_end(noise);
  return result;
}

static earshot_result mix_ephemeral(es_noise *noise, const uint8_t public_key[ES_KEY]) {
  earshot_result result = mix_hash(noise, public_key, ES_KEY);
  /* With pre-shared keys, the ephemerals randomise the encryption after a psk (section 9.2). */
  bool has_psk = noise->psk_first != NULL || noise->psk_last != NULL;
  return result == EARSHOT_OK && has_psk ? mix(noise, public_key, ES_KEY, 2) : result;
}

static earshot_result mix_secret(es_noise *noise, token secret) {
  bool mine_ephemeral = secret == EE || secret == (noise->initiator ? ES : SE);
  bool theirs_ephemeral = secret == EE || secret == (noise->initiator ? SE : ES);
  es_key mine = mine_ephemeral ? noise->ephemeral.key : noise->identity->key;
  uint8_t shared[ES_KEY];
  earshot_result result =
      es_x25519_shared(mine, theirs_ephemeral ? noise->remote_ephemeral : noise->remote_static, shared);
  if (result == EARSHOT_OK) result = mix(noise, shared, ES_KEY, 2);
  es_wipe(shared, sizeof shared);
  return result;
}

static earshot_result write_token(es_noise *noise, token what, es_writer *message) {
  if (what == S) return encrypt_and_hash(noise, noise->identity->public_key, ES_KEY, message);
  es_write(message, noise->ephemeral.public_key, ES_KEY);
  return mix_ephemeral(noise, noise->ephemeral.public_key);
}

/** Reads a token at the beginning of `rest`, and removes it from there. */
static earshot_result read_token(es_noise *noise, token what, message_rest *rest) {
  uint8_t *at = rest->at;
  size_t takes = what == E ? ES_KEY : ES_KEY + ES_TAG;
  if (rest->length < takes) return EARSHOT_TOO_SHORT;
  rest->at += takes;
  rest->length -= takes;
  if (what == E) {
    es_copy(noise->remote_ephemeral, at, ES_KEY);
    return mix_ephemeral(noise, at);
  }
  earshot_result result = decrypt_and_hash(noise, at, takes);
  es_copy(noise->remote_static, at, ES_KEY);
  return result;
}

/** Mixes in a psk at its place: before the first message, and after the tokens of the last. */
static earshot_result mix_psk(es_noise *noise, const uint8_t *psk, bool here) {
  return here && psk != NULL ? mix(noise, psk, ES_KEY, 3) : EARSHOT_OK;
}

/**
 * Reads the tokens of the next message from `in`; if that is NULL, writes them to `out`. The payload follows them.
 */
static earshot_result do_tokens(es_noise *noise, es_writer *out, message_rest *in) {
  bool my_turn = (noise->next % 2 == 0) == noise->initiator;
  if (noise->over || es_noise_finished(noise) || my_turn != (in == NULL)) return EARSHOT_BAD_STATE;
  earshot_result result = mix_psk(noise, noise->psk_first, noise->next == 0);
  for (const uint8_t *tokens = PATTERN[noise->next]; result == EARSHOT_OK && *tokens != END; tokens++) {
    token what = (token)*tokens;
    if (what != E && what != S) result = mix_secret(noise, what);
    else result = in != NULL ? read_token(noise, what, in) : write_token(noise, what, out);
  }
  return result == EARSHOT_OK ? mix_psk(noise, noise->psk_last, noise->next == MESSAGES - 1) : result;
}

/** A message was dealt with: on to the next one, or it is all over. */
ES_SHARED static earshot_result done(es_noise *noise, earshot_result result) {
  if (result == EARSHOT_OK) noise->next++;
  else if (result != EARSHOT_BAD_STATE) es_noise_end(noise);
  return result;
}

bool es_noise_finished(const es_noise *noise) {
  return noise->next == MESSAGES;
}

earshot_result es_noise_write(es_noise *noise, const uint8_t *payload, size_t length, es_writer *message) {
  earshot_result result = do_tokens(noise, message, NULL);
  if (result == EARSHOT_OK) result = encrypt_and_hash(noise, payload, length, message);
  return done(noise, result);
}

earshot_result es_noise_read(es_noise *noise, uint8_t *message, size_t length, uint8_t **payload,
                             size_t *payload_length) {
  message_rest rest = {message, length};
  earshot_result result = do_tokens(noise, NULL, &rest);
  if (result == EARSHOT_OK) result = decrypt_and_hash(noise, rest.at, rest.length);
  *payload = rest.at;
  *payload_length = noise->cipher.key == ES_NO_KEY ? rest.length : rest.length - ES_TAG;
  return done(noise, result);
}

earshot_result es_noise_split(es_noise *noise, es_cipher *send, es_cipher *receive) {
  if (noise->over || !es_noise_finished(noise)) return EARSHOT_BAD_STATE;
  uint8_t out[2 * ES_HASH];
  send->key = receive->key = ES_NO_KEY;
  earshot_result result = es_hkdf(noise->chaining_key, ES_HASH, NULL, 0, "", 2, out);
  if (result == EARSHOT_OK) result = initialize_key(noise->initiator ? send : receive, out);
  if (result == EARSHOT_OK) result = initialize_key(noise->initiator ? receive : send, out + ES_HASH);
  es_wipe(out, sizeof out);
  if (result != EARSHOT_OK) {
    es_cipher_end(send);
    es_cipher_end(receive);
  }
  es_noise_end(noise);
  return result;
}

void es_noise_end(es_noise *noise) {
  noise->over = true;
  es_key_destroy(&noise->ephemeral.key);
  es_cipher_end(&noise->cipher);
  es_wipe(noise->chaining_key, sizeof noise->chaining_key);
}
