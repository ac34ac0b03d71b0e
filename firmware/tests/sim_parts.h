/** The parts of the simulated world, each in its own file. For sim.c only. */
#ifndef SIM_PARTS_H
#define SIM_PARTS_H

#include "sim.h"

/* sim_network.c: datagrams and connections. */
void sim_network_begin(void);
void sim_network_of(earshot_port *port);
/** Breaks the connections of a board. */
void sim_network_lose(unsigned node);
bool sim_network_is_busy(void);
/** Begins the next millisecond, for the limit of bytes in each. */
void sim_network_tick(void);
/** True if a connection waits for the next millisecond. */
bool sim_network_waits(void);

/* sim_storage.c: values and files. */
void sim_storage_of(sim_node *node);
/** Removes all files, or only unfinished ones. */
void sim_storage_clear(sim_node *node, bool all);

#endif
