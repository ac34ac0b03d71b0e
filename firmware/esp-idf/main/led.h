/** The light that `led on` switches. Its kind and its pin are set in menuconfig. */
#ifndef EXAMPLE_LED_H
#define EXAMPLE_LED_H

#include <stdbool.h>

/** Initialises the light, and switches it off. If that fails, the board has no light. */
void led_start(void);
void led_set(bool on);

#endif
