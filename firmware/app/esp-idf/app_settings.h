/** Settings of the user: stored in NVS by the console; menuconfig has the defaults. */
#ifndef EARSHOT_APP_SETTINGS_H
#define EARSHOT_APP_SETTINGS_H

#include <stdbool.h>

/* Bytes, without the NUL. */
#define ES_SETTINGS_NAME 128
#define ES_SETTINGS_GROUP 32
#define ES_SETTINGS_JOIN_CODE 65
#define ES_SETTINGS_WIFI_NAME 32
#define ES_SETTINGS_WIFI_PASSWORD 64

typedef struct es_settings {
  char name[ES_SETTINGS_NAME + 1];
  char group[ES_SETTINGS_GROUP + 1];         /**< of the open group */
  char join_code[ES_SETTINGS_JOIN_CODE + 1]; /**< of the closed group, instead; empty: none */
  char wifi_name[ES_SETTINGS_WIFI_NAME + 1]; /**< empty: not set yet */
  char wifi_password[ES_SETTINGS_WIFI_PASSWORD + 1];
  bool
      group_is_lost; /**< NVS has a group or a join code, and cannot read it: no other one may take its place */
} es_settings;

/** Initialises NVS; call it first. False if it is unusable. */
bool es_settings_open(void);
void es_settings_load(es_settings *settings);

/* Each stores a setting for the next start; false if NVS failed. */
bool es_settings_set_name(const char *name);
bool es_settings_set_wifi(const char *name, const char *password);
/** Joins a closed group, or, without a code, an open one. */
bool es_settings_set_group(const char *open_group, const char *join_code);

#endif
