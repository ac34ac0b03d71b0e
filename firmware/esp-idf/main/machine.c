#include "machine.h"

#include <esp_app_desc.h>
#include <esp_system.h>
#include <esp_timer.h>
#include <sdkconfig.h>
#include <soc/soc_caps.h>
#include <stdio.h>

#include "earshot_app.h"
#include "led.h"

#if SOC_TEMP_SENSOR_SUPPORTED
#include <driver/temperature_sensor.h>

static temperature_sensor_handle_t thermometer;

static void start_thermometer(void) {
  const temperature_sensor_config_t range = TEMPERATURE_SENSOR_CONFIG_DEFAULT(-10, 80);
  if (temperature_sensor_install(&range, &thermometer) != ESP_OK) thermometer = NULL;
  if (thermometer != NULL && temperature_sensor_enable(thermometer) != ESP_OK) thermometer = NULL;
}

/** Writes the chip's temperature as a member of JSON, or nothing if it is not known; returns the length. */
static int write_celsius(char *json, size_t capacity) {
  float celsius;
  if (thermometer == NULL || temperature_sensor_get_celsius(thermometer, &celsius) != ESP_OK) return 0;
  int tenths = (int)(celsius * 10);
  unsigned size = (unsigned)(tenths < 0 ? -tenths : tenths);
  return snprintf(json, capacity, "\"celsius\":%s%u.%u,", tenths < 0 ? "-" : "", size / 10, size % 10);
}
#else
/* The ESP32 itself has no thermometer. */
static void start_thermometer(void) {}

static int write_celsius(char *json, size_t capacity) {
  (void)json;
  (void)capacity;
  return 0;
}
#endif

static void set_led(void *context, bool on) {
  (void)context;
  led_set(on);
}

static void read_sensors(void *context, char *json, size_t capacity) {
  (void)context;
  char celsius[32] = "";
  (void)write_celsius(celsius, sizeof celsius);
  snprintf(json, capacity, "{%s\"rssi\":%d,\"heap\":%u,\"least_heap\":%u,\"up\":%u}", celsius,
           earshot_app_signal(), (unsigned)esp_get_free_heap_size(),
           (unsigned)esp_get_minimum_free_heap_size(), (unsigned)(esp_timer_get_time() / 1000000));
}

static const char *reset_reason(void) {
  switch (esp_reset_reason()) {
    case ESP_RST_POWERON: return "power-on";
    case ESP_RST_EXT: return "reset-pin";
    case ESP_RST_SW: return "restart";
    case ESP_RST_PANIC: return "panic";
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT: return "watchdog";
    case ESP_RST_DEEPSLEEP: return "deep-sleep";
    case ESP_RST_BROWNOUT: return "brownout";
    default: return "unknown";
  }
}

static void describe(void *context, char *members, size_t capacity) {
  (void)context;
  snprintf(members, capacity,
           "\"kind\":\"%s\",\"version\":\"earshot-board/%.32s\",\"heap\":%u,\"signal\":%d,\"reset\":\"%s\"",
           CONFIG_IDF_TARGET, esp_app_get_description()->version, (unsigned)esp_get_free_heap_size(),
           earshot_app_signal(), reset_reason());
}

const example_machine *machine_start(void) {
  static const example_machine machine = {.set_led = set_led, .read = read_sensors, .describe = describe};
  led_start();
  start_thermometer();
  return &machine;
}
