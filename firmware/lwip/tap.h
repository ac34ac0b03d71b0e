/** An interface of lwIP on a TAP device of this machine. */
#ifndef EARSHOT_LWIP_TAP_H
#define EARSHOT_LWIP_TAP_H

#include <lwip/netif.h>
#include <stdint.h>

typedef struct tap_device {
  int device;
  uint8_t mac[6];
} tap_device;

/** Opens a TAP device, and creates it if there is none. Returns NULL, or an error message. */
const char *tap_open(tap_device *tap, const char *name);
/** Function for netif_add, with a `tap_device` as state. A thread of its own reads frames. */
err_t tap_init(struct netif *netif);

#endif
