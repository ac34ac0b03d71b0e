/** The task that polls the core and the application. Other tasks must not call these, unless told so. */
#ifndef EARSHOT_APP_TASK_H
#define EARSHOT_APP_TASK_H

#include "app_settings.h"
#include "earshot_app.h"

/** Starts the task, which waits for the radio. Both must outlive it. */
void es_task_start(const es_settings *settings, const earshot_app *app);

/** Status of the board; all zero until it runs. */
typedef struct es_task_status {
  bool running;
  char id[EARSHOT_ID + 1];
  earshot_numbers numbers;
  uint32_t stack_left; /**< bytes of the task's stack that were never used */
} es_task_status;

/** Gives the status. Call it from another task. */
void es_task_get_status(es_task_status *status);
/** Checks a join code: EARSHOT_OK, or its error. Call it from another task. */
earshot_result es_task_check_join_code(const char *code);
/** Hands a typed line to the application; false if it does not understand it. Call it from another task. */
bool es_task_type(const char *line);
/** Sends `bye` and restarts the chip, with the settings made since. */
void es_task_restart(void);

#endif
