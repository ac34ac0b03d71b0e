/** The machine of the example application: its light, and what the chip knows about itself. */
#ifndef BOARD_MACHINE_H
#define BOARD_MACHINE_H

#include "example.h"

/** Readies light and thermometer. The same struct each time. */
const example_machine *machine_start(void);

#endif
