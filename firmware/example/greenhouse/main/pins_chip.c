/** A TMP36 at channel 0 of ADC 1, a capacitive soil sensor at channel 3, a relay at GPIO 5. */
#include <driver/gpio.h>
#include <esp_adc/adc_oneshot.h>

#include "pins.h"

#define CELSIUS ADC_CHANNEL_0
#define SOIL ADC_CHANNEL_3
#define RELAY GPIO_NUM_5

static adc_oneshot_unit_handle_t adc;

void pins_start(void) {
  const adc_oneshot_unit_init_cfg_t unit = {.unit_id = ADC_UNIT_1};
  const adc_oneshot_chan_cfg_t channel = {.atten = ADC_ATTEN_DB_12, .bitwidth = ADC_BITWIDTH_DEFAULT};
  (void)gpio_reset_pin(RELAY);
  (void)gpio_set_direction(RELAY, GPIO_MODE_OUTPUT);
  if (adc_oneshot_new_unit(&unit, &adc) != ESP_OK) return;
  (void)adc_oneshot_config_channel(adc, CELSIUS, &channel);
  (void)adc_oneshot_config_channel(adc, SOIL, &channel);
}

/** Volts at a channel, near enough for a garden. */
static double volts(adc_channel_t channel) {
  int raw = 0;
  if (adc != NULL) (void)adc_oneshot_read(adc, channel, &raw);
  return raw * 3.1 / 4095;
}

double pins_celsius(void) {
  return (volts(CELSIUS) - 0.5) * 100;
}

double pins_soil(void) {
  /* 2.8 V in dry air, 1.2 V in water. */
  double percent = (2.8 - volts(SOIL)) / (2.8 - 1.2) * 100;
  return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

void pins_water(bool on) {
  (void)gpio_set_level(RELAY, on);
}
