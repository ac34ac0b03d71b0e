/** Datagrams: for each family a socket on port 3333, which joins the multicast group, and one on a port of our own. */
#include <lwip/sockets.h>
#include <string.h>

#include "lw_address.h"
#include "lw_port.h"

#define PORT 3333
static const uint8_t GROUP4[4] = {239, 255, 83, 72};
static const uint8_t GROUP6[16] = {0xff, 0x12, [12] = 0xea, 0x25, 0x53, 0x48};

static uint8_t family_of(unsigned i) {
  return i == 0 ? 4 : 6;
}

static void set(int socket, int level, int option, int value) {
  /* No option set here is essential, and some builds of lwIP lack some. */
  (void)lwip_setsockopt(socket, level, option, &value, sizeof value);
}

static int open_on(uint8_t family, uint16_t port) {
  int opened = lw_open_socket(family, SOCK_DGRAM);
  struct sockaddr_storage to;
  socklen_t length = lw_sockaddr(&(earshot_address){.family = family, .port = port}, &to);
  if (opened < 0) return -1;
  set(opened, SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == 6) set(opened, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (lwip_bind(opened, (struct sockaddr *)&to, length) == 0) return opened;
  lwip_close(opened);
  return -1;
}

/** Limits multicast to the link. lwIP takes one byte here in both families. */
static void keep_on_link(int socket, uint8_t family) {
  uint8_t hops = 1;
  if (family == 4) (void)lwip_setsockopt(socket, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops);
#ifdef IPV6_MULTICAST_HOPS
  else (void)lwip_setsockopt(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
#endif
}

bool lw_udp_open(lw_port *port) {
  bool any = false;
  for (unsigned i = 0; i < 2; i++) {
    port->shared[i] = open_on(family_of(i), PORT);
    port->own[i] = open_on(family_of(i), 0);
    if (port->own[i] >= 0) keep_on_link(port->own[i], family_of(i));
    any = any || (port->shared[i] >= 0 && port->own[i] >= 0);
  }
  return any;
}

static void close_one(int *socket) {
  if (*socket >= 0) lwip_close(*socket);
  *socket = -1;
}

void lw_udp_close(lw_port *port) {
  for (unsigned i = 0; i < 2; i++) {
    close_one(&port->shared[i]);
    close_one(&port->own[i]);
    port->joined[i] = 0;
  }
}

/**
 * Joins a group, or leaves it. IPv4 names the interface by its address, which may have changed since. The address "any"
 * works for both, for there is only one interface.
 */
static bool change_membership(int socket, uint8_t family, uint32_t link, bool join) {
  if (family == 4) {
    struct ip_mreq group = {.imr_interface = {0}};
    memcpy(&group.imr_multiaddr, GROUP4, sizeof GROUP4);
    int option = join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP;
    return lwip_setsockopt(socket, IPPROTO_IP, option, &group, sizeof group) == 0;
  }
  struct ipv6_mreq group = {.ipv6mr_interface = link};
  memcpy(&group.ipv6mr_multiaddr, GROUP6, sizeof GROUP6);
  int option = join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP;
  return lwip_setsockopt(socket, IPPROTO_IPV6, option, &group, sizeof group) == 0;
}

void lw_port_join(lw_port *port, uint32_t link) {
  port->link = link;
  for (unsigned i = 0; i < 2; i++) {
    if (port->shared[i] < 0) continue;
    /* lwIP reports a membership to the network only if it is new: leave first. */
    if (port->joined[i] != 0) (void)change_membership(port->shared[i], family_of(i), port->joined[i], false);
    port->joined[i] = change_membership(port->shared[i], family_of(i), link, true) ? link : 0;
  }
}

static void send_through(int socket, const earshot_address *to, const uint8_t *data, size_t length) {
  struct sockaddr_storage address;
  socklen_t size = lw_sockaddr(to, &address);
  if (socket >= 0) (void)lwip_sendto(socket, data, length, 0, (struct sockaddr *)&address, size);
}

void lw_udp_send(void *context, const earshot_address *to, const uint8_t *data, size_t length) {
  const lw_port *port = context;
  if (to != NULL) {
    send_through(port->own[to->family == 4 ? 0 : 1], to, data, length);
    return;
  }
  for (unsigned i = 0; i < 2; i++) {
    earshot_address group = {.family = family_of(i), .port = PORT, .link = port->link};
    memcpy(group.ip, i == 0 ? GROUP4 : GROUP6, i == 0 ? sizeof GROUP4 : sizeof GROUP6);
    send_through(port->own[i], &group, data, length);
  }
}

static earshot_result receive_from(const lw_port *port, int socket, uint8_t *data, size_t capacity,
                                   size_t *length, earshot_address *from) {
  struct sockaddr_storage sender;
  struct iovec piece = {.iov_base = data, .iov_len = capacity};
  struct msghdr message = {
      .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &piece, .msg_iovlen = 1};
  if (socket < 0) return EARSHOT_AGAIN;
  /* recvmsg returns the full length of a datagram that is too long; recvfrom the bytes that fitted. */
  ssize_t got = lwip_recvmsg(socket, &message, 0);
  if (got < 0) return EARSHOT_AGAIN;
  *length = (size_t)got;
  lw_address(&sender, from);
  from->link = port->link;
  return EARSHOT_OK;
}

earshot_result lw_udp_receive(void *context, uint8_t *data, size_t capacity, size_t *length,
                              earshot_address *from, bool *own) {
  lw_port *port = context;
  /* Round robin, so that no socket starves. */
  for (unsigned i = 0; i < 4; i++) {
    unsigned at = port->next++ % 4;
    *own = at >= 2;
    int socket = *own ? port->own[at - 2] : port->shared[at];
    earshot_result result = receive_from(port, socket, data, capacity, length, from);
    if (result == EARSHOT_OK) return EARSHOT_OK;
  }
  return EARSHOT_AGAIN;
}
