#include "fakes.h"

#include <errno.h>
#include <esp_littlefs.h>
#include <esp_log.h>
#include <esp_mac.h>
#include <esp_random.h>
#include <esp_task_wdt.h>
#include <esp_timer.h>
#include <fcntl.h>
#include <freertos/task.h>
#include <nvs.h>
#include <nvs_flash.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 32
#define VALUE 8192

typedef struct entry {
  unsigned namespace; /* 0: free */
  char key[16];
  unsigned char value[VALUE];
  size_t length;
} entry;

fakes fake;
static entry entries[ENTRIES];
static char namespaces[4][16];
#define HANDLES 64
static bool open_files[HANDLES];
static bool written_files[HANDLES];

void fakes_reset(void) {
  fakes_power_off();
  memset(&fake, 0, sizeof fake);
  memset(entries, 0, sizeof entries);
  fake.room = 1 << 20;
  fake.radio_is_on = true;
  if (system("rm -rf " ESP_IDF_INBOX " && mkdir -p " ESP_IDF_INBOX) != 0) abort();
}

bool fake_radio_is_on(void) {
  return fake.radio_is_on;
}

/* NVS. A handle is a namespace. */

esp_err_t nvs_flash_init(void) {
  return fake.nvs_lost ? ESP_ERR_NVS_NEW_VERSION_FOUND : ESP_OK;
}

esp_err_t nvs_flash_erase(void) {
  fake.nvs_lost = false;
  memset(entries, 0, sizeof entries);
  return ESP_OK;
}

esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t open_mode, nvs_handle_t *out_handle) {
  (void)open_mode;
  for (unsigned i = 0; i < 4; i++) {
    if (namespaces[i][0] == '\0') snprintf(namespaces[i], sizeof namespaces[i], "%s", namespace_name);
    if (strcmp(namespaces[i], namespace_name) != 0) continue;
    *out_handle = i + 1;
    return ESP_OK;
  }
  return ESP_FAIL;
}

void nvs_close(nvs_handle_t handle) {
  (void)handle;
}

static entry *find(nvs_handle_t handle, const char *key) {
  /* As the real one: a longer key is refused. */
  if (strlen(key) > 15) abort();
  for (unsigned i = 0; i < ENTRIES; i++) {
    if (entries[i].namespace == handle && strcmp(entries[i].key, key) == 0) return &entries[i];
  }
  return NULL;
}

bool fake_nvs_has(const char *key) {
  for (unsigned i = 0; i < ENTRIES; i++) {
    if (entries[i].namespace != 0 && strcmp(entries[i].key, key) == 0) return true;
  }
  return false;
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out_value, size_t *length) {
  const entry *found = find(handle, key);
  if (found == NULL) return ESP_ERR_NVS_NOT_FOUND;
  if (fake.nvs_damaged != NULL && strcmp(key, fake.nvs_damaged) == 0) return ESP_FAIL;
  if (found->length > *length) return ESP_ERR_NVS_INVALID_LENGTH;
  memcpy(out_value, found->value, found->length);
  *length = found->length;
  return ESP_OK;
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length) {
  if (fake.nvs_is_full || length > VALUE) return ESP_FAIL;
  entry *place = find(handle, key);
  for (unsigned i = 0; i < ENTRIES && place == NULL; i++) {
    if (entries[i].namespace == 0) place = &entries[i];
  }
  if (place == NULL) return ESP_FAIL;
  place->namespace = handle;
  snprintf(place->key, sizeof place->key, "%s", key);
  memcpy(place->value, value, length);
  place->length = length;
  return ESP_OK;
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out_value, size_t *length) {
  return nvs_get_blob(handle, key, out_value, length);
}

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value) {
  return nvs_set_blob(handle, key, value, strlen(value) + 1);
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key) {
  entry *found = find(handle, key);
  if (found == NULL) return ESP_ERR_NVS_NOT_FOUND;
  memset(found, 0, sizeof *found);
  return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle) {
  (void)handle;
  fake.nvs_commits++;
  return ESP_OK;
}

