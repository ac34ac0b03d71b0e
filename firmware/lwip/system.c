/** Implements host/system.h on lwIP, with the files of this machine. */
#include "system.h"

#include <lwip/netif.h>
#include <lwip/stats.h>
#include <lwip/tcpip.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lw_port.h"
#include "tap.h"

/** Period of checking standard input: lwIP can wait for its own sockets only. */
#define LOOK_EVERY_MS 20
#define REJOIN_EVERY_MS 100000

/** The context of the board: the network of lwIP, which must be first; files and clocks of this machine. */
static struct {
  lw_port net;
  posix_port machine;
  earshot_port port;
  earshot_storage storage;
} board;

static tap_device device;
static struct netif netif;
static atomic_uint changes;

const char system_help[] =
    "  --interface NAME   TAP device, created if there is none (tap0)\n"
    "  --address IP/BITS  IPv4 address; without it, only IPv6\n"
    "  --mac ADDRESS      hardware address (random)\n";

/* Storage: each call is passed on to the POSIX port, with its context. */

static posix_port *machine(void) {
  return &board.machine;
}

static earshot_result get(void *context, const char *key, uint8_t *value, size_t capacity, size_t *length) {
  (void)context;
  return machine()->storage.get(machine(), key, value, capacity, length);
}

static earshot_result put(void *context, const char *key, const uint8_t *value, size_t length) {
  (void)context;
  return machine()->storage.put(machine(), key, value, length);
}

static earshot_result file_write(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                                 size_t length) {
  (void)context;
  return machine()->storage.file_write(machine(), name, offset, bytes, length);
}

static earshot_result file_finish(void *context, const char *name, const char *final_name) {
  (void)context;
  return machine()->storage.file_finish(machine(), name, final_name);
}

static earshot_result file_size(void *context, const char *name, uint64_t *size) {
  (void)context;
  return machine()->storage.file_size(machine(), name, size);
}

static earshot_result file_read(void *context, const char *name, uint64_t offset, uint8_t *bytes,
                                size_t length, size_t *got) {
  (void)context;
  return machine()->storage.file_read(machine(), name, offset, bytes, length, got);
}

static void file_remove(void *context, const char *name) {
  (void)context;
  machine()->storage.file_remove(machine(), name);
}

static void log_line(void *context, earshot_level level, const char *text) {
  (void)context;
  machine()->port.log(machine(), level, text);
}

/* The interface. */

typedef struct wanted {
  ip4_addr_t address;
  ip4_addr_t mask;
  sys_sem_t ready;
} wanted;

static bool read_address(const char *text, wanted *to) {
  unsigned n[4];
  unsigned bits;
  char rest;
  /* NOLINTNEXTLINE(cert-err34-c): the widths bound the numbers. */
  if (sscanf(text, "%3u.%3u.%3u.%3u/%2u%c", &n[0], &n[1], &n[2], &n[3], &bits, &rest) != 5) return false;
  if (n[0] > 255 || n[1] > 255 || n[2] > 255 || n[3] > 255 || bits < 1 || bits > 32) return false;
  IP4_ADDR(&to->address, (u8_t)n[0], (u8_t)n[1], (u8_t)n[2], (u8_t)n[3]);
  to->mask.addr = lwip_htonl((u32_t)(UINT32_MAX << (32 - bits)));
  return true;
}

static bool read_mac(const char *text, uint8_t mac[6]) {
  if (text == NULL) {
    bool random = getrandom(mac, 6, 0) == 6;
    mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02); /* local, and of one station */
    return random;
  }
  char rest;
  /* NOLINTNEXTLINE(cert-err34-c): the widths bound the numbers. */
  return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
                &mac[5], &rest) == 6;
}

static void address_changed(struct netif *of, netif_nsc_reason_t reason,
                            const netif_ext_callback_args_t *what) {
  (void)of;
  (void)reason;
  (void)what;
  atomic_fetch_add(&changes, 1);
}

/** Runs in the task of lwIP. */
static void begin(void *context) {
  static netif_ext_callback_t watch;
  wanted *w = context;
  netif_add_ext_callback(&watch, address_changed);
  netif_add(&netif, &w->address, &w->mask, IP4_ADDR_ANY4, &device, tap_init, tcpip_input);
  netif_create_ip6_linklocal_address(&netif, 1);
  netif_set_default(&netif);
  netif_set_link_up(&netif);
  netif_set_up(&netif);
  sys_sem_signal(&w->ready);
}

static const char *open_network(const board_options *options) {
  wanted w = {0};
  const char *name = options->port.interface_count > 0 ? options->interfaces[0] : "tap0";
  if (options->port.interface_count > 1) return "only one interface is possible";
  if (options->port.tcp_port != LW_PORT_TCP) return "the TCP port is always 3333";
  if (options->address != NULL && !read_address(options->address, &w))
    return "invalid --address: expected an IPv4 address and bits, such as 10.0.0.7/24";
  if (!read_mac(options->mac, device.mac)) return "invalid --mac: expected one such as 02:00:00:00:00:07";
  const char *problem = tap_open(&device, name);
  if (problem != NULL) return problem;
  if (sys_sem_new(&w.ready, 0) != ERR_OK) return "out of memory";
  tcpip_init(begin, &w);
  sys_arch_sem_wait(&w.ready, 0);
  sys_sem_free(&w.ready);
  return lw_port_open(&board.net) ? NULL : "lwIP has no sockets";
}

const char *system_open(const board_options *options, const earshot_port **opened) {
  const char *problem = posix_machine_open(machine(), &options->port);
  if (problem == NULL) problem = open_network(options);
  board.port = machine()->port;
  lw_port_fill(&board.net, &board.port);
  board.port.log = log_line;
  if (machine()->port.storage != NULL) {
    board.storage = (earshot_storage){get, put, file_write, file_finish, file_size, file_read, file_remove};
    board.port.storage = &board.storage;
  }
  *opened = &board.port;
  return problem;
}

void system_close(void) {
  char text[64];
  lw_port_close(&board.net);
  snprintf(text, sizeof text, "lwIP had %lu bytes of its heap in use at most",
           (unsigned long)lwip_stats.mem.max);
  log_line(NULL, EARSHOT_DEBUG, text);
}

bool system_wait(uint32_t ms, bool input) {
  struct pollfd line = {.fd = 0, .events = POLLIN};
  if (input && poll(&line, 1, 0) > 0) return true;
  lw_port_wait(&board.net, input && ms > LOOK_EVERY_MS ? LOOK_EVERY_MS : ms);
  return input && poll(&line, 1, 0) > 0;
}

bool system_network_changed(void) {
  static unsigned seen;
  static earshot_ms rejoin_at;
  unsigned now_seen = atomic_load(&changes);
  earshot_ms time = machine()->port.now(machine());
  bool changed = now_seen != seen;
  if (!changed && time < rejoin_at) return false;
  lw_port_join(&board.net, netif_get_index(&netif));
  rejoin_at = time + REJOIN_EVERY_MS;
  seen = now_seen;
  return changed;
}
