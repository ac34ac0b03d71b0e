/** The serial console: `wifi`, `name`, `join`, `group`, `inbox`, `status`. */
#ifndef EARSHOT_APP_CONSOLE_H
#define EARSHOT_APP_CONSOLE_H

#include "app_settings.h"

/** Starts the console in a task of its own. `settings` are those in use; they must outlive it. */
void es_console_start(const es_settings *settings);

#endif
