/** The button of the door bell. */
#ifndef DOORBELL_BUTTON_H
#define DOORBELL_BUTTON_H

#include <stdbool.h>

/** Period of looking at it, milliseconds: longer than it bounces. */
#define BUTTON_EVERY_MS 30

void button_start(void);
/** True once for each press. */
bool button_pressed(void);

#endif
