#include "esp_idf_port.h"

#include <esp_log.h>
#include <esp_random.h>
#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
#include <sdkconfig.h>
#include <string.h>
#include <sys/time.h>

_Static_assert(CONFIG_LWIP_MAX_SOCKETS >= LW_PORT_SOCKETS, "raise LWIP_MAX_SOCKETS, or have fewer sessions");

static const char TAG[] = "earshot";

/** Seconds since 1970 of an earlier time than any clock that was set; one that was not begins in 1970. */
#define CLOCK_IS_SET_AFTER 1700000000

static earshot_ms now(void *context) {
  (void)context;
  return (earshot_ms)esp_timer_get_time() / 1000;
}

static uint64_t wall(void *context) {
  (void)context;
  struct timeval time;
  if (gettimeofday(&time, NULL) != 0 || time.tv_sec < CLOCK_IS_SET_AFTER) return 0;
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_usec / 1000;
}

/** Waits a tick and returns EARSHOT_AGAIN without the radio, for the numbers could be guessed; the core asks again. */
static earshot_result fill_random(void *context, uint8_t *bytes, size_t length) {
  const esp_idf_port *port = context;
  if (!port->radio_is_on()) {
    esp_idf_breathe();
    vTaskDelay(1);
    return EARSHOT_AGAIN;
  }
  esp_fill_random(bytes, length);
  return EARSHOT_OK;
}

static void log_line(void *context, earshot_level level, const char *text) {
  (void)context;
  if (level == EARSHOT_WARNING) ESP_LOGW(TAG, "%s", text);
  else if (level == EARSHOT_INFO) ESP_LOGI(TAG, "%s", text);
  else ESP_LOGD(TAG, "%s", text);
}

/** Resets the watchdog before each close, which may take 20 s in lwIP if memory is short. */
static void close_connection(void *context, int connection) {
  (void)esp_task_wdt_reset();
  lw_tcp_close(context, connection);
}

const char *esp_idf_port_open(esp_idf_port *port, bool (*radio_is_on)(void)) {
  memset(port, 0, sizeof *port);
  if (!lw_port_open(&port->net)) return "too few sockets; raise CONFIG_LWIP_MAX_SOCKETS";
  if (!esp_idf_values_open(port)) return "NVS is unusable; erase the flash and write it again";
  port->radio_is_on = radio_is_on;
  port->port = (earshot_port){.now = now, .wall = wall, .random = fill_random, .log = log_line};
  lw_port_fill(&port->net, &port->port);
  port->port.tcp_close = close_connection;
  port->has_files = esp_idf_files_open(port);
  if (!port->has_files) ESP_LOGW(TAG, "documents cannot be stored: the partition `inbox` is unusable");
  port->storage = (earshot_storage){
      .get = esp_idf_value_get,
      .put = esp_idf_value_put,
      .file_write = esp_idf_file_write,
      .file_finish = esp_idf_file_finish,
      .file_size = esp_idf_file_size,
      .file_read = esp_idf_file_read,
      .file_remove = esp_idf_file_remove,
  };
  port->port.storage = &port->storage;
  return NULL;
}

void esp_idf_port_wait(esp_idf_port *port, uint32_t ms) {
  (void)esp_task_wdt_reset();
  lw_port_wait(&port->net, ms);
  esp_idf_breathe();
}
