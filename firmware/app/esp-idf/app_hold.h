/** Access to the board's storage from another task. */
#ifndef EARSHOT_APP_HOLD_H
#define EARSHOT_APP_HOLD_H

#include "esp_idf_port.h"

/**
 * Stops the board's task, and returns its port: the functions of esp_idf_inbox.h may be used on it until es_task_release.
 * Only for a moment: watchdog and peers wait.
 */
esp_idf_port *es_task_hold(void);
void es_task_release(void);

#endif
