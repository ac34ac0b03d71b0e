/** Boards without some or all of the features that can be left out, in a simulated world. */
#include "check.h"
#include "crypto.h"
#include "earshot_config.h"
#include "tests.h"

int main(void) {
  if (es_crypto_start() != EARSHOT_OK) return 1;
  lean_tests();
#if EARSHOT_ASK
  sim_answering_tests();
  sim_asking_tests();
#elif EARSHOT_PARTS
  sim_parts_tests();
  sim_receiver_tests();
#else
  sim_discovery_tests();
  sim_crowded_tests();
#endif
  return check_end();
}
