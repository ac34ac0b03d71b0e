/** Sensors and relay of the greenhouse on a desk: the soil dries up, and takes water while the relay is on. */
#include <stdio.h>

#include "pins.h"

static bool flows;
static double soil = 35;

void pins_start(void) {}

double pins_celsius(void) {
  return 21.5;
}

double pins_soil(void) {
  return soil;
}

void pins_water(bool on) {
  if (on != flows) printf("water %s\n", on ? "on" : "off");
  flows = on;
  if (on && soil < 100) soil += 5;
  if (!on && soil > 0) soil -= 1;
}
