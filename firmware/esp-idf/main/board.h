/** The board's task: it polls the core and the example application, and nothing else may call them unasked. */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include "earshot.h"
#include "settings.h"

/** Starts the task, once the radio is on. `settings` must stay. */
void board_start(const board_settings *settings);

/** How things are; all zero until the board runs. */
typedef struct board_status {
  bool running;
  char id[EARSHOT_ID + 1];
  earshot_numbers numbers;
  uint32_t stack_left; /**< bytes of the task's stack that were never needed */
} board_status;

/** Asks from another task. */
void board_get_status(board_status *status);
/** Whether a text is a join code: EARSHOT_OK, or what is wrong with it. From another task. */
earshot_result board_check_join_code(const char *code);
/** Says goodbye to everybody, and starts the chip anew: what has been set counts from then on. */
void board_restart(void);

#endif
