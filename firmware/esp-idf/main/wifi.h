/** The station: joins a Wi-Fi network, and joins it again whenever it was lost. */
#ifndef BOARD_WIFI_H
#define BOARD_WIFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"

/** Starts the radio, and joins the network that the settings name, where they name one. Once; it copies what it needs. */
void wifi_start(const board_settings *settings);

/** Whether the radio runs, and so feeds the random number generator. */
bool wifi_radio_is_on(void);
/** Whether there is an address to be reached at. */
bool wifi_is_up(void);
/** A number that is another one each time that an address came or went. */
uint32_t wifi_changes(void);
/** lwIP's number for the interface. */
uint32_t wifi_link(void);

/** Strength of the access point's signal, dBm; 0 where there is none. */
int wifi_rssi(void);
/** The IPv4 address as text, or `no address`. */
void wifi_address(char *text, size_t capacity);

#endif
