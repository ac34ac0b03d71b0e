/** The button BOOT, which pulls its pin down. */
#include <driver/gpio.h>
#include <sdkconfig.h>

#include "button.h"

#if CONFIG_IDF_TARGET_ESP32 || CONFIG_IDF_TARGET_ESP32S3
#define PIN GPIO_NUM_0
#else
#define PIN GPIO_NUM_9
#endif

void button_start(void) {
  (void)gpio_reset_pin(PIN); /* with its pull-up */
  (void)gpio_set_direction(PIN, GPIO_MODE_INPUT);
}

bool button_pressed(void) {
  static bool was_down;
  bool down = gpio_get_level(PIN) == 0;
  bool pressed = down && !was_down;
  was_down = down;
  return pressed;
}
