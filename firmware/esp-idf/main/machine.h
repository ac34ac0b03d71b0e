/** The machine of the example application: its light, and readings of the chip. */
#ifndef EXAMPLE_MACHINE_H
#define EXAMPLE_MACHINE_H

#include "example.h"

/** Initialises light and thermometer. Returns the same struct each time. */
const example_machine *machine_start(void);

#endif
