/** The machine of the example application: its light, and readings of the chip. */
#ifndef BOARD_MACHINE_H
#define BOARD_MACHINE_H

#include "example.h"

/** Initialises light and thermometer. Returns the same struct each time. */
const example_machine *machine_start(void);

#endif
