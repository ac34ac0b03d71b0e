/** Boards in a simulated world. */
#include "check.h"
#include "crypto.h"
#include "tests.h"

int main(void) {
  if (es_crypto_start() != EARSHOT_OK) return 1;
  sim_discovery_tests();
  sim_delivery_tests();
  sim_parts_tests();
  sim_interrupted_tests();
  sim_copies_tests();
  sim_receiver_tests();
  sim_order_tests();
  sim_sessions_tests();
  sim_sender_tests();
  sim_refusals_tests();
  sim_limits_tests();
  sim_edges_tests();
  sim_example_tests();
  sim_hostile_tests();
  sim_crowded_tests();
  sim_power_tests();
  sim_answering_tests();
  sim_asking_tests();
  sim_ways_tests();
  sim_api_tests();
  sim_waiting_tests();
  sim_times_tests();
  sim_soak_tests();
  return check_end();
}
