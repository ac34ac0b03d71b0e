#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include "esp_idf_port.h"

/** Longest time without idle tasks, microseconds. They have a watchdog of their own, which waits for seconds. */
#define BREATHE_EVERY_US 200000

void esp_idf_breathe(void) {
  static int64_t breathed;
  int64_t time = esp_timer_get_time();
  if (time < breathed + BREATHE_EVERY_US) return;
  (void)esp_task_wdt_reset();
  vTaskDelay(1);
  breathed = time;
}
