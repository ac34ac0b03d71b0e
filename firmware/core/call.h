/** The beginning of calls of the application, and protection of the core from calls out of handlers. */
#ifndef EARSHOT_CALL_H
#define EARSHOT_CALL_H

#include "earshot.h"

/** True if a board is started, and its keys are not destroyed yet. */
bool es_is_started(const earshot *board);
/**
 * Begins a call that returns a result. EARSHOT_ARGUMENT if there is no board; EARSHOT_CLOSED if it is not started, or
 * closes.
 */
earshot_result es_call(earshot *board);
/** True if a handler runs that was called by a board which is started; logs that earshot_`what` must not be called then. */
bool es_is_in_handler(const earshot *board, const char *what);

#endif
