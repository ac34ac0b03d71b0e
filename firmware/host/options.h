/** The command line of earshot-board. */
#ifndef EARSHOT_HOST_OPTIONS_H
#define EARSHOT_HOST_OPTIONS_H

#include "earshot.h"
#include "posix_port.h"

/** Program and version of an application that names none. */
#define BOARD_APP "earshot-board/0.1.0"
#define OPTIONS_INTERFACES 8

typedef struct board_options {
  earshot_settings settings;
  posix_options port;
  const char *interfaces[OPTIONS_INTERFACES];
  const char *address; /**< IPv4, such as `10.0.0.7/24`; NULL: the system's */
  const char *mac;     /**< such as `02:00:00:00:00:07`; NULL: the system's */
} board_options;

/** Reads a command line. Exits with 2 if it is invalid, with 0 after --help. */
void options_read(board_options *options, int count, char **arguments);

#endif
