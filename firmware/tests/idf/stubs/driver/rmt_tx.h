#pragma once
#include <stddef.h>
#include <stdint.h>

#include "driver/gpio.h"
#include "driver/rmt_encoder.h"

typedef struct rmt_channel_t *rmt_channel_handle_t;
typedef int rmt_clock_source_t;
#define RMT_CLK_SRC_DEFAULT 4

typedef struct {
  gpio_num_t gpio_num;
  rmt_clock_source_t clk_src;
  uint32_t resolution_hz;
  size_t mem_block_symbols;
  size_t trans_queue_depth;
  int intr_priority;
} rmt_tx_channel_config_t;

typedef struct {
  int loop_count;
} rmt_transmit_config_t;

esp_err_t rmt_new_tx_channel(const rmt_tx_channel_config_t *config, rmt_channel_handle_t *ret_chan);
esp_err_t rmt_transmit(rmt_channel_handle_t tx_channel, rmt_encoder_handle_t encoder, const void *payload,
                       size_t payload_bytes, const rmt_transmit_config_t *config);
esp_err_t rmt_tx_wait_all_done(rmt_channel_handle_t tx_channel, int timeout_ms);
/* Of rmt_common.h. */
esp_err_t rmt_enable(rmt_channel_handle_t channel);
