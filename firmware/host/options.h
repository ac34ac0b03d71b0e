/** The command line of earshot-board. */
#ifndef EARSHOT_HOST_OPTIONS_H
#define EARSHOT_HOST_OPTIONS_H

#include "earshot.h"
#include "posix_port.h"

#define OPTIONS_INTERFACES 8

typedef struct board_options {
  earshot_settings settings;
  posix_options port;
  const char *interfaces[OPTIONS_INTERFACES];
} board_options;

/** Reads a command line. Ends the process where it is wrong, or asks for help. */
void options_read(board_options *options, int count, char **arguments);

#endif
