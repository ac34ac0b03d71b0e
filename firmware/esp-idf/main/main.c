/** The board of the release: the example, with a light and readings of the chip. */
#include "earshot_app.h"
#include "machine.h"

void app_main(void) {
  example_run(machine_start(), NULL);
}
