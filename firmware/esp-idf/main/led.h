/** The light that `led on` switches. Which kind it is, and where, menuconfig says. */
#ifndef BOARD_LED_H
#define BOARD_LED_H

#include <stdbool.h>

/** Readies the light, and puts it out. A board on which that fails has none. */
void led_start(void);
void led_set(bool on);

#endif
