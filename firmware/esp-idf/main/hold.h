/** Access to the board's storage from another task. */
#ifndef BOARD_HOLD_H
#define BOARD_HOLD_H

#include "esp_idf_port.h"

/**
 * Stops the board's task, and returns its port: the functions of esp_idf_inbox.h may be used on it until board_release.
 * Only for a moment: watchdog and peers wait.
 */
esp_idf_port *board_hold(void);
void board_release(void);

#endif
