#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MTU 1500
#define FRAME_BYTES (MTU + 14)
/** Received frames that lwIP has not freed: as many as ESP-IDF's driver has buffers. */
#define FRAMES_HELD 32

typedef struct frame {
  struct pbuf_custom pbuf; /* first: lwIP frees it by its address */
  atomic_bool used;
  uint8_t bytes[FRAME_BYTES];
} frame;

static frame frames[FRAMES_HELD];

const char *tap_open(tap_device *tap, const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  if (strlen(name) >= sizeof request.ifr_name) return "the name of a TAP device has at most 15 bytes";
  strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  tap->device = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (tap->device < 0) return "cannot open /dev/net/tun: run it as root";
  if (ioctl(tap->device, TUNSETIFF, &request) == 0) return NULL;
  bool forbidden = errno == EPERM;
  close(tap->device);
  return forbidden ? "cannot use a TAP device: run it as root"
                   : "there is no such TAP device, or another program is using it";
}

static err_t put(struct netif *netif, struct pbuf *pbuf) {
  const tap_device *tap = netif->state;
  uint8_t bytes[FRAME_BYTES];
  if (pbuf->tot_len > sizeof bytes) return ERR_BUF;
  u16_t length = pbuf_copy_partial(pbuf, bytes, pbuf->tot_len, 0);
  /* A frame that the device does not accept is lost, as on the air. */
  return write(tap->device, bytes, length) == (ssize_t)length ? ERR_OK : ERR_IF;
}

static void give_back(struct pbuf *pbuf) {
  atomic_store(&((frame *)(void *)pbuf)->used, false);
}

static frame *free_frame(void) {
  for (unsigned i = 0; i < FRAMES_HELD; i++) {
    if (!atomic_exchange(&frames[i].used, true)) return &frames[i];
  }
  return NULL;
}

/** Reads frames for ever; drops those without a free buffer. */
static void receive(void *context) {
  struct netif *netif = context;
  const tap_device *tap = netif->state;
  static uint8_t dropped[FRAME_BYTES];
  for (;;) {
    frame *into = free_frame();
    ssize_t got = read(tap->device, into != NULL ? into->bytes : dropped, FRAME_BYTES);
    if (into == NULL) continue;
    struct pbuf *pbuf = NULL;
    if (got > 0) {
      into->pbuf.custom_free_function = give_back;
      pbuf = pbuf_alloced_custom(PBUF_RAW, (u16_t)got, PBUF_REF, &into->pbuf, into->bytes, FRAME_BYTES);
    }
    if (pbuf == NULL) atomic_store(&into->used, false);
    else if (netif->input(pbuf, netif) != ERR_OK) pbuf_free(pbuf);
    /* The device may be down: try again. */
    if (got < 0) usleep(1000);
  }
}

err_t tap_init(struct netif *netif) {
  const tap_device *tap = netif->state;
  netif->name[0] = 't';
  netif->name[1] = 'p';
  netif->mtu = MTU;
  netif->hwaddr_len = sizeof tap->mac;
  memcpy(netif->hwaddr, tap->mac, sizeof tap->mac);
  netif->flags =
      NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
  netif->output = etharp_output;
  netif->output_ip6 = ethip6_output;
  netif->linkoutput = put;
  (void)sys_thread_new("tap", receive, netif, 0, 0);
  return ERR_OK;
}
