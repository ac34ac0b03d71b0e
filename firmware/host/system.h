/**
 * What earshot-board needs of the system under it: files and sockets of this machine (posix_system.c), or files of
 * this machine and the network of lwIP (../lwip).
 */
#ifndef EARSHOT_HOST_SYSTEM_H
#define EARSHOT_HOST_SYSTEM_H

#include "options.h"

/** The options of this system alone, for --help; empty where it has none. */
extern const char system_help[];

/** Opens it; NULL, or a sentence about what went wrong. `port` is for earshot_init. */
const char *system_open(const board_options *options, const earshot_port **opened);
void system_close(void);

/**
 * Waits until something can be done, a line waits on standard input (where `input` is true), or so many
 * milliseconds passed. Gives whether a line waits.
 */
bool system_wait(uint32_t ms, bool input);
/** Follows interfaces and addresses that come and go; true where they changed. Called before each poll. */
bool system_network_changed(void);

#endif
