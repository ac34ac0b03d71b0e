/** The serial console: `wifi`, `name`, `join`, `group`, `inbox`, `status`. */
#ifndef BOARD_CONSOLE_H
#define BOARD_CONSOLE_H

#include "settings.h"

/** Starts the console in a task of its own. `settings` are those in use; they must outlive it. */
void console_start(const board_settings *settings);

#endif
