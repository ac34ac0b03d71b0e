/** An interface of lwIP whose cable is a TAP device of this machine. */
#ifndef EARSHOT_LWIP_TAP_H
#define EARSHOT_LWIP_TAP_H

#include <lwip/netif.h>
#include <stdint.h>

typedef struct tap_device {
  int device;
  uint8_t mac[6];
} tap_device;

/** Takes a TAP device, which is made where there is none. NULL, or a sentence about what went wrong. */
const char *tap_open(tap_device *tap, const char *name);
/** For netif_add, with a `tap_device` as state. Frames come in from a thread of its own. */
err_t tap_init(struct netif *netif);

#endif
