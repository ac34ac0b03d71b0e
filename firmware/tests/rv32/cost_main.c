/** Counts the instructions of a handshake, for each side, and of a sealed record. Needs QEMU with -icount. */
#include <inttypes.h>
#include <stdio.h>

#include "noise.h"

#define RECORD 1024

typedef struct side {
  es_key_pair identity;
  es_noise noise;
  uint64_t instructions;
} side;

static uint32_t instructions_high(void) {
  uint32_t value;
  __asm__ volatile("rdinstreth %0" : "=r"(value));
  return value;
}

static uint32_t instructions_low(void) {
  uint32_t value;
  __asm__ volatile("rdinstret %0" : "=r"(value));
  return value;
}

static uint64_t instructions(void) {
  uint32_t high;
  uint32_t low;
  do {
    high = instructions_high();
    low = instructions_low();
  } while (high != instructions_high());
  return (uint64_t)high << 32 | low;
}

/** Prepares a side for the first message. */
static earshot_result start(side *who, bool initiator) {
  uint64_t before = instructions();
  uint8_t ephemeral[ES_KEY] = {initiator ? 5 : 6};
  es_noise_options options = {.initiator = initiator,
                              .prologue = (const uint8_t *)"cost",
                              .prologue_length = 4,
                              .identity = &who->identity,
                              .ephemeral = ephemeral};
  earshot_result result = es_noise_start(&who->noise, &options);
  who->instructions += instructions() - before;
  return result;
}

/** A message from one to the other. */
static earshot_result pass(side *from, side *to) {
  uint8_t message[256];
  uint8_t *payload;
  size_t length;
  es_writer writer = es_writer_on(message, sizeof message);
  uint64_t before = instructions();
  earshot_result result = es_noise_write(&from->noise, NULL, 0, &writer);
  uint64_t between = instructions();
  if (result == EARSHOT_OK) result = es_noise_read(&to->noise, message, writer.length, &payload, &length);
  from->instructions += between - before;
  to->instructions += instructions() - between;
  return result;
}

int main(void) {
  static side dialler;
  static side answerer;
  static uint8_t record[RECORD + ES_TAG];
  static const uint8_t SECRETS[2][ES_KEY] = {{1, 2}, {3, 4}};
  es_cipher send;
  es_cipher receive;
  if (es_crypto_start() != EARSHOT_OK) return 1;
  if (es_x25519_import(SECRETS[0], &dialler.identity) != EARSHOT_OK) return 1;
  if (es_x25519_import(SECRETS[1], &answerer.identity) != EARSHOT_OK) return 1;
  if (start(&dialler, true) != EARSHOT_OK || start(&answerer, false) != EARSHOT_OK) return 1;
  if (pass(&dialler, &answerer) != EARSHOT_OK || pass(&answerer, &dialler) != EARSHOT_OK) return 1;
  if (pass(&dialler, &answerer) != EARSHOT_OK) return 1;
  if (es_noise_split(&dialler.noise, &send, &receive) != EARSHOT_OK) return 1;
  uint64_t before = instructions();
  if (es_cipher_seal(&send, NULL, 0, record, RECORD) != EARSHOT_OK) return 1;
  uint64_t sealing = instructions() - before;
  printf("a handshake: %" PRIu64 " thousand instructions of who dials, %" PRIu64
         " of who answers; "
         "a record of %u bytes: %" PRIu64 " thousand\n",
         dialler.instructions / 1000, answerer.instructions / 1000, RECORD, sealing / 1000);
  return 0;
}
