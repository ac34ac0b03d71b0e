/** Datagrams: a socket on port 3333 for each family, and one on a port of our own for each link. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "posix_address.h"
#include "posix_port.h"

#define PORT 3333
/** Most datagrams of other interfaces dropped in one call. */
#define FOREIGN_AT_ONCE 64
static const uint8_t GROUP4[4] = {239, 255, 83, 72};
static const uint8_t GROUP6[16] = {0xff, 0x12, [12] = 0xea, 0x25, 0x53, 0x48};

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

static void set(int socket, int level, int option, int value) {
  /* No option set here is essential, and older kernels lack some. */
  (void)setsockopt(socket, level, option, &value, sizeof value);
}

static bool bind_to(int socket, const earshot_address *address) {
  struct sockaddr_storage to;
  socklen_t length = posix_sockaddr(address, &to);
  return bind(socket, (struct sockaddr *)&to, length) == 0;
}

static bool join(int socket, const posix_link *link) {
  if (link->family == 4) {
    struct ip_mreqn group = {.imr_ifindex = (int)link->index};
    memcpy(&group.imr_multiaddr, GROUP4, 4);
    return setsockopt(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0;
  }
  struct ipv6_mreq group = {.ipv6mr_interface = link->index};
  memcpy(&group.ipv6mr_multiaddr, GROUP6, 16);
  return setsockopt(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group) == 0;
}

/**
 * Binds a shared socket to all addresses. A peer of this machine with a plain gateway keeps its own for itself: then to
 * the group of IPv4 alone; that of IPv6 would need a socket for each link.
 */
static bool bind_shared(int shared, uint8_t family) {
  earshot_address address = {.family = family, .port = PORT};
  if (bind_to(shared, &address)) return true;
  if (family != 4) return false;
  memcpy(address.ip, GROUP4, 4);
  return bind_to(shared, &address);
}

/** Opens the socket of a family on port 3333, a member of the group on every link; -1 if that fails. */
static int open_shared(const posix_port *port, uint8_t family) {
  int shared = posix_socket(family, SOCK_DGRAM);
  bool joined = false;
  if (shared < 0) return -1;
  set(shared, SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == 4) {
    set(shared, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    set(shared, IPPROTO_IP, IP_PKTINFO, 1);
  } else {
    set(shared, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(shared, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
    set(shared, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  }
  if (bind_shared(shared, family)) {
    for (unsigned i = 0; i < port->link_count; i++) {
      if (port->links[i].family == family) joined |= join(shared, &port->links[i]);
    }
  }
  if (joined) return shared;
  close(shared);
  return -1;
}

static int open_own(const posix_link *link) {
  int own = posix_socket(link->family, SOCK_DGRAM);
  earshot_address mine = {.family = link->family, .link = link->index};
  if (own < 0) return -1;
  memcpy(mine.ip, link->ip, sizeof mine.ip);
  if (link->family == 4) {
    struct ip_mreqn out = {.imr_ifindex = (int)link->index};
    (void)setsockopt(own, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof out);
    set(own, IPPROTO_IP, IP_MULTICAST_TTL, 1);
    set(own, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
  } else {
    set(own, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(own, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)link->index);
    set(own, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1);
    set(own, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1);
  }
  if (bind_to(own, &mine)) return own;
  close(own);
  return -1;
}

const char *posix_udp_open(posix_port *port) {
  port->link_count = posix_links_find(port, port->links);
  for (unsigned i = 0; i < port->link_count; i++) port->links[i].own = open_own(&port->links[i]);
  port->shared[0] = open_shared(port, 4);
  port->shared[1] = open_shared(port, 6);
  if (port->link_count == 0) return NULL;
  if (port->shared[0] >= 0 || port->shared[1] >= 0) return NULL;
  return "UDP port 3333 is in use by another program, which does not share it; end that program";
}

void posix_udp_close(posix_port *port) {
  for (unsigned i = 0; i < port->link_count; i++) {
    if (port->links[i].own >= 0) close(port->links[i].own);
  }
  for (unsigned i = 0; i < 2; i++) {
    if (port->shared[i] >= 0) close(port->shared[i]);
    port->shared[i] = -1;
  }
  port->link_count = 0;
}

static void send_through(const posix_link *link, const earshot_address *to, const uint8_t *data,
                         size_t length) {
  struct sockaddr_storage address;
  socklen_t size = posix_sockaddr(to, &address);
  if (link->own >= 0) (void)sendto(link->own, data, length, 0, (struct sockaddr *)&address, size);
}

void posix_udp_send(void *context, const earshot_address *to, const uint8_t *data, size_t length) {
  posix_port *port = context;
  for (unsigned i = 0; i < port->link_count; i++) {
    const posix_link *link = &port->links[i];
    if (to == NULL) {
      earshot_address group = {.family = link->family, .port = PORT, .link = link->index};
      memcpy(group.ip, link->family == 4 ? GROUP4 : GROUP6, link->family == 4 ? 4 : 16);
      send_through(link, &group, data, length);
    } else if (link->family == to->family && (to->link == 0 || to->link == link->index)) {
      send_through(link, to, data, length);
      return;
    }
  }
}

/** The interface that a datagram came through; 0 if the system does not tell. */
static unsigned interface_of(struct msghdr *message) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      return (unsigned)info.ipi_ifindex;
    }
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      return info.ipi6_ifindex;
    }
  }
  return 0;
}

static bool is_ours(const posix_port *port, unsigned index) {
  for (unsigned i = 0; i < port->link_count; i++) {
    if (port->links[i].index == index) return true;
  }
  return false;
}

static earshot_result receive_from(const posix_port *port, int socket, unsigned link, uint8_t *data,
                                   size_t capacity, size_t *length, earshot_address *from) {
  struct sockaddr_storage sender;
  union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
  } control;
  struct iovec piece = {data, capacity};
  struct msghdr message = {
      .msg_name = &sender,
      .msg_namelen = sizeof sender,
      .msg_iov = &piece,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof control,
  };
  if (socket < 0) return EARSHOT_AGAIN;
  /* Limited, so that a flood through other interfaces does not stop the board. */
  for (unsigned i = 0; i < FOREIGN_AT_ONCE; i++) {
    ssize_t got = recvmsg(socket, &message, MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    /* The error is that of a datagram we sent. */
    if (got < 0) return EARSHOT_AGAIN;
    *length = (size_t)got;
    posix_address(&sender, from);
    unsigned through = link != 0 ? link : interface_of(&message);
    if (!is_ours(port, through)) continue;
    from->link = through;
    return EARSHOT_OK;
  }
  return EARSHOT_AGAIN;
}

earshot_result posix_udp_receive(void *context, uint8_t *data, size_t capacity, size_t *length,
                                 earshot_address *from, bool *own) {
  posix_port *port = context;
  /* Round robin, so that no socket starves. */
  unsigned sockets = port->link_count + 2;
  for (unsigned i = 0; i < sockets; i++) {
    unsigned at = port->next_socket++ % sockets;
    *own = at >= 2;
    earshot_result result = *own ? receive_from(port, port->links[at - 2].own, port->links[at - 2].index,
                                                data, capacity, length, from)
                                 : receive_from(port, port->shared[at], 0, data, capacity, length, from);
    if (result == EARSHOT_OK) return EARSHOT_OK;
  }
  return EARSHOT_AGAIN;
}
