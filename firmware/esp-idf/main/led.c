#include "led.h"

#include <sdkconfig.h>

#if CONFIG_EARSHOT_LED_PLAIN
#include <driver/gpio.h>

#if CONFIG_EARSHOT_LED_INVERTED
#define LEVEL_OF(on) (!(on))
#else
#define LEVEL_OF(on) (on)
#endif

void led_start(void) {
  (void)gpio_reset_pin(CONFIG_EARSHOT_LED_PIN);
  (void)gpio_set_direction(CONFIG_EARSHOT_LED_PIN, GPIO_MODE_OUTPUT);
  led_set(false);
}

void led_set(bool on) {
  (void)gpio_set_level(CONFIG_EARSHOT_LED_PIN, LEVEL_OF(on) ? 1 : 0);
}

#elif CONFIG_EARSHOT_LED_ADDRESSABLE
#include <driver/rmt_encoder.h>
#include <driver/rmt_tx.h>
#include <esp_log.h>

/* A WS2812 takes a bit as a pulse: 0.3 µs long and then 0.9 µs low for a 0, the other way round for a 1. */
#define TICKS_PER_SECOND 10000000
#define SHORT_TICKS 3
#define LONG_TICKS 9
/** Brightness of 255 that is visible and does not dazzle. */
#define BRIGHTNESS 16

static rmt_channel_handle_t channel;
static rmt_encoder_handle_t encoder;

static bool start(void) {
  const rmt_tx_channel_config_t pin = {
      .gpio_num = CONFIG_EARSHOT_LED_PIN,
      .clk_src = RMT_CLK_SRC_DEFAULT,
      .resolution_hz = TICKS_PER_SECOND,
      .mem_block_symbols = 64,
      .trans_queue_depth = 1,
  };
  const rmt_bytes_encoder_config_t bits = {
      .bit0 = {.duration0 = SHORT_TICKS, .level0 = 1, .duration1 = LONG_TICKS, .level1 = 0},
      .bit1 = {.duration0 = LONG_TICKS, .level0 = 1, .duration1 = SHORT_TICKS, .level1 = 0},
      .flags = {.msb_first = 1},
  };
  return rmt_new_tx_channel(&pin, &channel) == ESP_OK && rmt_new_bytes_encoder(&bits, &encoder) == ESP_OK &&
         rmt_enable(channel) == ESP_OK;
}

void led_start(void) {
  if (!start()) {
    ESP_LOGW("led", "the light failed to start; see menuconfig, Earshot board");
    encoder = NULL;
    return;
  }
  led_set(false);
}

void led_set(bool on) {
  /* Green, red, blue. Static, for the driver reads them while it sends. */
  static uint8_t colours[3];
  const rmt_transmit_config_t once = {.loop_count = 0};
  if (encoder == NULL) return;
  if (rmt_tx_wait_all_done(channel, 10) != ESP_OK) return;
  for (unsigned i = 0; i < 3; i++) colours[i] = on ? BRIGHTNESS : 0;
  (void)rmt_transmit(channel, encoder, colours, sizeof colours, &once);
}

#else

void led_start(void) {}

void led_set(bool on) {
  (void)on;
}

#endif
