/** Use of the board's storage by another task than its own. */
#ifndef BOARD_HOLD_H
#define BOARD_HOLD_H

#include "esp_idf_port.h"

/**
 * Holds the board's task off, and gives its port, of whose storage the parts without watchdog may be used until
 * board_release. For a moment only: the watchdog waits, and so do peers.
 */
esp_idf_port *board_hold(void);
void board_release(void);

#endif
