/** An Earshot board: reads its settings, and starts the tasks of radio, console and board. */
#include <esp_log.h>

#include "board.h"
#include "console.h"
#include "settings.h"
#include "wifi.h"

static board_settings settings;

/* ESP-IDF calls this, and has no header for it. */
void app_main(void);

void app_main(void) {
  if (!settings_open()) {
    ESP_LOGE("main", "NVS is unusable; erase the flash (`idf.py erase-flash`) and write it again");
    return;
  }
  settings_load(&settings);
  wifi_start(&settings);
  board_start(&settings);
  console_start(&settings);
}
