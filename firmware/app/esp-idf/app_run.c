/** Starts an application on a chip: reads the settings, and starts the tasks of radio, board and console. */
#include <esp_log.h>

#include "app_console.h"
#include "app_settings.h"
#include "app_task.h"
#include "app_wifi.h"

void earshot_app_run(const earshot_app *app) {
  static es_settings settings;
  if (!es_settings_open()) {
    ESP_LOGE("earshot", "NVS is unusable; erase the flash (`idf.py erase-flash`) and write it again");
    return;
  }
  es_settings_load(&settings);
  es_wifi_start(&settings);
  es_task_start(&settings, app);
  es_console_start(&settings);
}

int earshot_app_signal(void) {
  return es_wifi_rssi();
}
