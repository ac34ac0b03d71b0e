/** Wiring of the board of the greenhouse. */
#ifndef GREENHOUSE_PINS_H
#define GREENHOUSE_PINS_H

#include <stdbool.h>

void pins_start(void);
double pins_celsius(void);
/** Water in the soil, percent. */
double pins_soil(void);
void pins_water(bool on);

#endif
