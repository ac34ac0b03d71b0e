/** The tests of each file, run by vectors_main.c or unit_main.c. */
#ifndef TESTS_H
#define TESTS_H

void announcements_tests(void);
void frames_tests(void);
void flat_json_tests(void);
void streams_tests(void);
void json_tests(void);
void handshakes_tests(void);
void identity_tests(void);
void results_tests(void);

void sim_discovery_tests(void);
void sim_delivery_tests(void);
void sim_parts_tests(void);
void sim_receiver_tests(void);
void sim_order_tests(void);
void sim_sessions_tests(void);
void sim_copies_tests(void);
void sim_interrupted_tests(void);
void sim_sender_tests(void);
void sim_refusals_tests(void);
void sim_limits_tests(void);
void sim_edges_tests(void);
void sim_example_tests(void);
void sim_hostile_tests(void);
void sim_crowded_tests(void);
void sim_power_tests(void);
void sim_answering_tests(void);
void sim_asking_tests(void);
void sim_ways_tests(void);
void sim_api_tests(void);
void sim_waiting_tests(void);
void sim_soak_tests(void);
void sim_times_tests(void);
void lean_tests(void);

#endif
