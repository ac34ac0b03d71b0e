/** Settings of the user: stored in NVS by the console; menuconfig has the defaults. */
#ifndef BOARD_SETTINGS_H
#define BOARD_SETTINGS_H

#include <stdbool.h>

/* Bytes, without the NUL. */
#define SETTINGS_NAME 128
#define SETTINGS_GROUP 32
#define SETTINGS_JOIN_CODE 65
#define SETTINGS_WIFI_NAME 32
#define SETTINGS_WIFI_PASSWORD 64

typedef struct board_settings {
  char name[SETTINGS_NAME + 1];
  char group[SETTINGS_GROUP + 1];         /**< of the open group */
  char join_code[SETTINGS_JOIN_CODE + 1]; /**< of the closed group, instead; empty: none */
  char wifi_name[SETTINGS_WIFI_NAME + 1]; /**< empty: not set yet */
  char wifi_password[SETTINGS_WIFI_PASSWORD + 1];
} board_settings;

/** Initialises NVS; call it first. False if it is unusable. */
bool settings_open(void);
void settings_load(board_settings *settings);

/* Each stores a setting for the next start; false if NVS failed. */
bool settings_set_name(const char *name);
bool settings_set_wifi(const char *name, const char *password);
/** Joins a closed group, or, without a code, an open one. */
bool settings_set_group(const char *open_group, const char *join_code);

#endif
