/** Boards without the features that can be left out, in a simulated world. */
#include "check.h"
#include "crypto.h"
#include "tests.h"

int main(void) {
  if (es_crypto_start() != EARSHOT_OK) return 1;
  lean_tests();
  sim_discovery_tests();
  sim_crowded_tests();
  return check_end();
}
