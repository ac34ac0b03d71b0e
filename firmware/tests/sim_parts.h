/** The parts of the made-up world, each in its own file. For sim.c only. */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H

#include "sim.h"

/* sim_network.c: datagrams and connections. */
void sim_network_begin(void);
void sim_network_of(earshot_port *port);
/** A board's connections break without a word. */
void sim_network_lose(unsigned node);
bool sim_network_is_busy(void);
/** The clock goes on: what connections take in a millisecond counts anew. */
void sim_network_tick(void);
/** Whether one had to wait for the next millisecond. */
bool sim_network_waits(void);

/* sim_storage.c: values and files. */
void sim_storage_of(sim_node *node);
/** Takes away all files, or only those that were not finished. */
void sim_storage_clear(sim_node *node, bool all);

#endif
