/** The board's task, which polls the core and the example application. Other tasks must not call these. */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include "earshot.h"
#include "settings.h"

/** Starts the task, which waits for the radio. `settings` must outlive it. */
void board_start(const board_settings *settings);

/** Status of the board; all zero until it runs. */
typedef struct board_status {
  bool running;
  char id[EARSHOT_ID + 1];
  earshot_numbers numbers;
  uint32_t stack_left; /**< bytes of the task's stack that were never used */
} board_status;

/** Gives the status. Call it from another task. */
void board_get_status(board_status *status);
/** Checks a join code: EARSHOT_OK, or its error. Call it from another task. */
earshot_result board_check_join_code(const char *code);
/** Sends `bye` and restarts the chip, with the settings made since. */
void board_restart(void);

#endif
