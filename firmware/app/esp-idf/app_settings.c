#include "app_settings.h"

#include <esp_log.h>
#include <esp_mac.h>
#include <nvs.h>
#include <nvs_flash.h>
#include <sdkconfig.h>
#include <stdio.h>
#include <string.h>

#define NAMESPACE "board"
#define NAME "name"
#define GROUP "group"
#define JOIN_CODE "join-code"
#define WIFI_NAME "wifi-name"
#define WIFI_PASSWORD "wifi-password"

bool es_settings_open(void) {
  esp_err_t error = nvs_flash_init();
  /* The NVS of another program, or of another version: erase it. Do not erase for any other error. */
  if (error == ESP_ERR_NVS_NO_FREE_PAGES || error == ESP_ERR_NVS_NEW_VERSION_FOUND) {
    ESP_LOGW("settings", "NVS is of another version and is erased");
    error = nvs_flash_erase();
    if (error == ESP_OK) error = nvs_flash_init();
  }
  return error == ESP_OK;
}

/** Reads a setting; if that cannot be, takes the default, and returns false unless nothing was set. */
static bool load(nvs_handle_t handle, const char *key, const char *otherwise, char *value, size_t capacity) {
  size_t length = capacity;
  esp_err_t error = handle != 0 ? nvs_get_str(handle, key, value, &length) : ESP_ERR_NVS_NOT_FOUND;
  if (error == ESP_OK) return true;
  snprintf(value, capacity, "%s", otherwise);
  return error == ESP_ERR_NVS_NOT_FOUND;
}

static void name_after_mac(char *name, size_t capacity) {
  uint8_t mac[6] = {0};
  (void)esp_read_mac(mac, ESP_MAC_WIFI_STA);
  snprintf(name, capacity, "board-%02x%02x", mac[4], mac[5]);
}

void es_settings_load(es_settings *settings) {
  nvs_handle_t handle;
  esp_err_t error = nvs_open(NAMESPACE, NVS_READONLY, &handle);
  if (error != ESP_OK) handle = 0;
  (void)load(handle, NAME, CONFIG_EARSHOT_NAME, settings->name, sizeof settings->name);
  bool group = load(handle, GROUP, CONFIG_EARSHOT_GROUP, settings->group, sizeof settings->group);
  bool code =
      load(handle, JOIN_CODE, CONFIG_EARSHOT_JOIN_CODE, settings->join_code, sizeof settings->join_code);
  /* A board of a closed group must not show up in an open one. With a join code, no other group matters. */
  bool known = code && (group || settings->join_code[0] != '\0');
  settings->group_is_lost = !known || (error != ESP_OK && error != ESP_ERR_NVS_NOT_FOUND);
  (void)load(handle, WIFI_NAME, CONFIG_EARSHOT_WIFI_NAME, settings->wifi_name, sizeof settings->wifi_name);
  (void)load(handle, WIFI_PASSWORD, CONFIG_EARSHOT_WIFI_PASSWORD, settings->wifi_password,
             sizeof settings->wifi_password);
  if (handle != 0) nvs_close(handle);
  if (settings->name[0] == '\0') name_after_mac(settings->name, sizeof settings->name);
}

static bool store(const char *key, const char *value) {
  nvs_handle_t handle;
  if (nvs_open(NAMESPACE, NVS_READWRITE, &handle) != ESP_OK) return false;
  bool stored = nvs_set_str(handle, key, value) == ESP_OK && nvs_commit(handle) == ESP_OK;
  nvs_close(handle);
  return stored;
}

bool es_settings_set_name(const char *name) {
  return store(NAME, name);
}

bool es_settings_set_wifi(const char *name, const char *password) {
  return store(WIFI_PASSWORD, password) && store(WIFI_NAME, name);
}

bool es_settings_set_group(const char *open_group, const char *join_code) {
  /* The name first: after a power cut in between, the board is still in its closed group, not in an open one. */
  if (join_code != NULL) return store(JOIN_CODE, join_code);
  return store(GROUP, open_group) && store(JOIN_CODE, "");
}
