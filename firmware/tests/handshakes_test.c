/** tests/vectors/handshake.json and noise-published.json */
#include <string.h>

#include "handshake_payload.h"
#include "identity.h"
#include "noise.h"
#include "tests.h"
#include "vectors.h"

/** Both sides of a handshake. */
typedef struct pair {
  es_key_pair identities[2];
  es_noise sides[2];
  uint8_t psks[2][ES_KEY];
} pair;

/** Names of the members of one side in a vector file. */
typedef struct names {
  const char *prologue;
  const char *psks;
  const char *identity;
  const char *ephemeral;
} names;

static const names OURS[2] = {{"prologue", "psks", "initiator_static", "initiator_ephemeral"},
                              {"prologue", "psks", "responder_static", "responder_ephemeral"}};
static const names PUBLISHED[2] = {{"init_prologue", "init_psks", "init_static", "init_ephemeral"},
                                   {"resp_prologue", "resp_psks", "resp_static", "resp_ephemeral"}};

static void start_side(pair *p, unsigned side, const cJSON *vector, const names *n) {
  const char *protocol = text_of(vector, "protocol_name");
  const cJSON *psks = cJSON_GetObjectItem(vector, n->psks);
  for (int i = 0; i < cJSON_GetArraySize(psks) && i < 2; i++) {
    memcpy(p->psks[i], bytes_of_hex(cJSON_GetArrayItem(psks, i)->valuestring)->at, ES_KEY);
  }
  bool first = strstr(protocol, "psk0") != NULL;
  bool last = strstr(protocol, "psk3") != NULL;
  bytes *prologue = bytes_of(vector, n->prologue);
  CHECK_RESULT(es_x25519_import(bytes_of(vector, n->identity)->at, &p->identities[side]), "ok");
  es_noise_options options = {
      .initiator = side == 0,
      .prologue = prologue->at,
      .prologue_length = prologue->length,
      .identity = &p->identities[side],
      .ephemeral = bytes_of(vector, n->ephemeral)->at,
      .psk_first = first ? p->psks[0] : NULL,
      .psk_last = last ? p->psks[first ? 1 : 0] : NULL,
  };
  CHECK_RESULT(es_noise_start(&p->sides[side], &options), "ok");
}

static void start_pair(pair *p, const cJSON *vector, const names n[2]) {
  memset(p, 0, sizeof *p);
  for (unsigned side = 0; side < 2; side++) start_side(p, side, vector, &n[side]);
}

static void end_pair(pair *p) {
  for (unsigned side = 0; side < 2; side++) {
    es_noise_end(&p->sides[side]);
    es_key_destroy(&p->identities[side].key);
  }
}

/** Writes message number `index` and reads it on the other side. */
static void exchange(pair *p, unsigned index, const bytes *payload, const bytes *expected) {
  uint8_t message[1024];
  es_writer writer = es_writer_on(message, sizeof message);
  CHECK_RESULT(es_noise_write(&p->sides[index % 2], payload->at, payload->length, &writer), "ok");
  CHECK_BYTES(message, writer.length, expected->at, expected->length);
  uint8_t *read;
  size_t length = 0;
  CHECK_RESULT(es_noise_read(&p->sides[1 - index % 2], message, writer.length, &read, &length), "ok");
  CHECK_BYTES(read, length, payload->at, payload->length);
}

/** Sends a transport message through ciphers[from][0] to ciphers[1 - from][1]. */
static void transport(es_cipher ciphers[2][2], unsigned from, const bytes *plain, const bytes *expected) {
  uint8_t message[1024];
  memcpy(message, plain->at, plain->length);
  CHECK_RESULT(es_cipher_seal(&ciphers[from][0], NULL, 0, message, plain->length), "ok");
  CHECK_BYTES(message, plain->length + ES_TAG, expected->at, expected->length);
  CHECK_RESULT(es_cipher_open(&ciphers[1 - from][1], NULL, 0, message, expected->length), "ok");
  CHECK_BYTES(message, plain->length, plain->at, plain->length);
}

static void split_pair(pair *p, es_cipher ciphers[2][2]) {
  for (unsigned side = 0; side < 2; side++) {
    CHECK_RESULT(es_noise_split(&p->sides[side], &ciphers[side][0], &ciphers[side][1]), "ok");
    CHECK_RESULT(es_noise_split(&p->sides[side], &ciphers[side][0], &ciphers[side][1]), "bad-state");
  }
}

static void end_ciphers(es_cipher ciphers[2][2]) {
  for (unsigned i = 0; i < 4; i++) es_cipher_end(&ciphers[i / 2][i % 2]);
}

static void check_published(const cJSON *vector) {
  pair p;
  es_cipher ciphers[2][2];
  start_pair(&p, vector, PUBLISHED);
  const cJSON *messages = cJSON_GetObjectItem(vector, "messages");
  CHECK(cJSON_GetArraySize(messages) >= 5);
  for (int i = 0; i < 3; i++) {
    const cJSON *message = cJSON_GetArrayItem(messages, i);
    exchange(&p, (unsigned)i, bytes_of(message, "payload"), bytes_of(message, "ciphertext"));
  }
  bytes *hash = bytes_of(vector, "handshake_hash");
  if (hash->length > 0) CHECK_BYTES(p.sides[0].hash, ES_HASH, hash->at, hash->length);
  CHECK_BYTES(p.sides[0].hash, ES_HASH, p.sides[1].hash, ES_HASH);
  split_pair(&p, ciphers);
  for (int i = 3; i < cJSON_GetArraySize(messages); i++) {
    const cJSON *message = cJSON_GetArrayItem(messages, i);
    transport(ciphers, i % 2 == 1 ? 1 : 0, bytes_of(message, "payload"), bytes_of(message, "ciphertext"));
  }
  end_ciphers(ciphers);
  end_pair(&p);
}

