#include "fake_wifi.h"

#include <esp_netif.h>
#include <esp_timer.h>
#include <esp_wifi.h>
#include <string.h>

esp_event_base_t const WIFI_EVENT = "WIFI_EVENT";
esp_event_base_t const IP_EVENT = "IP_EVENT";

fake_wifi radio;
static esp_timer_cb_t on_retry;
/* The first is for the radio, the second for addresses. */
static esp_event_handler_t handlers[2];

void fake_wifi_reset(void) {
  memset(&radio, 0, sizeof radio);
}

void fake_wifi_event(esp_event_base_t base, int32_t id, void *data) {
  handlers[base == WIFI_EVENT ? 0 : 1](NULL, base, id, data);
}

void fake_wifi_retry(void) {
  radio.retry_us = 0;
  on_retry(NULL);
}

esp_err_t esp_event_loop_create_default(void) {
  return ESP_OK;
}

esp_err_t esp_event_handler_register(esp_event_base_t event_base, int32_t event_id,
                                     esp_event_handler_t event_handler, void *event_handler_arg) {
  (void)event_id;
  (void)event_handler_arg;
  handlers[event_base == WIFI_EVENT ? 0 : 1] = event_handler;
  return ESP_OK;
}

esp_err_t esp_timer_create(const esp_timer_create_args_t *create_args, esp_timer_handle_t *out_handle) {
  on_retry = create_args->callback;
  *out_handle = NULL;
  return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout_us) {
  (void)timer;
  /* As the real one, which refuses a timer that runs. */
  if (radio.retry_us != 0) return ESP_FAIL;
  radio.retry_us = timeout_us;
  return ESP_OK;
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer) {
  (void)timer;
  bool ran = radio.retry_us != 0;
  radio.retry_us = 0;
  return ran ? ESP_OK : ESP_FAIL;
}

esp_err_t esp_netif_init(void) {
  return ESP_OK;
}

esp_netif_t *esp_netif_create_default_wifi_sta(void) {
  return NULL;
}

esp_err_t esp_netif_create_ip6_linklocal(esp_netif_t *esp_netif) {
  (void)esp_netif;
  radio.linklocals++;
  return ESP_OK;
}

esp_err_t esp_netif_get_ip_info(esp_netif_t *esp_netif, esp_netif_ip_info_t *ip_info) {
  (void)esp_netif;
  const uint8_t address[4] = {192, 168, 4, 2};
  memset(ip_info, 0, sizeof *ip_info);
  memcpy(&ip_info->ip, address, sizeof address);
  return ESP_OK;
}

int esp_netif_get_netif_impl_index(esp_netif_t *esp_netif) {
  (void)esp_netif;
  return 2;
}

esp_err_t esp_wifi_init(const wifi_init_config_t *config) {
  (void)config;
  return ESP_OK;
}

esp_err_t esp_wifi_set_mode(wifi_mode_t mode) {
  (void)mode;
  return ESP_OK;
}

esp_err_t esp_wifi_set_storage(wifi_storage_t storage) {
  (void)storage;
  return ESP_OK;
}

esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t *conf) {
  (void)interface;
  (void)conf;
  radio.configured++;
  return radio.refuses_config ? ESP_FAIL : ESP_OK;
}

esp_err_t esp_wifi_start(void) {
  radio.started = true;
  return ESP_OK;
}

esp_err_t esp_wifi_connect(void) {
  if (radio.refuses_connect) return ESP_FAIL;
  radio.connects++;
  return ESP_OK;
}

esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) {
  (void)type;
  return ESP_OK;
}

esp_err_t esp_wifi_sta_get_rssi(int *rssi) {
  *rssi = -50;
  return ESP_OK;
}
