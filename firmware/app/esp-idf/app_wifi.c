#include "app_wifi.h"

#include <esp_err.h>
#include <esp_event.h>
#include <esp_log.h>
#include <esp_netif.h>
#include <esp_timer.h>
#include <esp_wifi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char TAG[] = "wifi";

/** Pauses between two attempts to join; they double up to half a minute. */
#define RETRY_FIRST_MS 500u
#define RETRY_MOST_MS 30000u

static esp_netif_t *station;
static esp_timer_handle_t retry;
static bool wanted;
static unsigned failures; /* of the event task only */
static atomic_bool radio_on;
static atomic_bool has_address4;
static atomic_bool has_address6;
static atomic_uint changes;

static void connect(void *context) {
  (void)context;
  /* If it cannot even begin, for lack of memory for example, no event reports the failure. */
  if (esp_wifi_connect() != ESP_OK) (void)esp_timer_start_once(retry, (uint64_t)RETRY_MOST_MS * 1000);
}

/** Describes why joining failed, and hints at what to do. */
static const char *reason_of(uint8_t reason) {
  switch (reason) {
    case WIFI_REASON_NO_AP_FOUND:
    case WIFI_REASON_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD:
    case WIFI_REASON_NO_AP_FOUND_W_COMPATIBLE_SECURITY:
      return "no network of that name is in reach (a board has 2.4 GHz only)";
    case WIFI_REASON_AUTH_FAIL:
    case WIFI_REASON_4WAY_HANDSHAKE_TIMEOUT:
    case WIFI_REASON_HANDSHAKE_TIMEOUT: return "the password is wrong, or the access point does not answer";
    default: return "the network was lost";
  }
}

static void on_disconnected(const wifi_event_sta_disconnected_t *event) {
  uint32_t wait = RETRY_FIRST_MS << (failures < 6 ? failures : 6);
  if (wait > RETRY_MOST_MS) wait = RETRY_MOST_MS;
  if (failures < 6) ESP_LOGW(TAG, "%s (reason %u)", reason_of(event->reason), (unsigned)event->reason);
  failures++;
  atomic_store(&has_address4, false);
  atomic_store(&has_address6, false);
  atomic_fetch_add(&changes, 1);
  /* Not from here: joining again at once, for ever, would block all other events. */
  (void)esp_timer_stop(retry);
  (void)esp_timer_start_once(retry, (uint64_t)wait * 1000);
}

static void on_wifi(void *context, esp_event_base_t base, int32_t id, void *data) {
  (void)context;
  (void)base;
  if (id == WIFI_EVENT_STA_START) {
    atomic_store(&radio_on, true);
    if (wanted) connect(NULL);
  } else if (id == WIFI_EVENT_STA_CONNECTED) {
    (void)esp_timer_stop(retry);
    /* ESP-IDF does not start IPv6 by itself. */
    (void)esp_netif_create_ip6_linklocal(station);
  } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
    on_disconnected(data);
  }
}

static void on_ip(void *context, esp_event_base_t base, int32_t id, void *data) {
  (void)context;
  (void)base;
  (void)data;
  if (id == IP_EVENT_STA_GOT_IP) {
    char address[16];
    failures = 0;
    atomic_store(&has_address4, true);
    es_wifi_address(address, sizeof address);
    ESP_LOGI(TAG, "reached at %s", address);
  } else if (id == IP_EVENT_GOT_IP6) {
    failures = 0;
    atomic_store(&has_address6, true);
  } else if (id == IP_EVENT_STA_LOST_IP) {
    atomic_store(&has_address4, false);
  } else {
    return;
  }
  atomic_fetch_add(&changes, 1);
}

/** Configures the network; false if the driver rejects its name or password. */
static bool configure(const es_settings *settings) {
  wifi_config_t config = {.sta = {.scan_method = WIFI_ALL_CHANNEL_SCAN,
                                  .sort_method = WIFI_CONNECT_AP_BY_SIGNAL,
                                  .sae_pwe_h2e = WPA3_SAE_PWE_BOTH}};
  /* The driver's fields need no NUL if they are full. */
  memcpy(config.sta.ssid, settings->wifi_name, strlen(settings->wifi_name));
  memcpy(config.sta.password, settings->wifi_password, strlen(settings->wifi_password));
  return esp_wifi_set_config(WIFI_IF_STA, &config) == ESP_OK;
}

void es_wifi_start(const es_settings *settings) {
  const wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
  const esp_timer_create_args_t timer = {.callback = connect, .name = "wifi-retry"};
  wanted = settings->wifi_name[0] != '\0';
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  station = esp_netif_create_default_wifi_sta();
  ESP_ERROR_CHECK(esp_timer_create(&timer, &retry));
  ESP_ERROR_CHECK(esp_wifi_init(&init));
  ESP_ERROR_CHECK(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL));
  ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, on_ip, NULL));
  /* The settings are stored by settings.c, not by the driver. */
  ESP_ERROR_CHECK(esp_wifi_set_storage(WIFI_STORAGE_RAM));
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  if (wanted && !configure(settings)) {
    /* Do not abort: the user corrects it at the console. */
    ESP_LOGE(TAG, "invalid name or password of the network; set them again with `wifi`");
    wanted = false;
  }
  ESP_ERROR_CHECK(esp_wifi_start());
  /* A radio that sleeps between beacons misses multicast, and peers would not find the board. */
  ESP_ERROR_CHECK(esp_wifi_set_ps(WIFI_PS_NONE));
}

bool es_wifi_radio_is_on(void) {
  return atomic_load(&radio_on);
}

bool es_wifi_is_up(void) {
  return atomic_load(&has_address4) || atomic_load(&has_address6);
}

uint32_t es_wifi_changes(void) {
  return (uint32_t)atomic_load(&changes);
}

uint32_t es_wifi_link(void) {
  int index = esp_netif_get_netif_impl_index(station);
  return index > 0 ? (uint32_t)index : 0;
}

int es_wifi_rssi(void) {
  int rssi = 0;
  return esp_wifi_sta_get_rssi(&rssi) == ESP_OK ? rssi : 0;
}

void es_wifi_address(char *text, size_t capacity) {
  esp_netif_ip_info_t info;
  if (esp_netif_get_ip_info(station, &info) != ESP_OK || info.ip.addr == 0) {
    snprintf(text, capacity, "no address");
    return;
  }
  /* In network order, whatever the machine's is. */
  const uint8_t *bytes = (const uint8_t *)&info.ip.addr;
  snprintf(text, capacity, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}
