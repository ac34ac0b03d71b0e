/** Helpers of the fuzz targets. Each file fuzz_… is a target of libFuzzer. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Aborts unless the condition holds. */
#define HOLDS(condition) \
  do { \
    if (!(condition)) abort(); \
  } while (0)

/** Initialises the crypto library once. */
static inline void fuzz_start(void) {
  static int started;
  if (!started) HOLDS(es_crypto_start() == EARSHOT_OK);
  started = 1;
}

#endif
