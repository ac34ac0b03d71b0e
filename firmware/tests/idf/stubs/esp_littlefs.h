#pragma once
/* Of the component joltwallet/littlefs 1.20. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

typedef struct esp_partition_t esp_partition_t;

typedef struct {
  const char *base_path;
  const char *partition_label;
  const esp_partition_t *partition;
  uint8_t format_if_mount_failed : 1;
  uint8_t read_only : 1;
  uint8_t dont_mount : 1;
  uint8_t grow_on_mount : 1;
} esp_vfs_littlefs_conf_t;

esp_err_t esp_vfs_littlefs_register(const esp_vfs_littlefs_conf_t *conf);
esp_err_t esp_littlefs_info(const char *partition_label, size_t *total_bytes, size_t *used_bytes);
