/**
 * The system that earshot-board runs on: files and sockets of this machine (posix_system.c), or files of this machine
 * and the network of lwIP (../lwip).
 */
#ifndef EARSHOT_HOST_SYSTEM_H
#define EARSHOT_HOST_SYSTEM_H

#include "options.h"

/** Lines of --help about the options that depend on the system. */
extern const char system_help[];

/** Opens the system. Returns NULL and a port in `opened`, or an error message. */
const char *system_open(const board_options *options, const earshot_port **opened);
void system_close(void);

/**
 * Waits for sockets and, if `input` is true, for standard input, `ms` milliseconds at most. True if standard input is
 * readable.
 */
bool system_wait(uint32_t ms, bool input);
/** Checks if interfaces or addresses came or went; true if they did. Call it before each poll. */
bool system_network_changed(void);

#endif
