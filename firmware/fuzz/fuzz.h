/** What fuzz targets share. Each file named fuzz_… is one: libFuzzer hands it whatever it can think of. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What has to hold whatever the input is. */
#define HOLDS(condition) \
  do { \
    if (!(condition)) abort(); \
  } while (0)

/** Readies the crypto library once. */
static inline void fuzz_start(void) {
  static int started;
  if (!started) HOLDS(es_crypto_start() == EARSHOT_OK);
  started = 1;
}

#endif
