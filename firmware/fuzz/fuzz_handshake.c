/** Handshake messages, at any point of a handshake. The first byte selects the reader and the messages before. */
#include "fuzz.h"
#include "noise.h"

static es_key_pair pairs[2];
static const uint8_t PSK[ES_KEY] = {9};

static void start(es_noise *noise, bool initiator, bool closed) {
  uint8_t ephemeral[ES_KEY] = {initiator ? 5 : 6};
  es_noise_options options = {
      .initiator = initiator,
      .prologue = (const uint8_t *)"fuzz",
      .prologue_length = 4,
      .identity = &pairs[initiator],
      .ephemeral = ephemeral,
      .psk_first = closed ? PSK : NULL,
      .psk_last = closed ? PSK : NULL,
  };
  HOLDS(es_noise_start(noise, &options) == EARSHOT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_start();
  for (uint8_t i = 0; i < 2 && pairs[i].key == ES_NO_KEY; i++) {
    uint8_t secret[ES_KEY] = {i, 3};
    HOLDS(es_x25519_import(secret, &pairs[i]) == EARSHOT_OK);
  }
  if (size == 0 || size > 2000) return 0;
  es_noise sides[2];
  uint8_t message[2100];
  uint8_t *payload;
  size_t length;
  start(&sides[0], true, (data[0] & 1) != 0);
  start(&sides[1], false, (data[0] & 1) != 0);
  for (unsigned index = 0; index < (data[0] >> 1) % 3u; index++) {
    es_writer writer = es_writer_on(message, sizeof message);
    HOLDS(es_noise_write(&sides[index % 2], NULL, 0, &writer) == EARSHOT_OK);
    HOLDS(es_noise_read(&sides[1 - index % 2], message, writer.length, &payload, &length) == EARSHOT_OK);
  }
  memcpy(message, data + 1, size - 1);
  for (unsigned side = 0; side < 2; side++) {
    if (es_noise_read(&sides[side], message, size - 1, &payload, &length) == EARSHOT_OK)
      HOLDS(length <= size - 1);
    es_noise_end(&sides[side]);
  }
  return 0;
}