/* LittleFS: this machine's files, through the linker's --wrap. */

esp_err_t esp_vfs_littlefs_register(const esp_vfs_littlefs_conf_t *conf) {
  (void)conf;
  return fake.mount_fails ? ESP_FAIL : ESP_OK;
}

esp_err_t esp_littlefs_info(const char *partition_label, size_t *total_bytes, size_t *used_bytes) {
  (void)partition_label;
  if (fake.mount_fails) return ESP_FAIL;
  *total_bytes = 1 << 21;
  *used_bytes = fake.room < *total_bytes ? *total_bytes - fake.room : 0;
  return ESP_OK;
}

int __real_open(const char *path, int flags, int mode);
int __wrap_open(const char *path, int flags, int mode);
int __wrap_open(const char *path, int flags, int mode) {
  int handle = __real_open(path, flags, mode);
  if (handle < 0) return handle;
  fake.opens++;
  fake.open_now++;
  if (handle >= HANDLES) abort();
  open_files[handle] = true;
  written_files[handle] = (flags & O_ACCMODE) != O_RDONLY;
  return handle;
}

int __real_close(int handle);
int __wrap_close(int handle);
int __wrap_close(int handle) {
  if (handle < 0 || handle >= HANDLES) abort();
  bool lost = fake.close_fails && written_files[handle];
  fake.open_now--;
  open_files[handle] = written_files[handle] = false;
  if (lost && ftruncate(handle, 0) != 0) abort();
  int result = __real_close(handle);
  if (lost) errno = ENOSPC;
  return lost ? -1 : result;
}

void fakes_power_off(void) {
  for (int i = 0; i < HANDLES; i++) {
    if (open_files[i] && __real_close(i) != 0) abort();
    open_files[i] = written_files[i] = false;
  }
  fake.open_now = 0;
}

ssize_t __real_write(int handle, const void *bytes, size_t length);
ssize_t __wrap_write(int handle, const void *bytes, size_t length);
ssize_t __wrap_write(int handle, const void *bytes, size_t length) {
  if (length > fake.room) {
    errno = ENOSPC;
    return -1;
  }
  fake.room -= length;
  return __real_write(handle, bytes, length);
}

/** True if a handle is of this file, by its path on this machine. */
static bool is_of(unsigned handle, const char *name) {
  char link[32];
  char path[256] = "";
  snprintf(link, sizeof link, "/proc/self/fd/%u", handle);
  if (readlink(link, path, sizeof path - 1) < 0) return false;
  size_t length = strlen(path);
  return length >= strlen(name) && strcmp(path + length - strlen(name), name) == 0;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to) {
  for (unsigned i = 0; i < HANDLES; i++) fake.renamed_open += written_files[i] && is_of(i, from);
  return __real_rename(from, to);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path) {
  bool is_open = false;
  for (unsigned i = 0; i < HANDLES; i++) is_open = is_open || (open_files[i] && is_of(i, path));
  fake.removed_open += is_open;
  if (!is_open && !fake.remove_fails) return __real_unlink(path);
  errno = is_open ? EBUSY : EIO;
  return -1;
}

/* The rest. */

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...) {
  (void)level;
  (void)tag;
  (void)format;
}

esp_err_t esp_read_mac(uint8_t *mac, esp_mac_type_t type) {
  (void)type;
  for (unsigned i = 0; i < 6; i++) mac[i] = (uint8_t)(0xa0 + i);
  return ESP_OK;
}

void esp_fill_random(void *buf, size_t len) {
  memset(buf, 7, len);
}

int64_t esp_timer_get_time(void) {
  static int64_t time;
  return time += 1000;
}

esp_err_t esp_task_wdt_reset(void) {
  return ESP_OK;
}

void vTaskDelay(const TickType_t xTicksToDelay) {
  fake.delays += xTicksToDelay;
  /* Somebody waited for the radio. */
  fake.radio_is_on = true;
}
