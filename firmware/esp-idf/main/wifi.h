/** The Wi-Fi station: joins a network, and joins it again whenever it is lost. */
#ifndef BOARD_WIFI_H
#define BOARD_WIFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"

/** Starts the radio, and joins the network of the settings, if there is one. Call it once; it copies the settings. */
void wifi_start(const board_settings *settings);

/** True if the radio is on, and so feeds the random number generator. */
bool wifi_radio_is_on(void);
/** True if the board has an address. */
bool wifi_is_up(void);
/** A number that changes each time an address comes or goes. */
uint32_t wifi_changes(void);
/** Number of the interface in lwIP. */
uint32_t wifi_link(void);

/** Signal strength of the access point, dBm; 0 if there is none. */
int wifi_rssi(void);
/** The IPv4 address as text, or `no address`. */
void wifi_address(char *text, size_t capacity);

#endif
