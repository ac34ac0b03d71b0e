/** The Wi-Fi station: joins a network, and joins it again whenever it is lost. */
#ifndef EARSHOT_APP_WIFI_H
#define EARSHOT_APP_WIFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app_settings.h"

/** Starts the radio, and joins the network of the settings, if there is one. Call it once; it copies the settings. */
void es_wifi_start(const es_settings *settings);

/** True if the radio is on, and so feeds the random number generator. */
bool es_wifi_radio_is_on(void);
/** True if the board has an address. */
bool es_wifi_is_up(void);
/** A number that changes each time an address comes or goes. */
uint32_t es_wifi_changes(void);
/** Number of the interface in lwIP. */
uint32_t es_wifi_link(void);

/** Signal strength of the access point, dBm; 0 if there is none. */
int es_wifi_rssi(void);
/** The IPv4 address as text, or `no address`. */
void es_wifi_address(char *text, size_t capacity);

#endif
