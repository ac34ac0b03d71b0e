/** The example on a desk: its light is a line on standard output, and its readings are counted up. */
#include <stdio.h>

#include "earshot_app.h"
#include "example.h"

#define PROGRAM "earshot-board/0.1.0"

static unsigned count_of_readings;

static void set_led(void *context, bool on) {
  (void)context;
  printf("led %s\n", on ? "on" : "off");
}

static void read_sensors(void *context, char *json, size_t capacity) {
  unsigned *count = context;
  snprintf(json, capacity, "{\"reading\":%u,\"celsius\":%u.5}", *count, 20 + *count % 5);
  ++*count;
}

static void describe(void *context, char *members, size_t capacity) {
  (void)context;
  /* What only a chip has is null. */
  snprintf(members, capacity,
           "\"kind\":\"host\",\"version\":\"" PROGRAM "\",\"heap\":null,\"signal\":null,\"reset\":null");
}

void app_main(void) {
  static const example_machine machine = {&count_of_readings, set_led, read_sensors, describe};
  example_run(&machine, PROGRAM);
}