static void check_ids(const cJSON *vector, const pair *p) {
  char id[ES_ID_CHARACTERS + 1];
  CHECK_RESULT(es_node_id(p->sides[0].remote_static, id), "ok");
  CHECK_TEXT(id, text_of(vector, "responder_id"));
  CHECK_RESULT(es_node_id(p->sides[1].remote_static, id), "ok");
  CHECK_TEXT(id, text_of(vector, "initiator_id"));
}

static void check_ours(const cJSON *vector) {
  pair p;
  es_cipher ciphers[2][2];
  start_pair(&p, vector, OURS);
  const cJSON *messages = cJSON_GetObjectItem(vector, "messages");
  CHECK_NUMBER(cJSON_GetArraySize(messages), 3);
  for (int i = 0; i < 3; i++) {
    const cJSON *message = cJSON_GetArrayItem(messages, i);
    exchange(&p, (unsigned)i, bytes_of(message, "payload"), bytes_of(message, "message"));
  }
  for (unsigned side = 0; side < 2; side++) {
    bytes *hash = bytes_of(vector, "handshake_hash");
    CHECK_BYTES(p.sides[side].hash, ES_HASH, hash->at, hash->length);
  }
  check_ids(vector, &p);
  split_pair(&p, ciphers);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, cJSON_GetObjectItem(vector, "transport")) {
    unsigned from = strcmp(text_of(entry, "from"), "initiator") == 0 ? 0 : 1;
    transport(ciphers, from, bytes_of(entry, "plaintext"), bytes_of(entry, "ciphertext"));
  }
  end_ciphers(ciphers);
  end_pair(&p);
}

static void refuse_message(const cJSON *vector, const cJSON *malformed) {
  pair p;
  start_pair(&p, vector, OURS);
  unsigned index = (unsigned)number_of(malformed, "index");
  const cJSON *messages = cJSON_GetObjectItem(vector, "messages");
  for (unsigned i = 0; i < index; i++) {
    const cJSON *message = cJSON_GetArrayItem(messages, (int)i);
    exchange(&p, i, bytes_of(message, "payload"), bytes_of(message, "message"));
  }
  bytes *message = bytes_of(malformed, "message");
  uint8_t *payload;
  size_t length;
  es_noise *reader = &p.sides[1 - index % 2];
  CHECK_RESULT(es_noise_read(reader, message->at, message->length, &payload, &length),
               text_of(malformed, "error"));
  es_writer nothing = es_writer_on(NULL, 0);
  CHECK_RESULT(es_noise_read(reader, message->at, message->length, &payload, &length), "bad-state");
  CHECK_RESULT(es_noise_write(reader, NULL, 0, &nothing), "bad-state");
  end_pair(&p);
}

static void refuse_malformed(const cJSON *vector) {
  const cJSON *malformed = cJSON_GetObjectItem(vector, "malformed");
  CHECK(cJSON_GetArraySize(malformed) >= 10);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, malformed) {
    check_about("%s: message %d: %s", text_of(vector, "group"), (int)number_of(entry, "index"),
                text_of(entry, "what"));
    refuse_message(vector, entry);
  }
}

static cJSON *ours, *published;

static void published_vectors(void) {
  vectors_each(published, "vectors", 3, check_published);
}

static void our_vectors(void) {
  vectors_each(ours, "handshakes", 2, check_ours);
}

static void malformed_messages(void) {
  vectors_each(ours, "handshakes", 2, refuse_malformed);
}

static void used_up_nonces(void) {
  static const uint8_t KEY[ES_KEY] = {1};
  es_cipher cipher = {ES_NO_KEY, UINT64_MAX - 1};
  uint8_t message[3 + ES_TAG] = "abc";
  CHECK_RESULT(es_aead_import(KEY, &cipher.key), "ok");
  CHECK_RESULT(es_cipher_seal(&cipher, NULL, 0, message, 3), "ok");
  CHECK_RESULT(es_cipher_seal(&cipher, NULL, 0, message, 3), "nonce-exhausted");
  CHECK_RESULT(es_cipher_open(&cipher, NULL, 0, message, sizeof message), "nonce-exhausted");
  es_cipher_end(&cipher);
}

/** The library has room for 32 keys: a handshake leaves none behind, however it ends. */
static void no_key_is_left(void) {
  for (unsigned i = 0; i < 40 && !check_has_failed(); i++) {
    const cJSON *vector = cJSON_GetArrayItem(cJSON_GetObjectItem(ours, "handshakes"), (int)(i % 2));
    refuse_message(vector, cJSON_GetArrayItem(cJSON_GetObjectItem(vector, "malformed"), (int)(i % 10)));
  }
}

void handshakes_tests(void) {
  ours = vectors_read("handshake.json");
  published = vectors_read("noise-published.json");
  check_run("handshakes agree with the published vectors, transport and hash included", published_vectors);
  check_run("handshakes agree with ours, ids included", our_vectors);
  check_run("malformed handshake messages are refused with the error of the vectors, and end it",
            malformed_messages);
  check_run("no nonce is used twice", used_up_nonces);
  check_run("a failed handshake leaves no key behind", no_key_is_left);
  cJSON_Delete(ours);
  cJSON_Delete(published);
}
