#include "lw_address.h"

#include <string.h>

/** True for fe80::/10 and the multicast groups of a link, which need an interface. */
static bool is_of_a_link(const uint8_t ip[16]) {
  return (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) || (ip[0] == 0xff && (ip[1] & 0x0f) == 2);
}

/** Converts a port to network byte order. */
static in_port_t to_network(uint16_t number) {
  uint8_t bytes[2] = {(uint8_t)(number >> 8), (uint8_t)number};
  in_port_t port;
  memcpy(&port, bytes, sizeof port);
  return port;
}

static uint16_t from_network(in_port_t port) {
  uint8_t bytes[2];
  memcpy(bytes, &port, sizeof bytes);
  return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

socklen_t lw_sockaddr(const earshot_address *address, struct sockaddr_storage *to) {
  memset(to, 0, sizeof *to);
  if (address->family == 4) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = to_network(address->port)};
    memcpy(&in.sin_addr, address->ip, 4);
    memcpy(to, &in, sizeof in);
    return sizeof in;
  }
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = to_network(address->port)};
  memcpy(&in6.sin6_addr, address->ip, 16);
  if (is_of_a_link(address->ip)) in6.sin6_scope_id = address->link;
  memcpy(to, &in6, sizeof in6);
  return sizeof in6;
}

void lw_address(const struct sockaddr_storage *from, earshot_address *address) {
  memset(address, 0, sizeof *address);
  if (from->ss_family == AF_INET) {
    struct sockaddr_in in;
    memcpy(&in, from, sizeof in);
    address->family = 4;
    address->port = from_network(in.sin_port);
    memcpy(address->ip, &in.sin_addr, 4);
    return;
  }
  struct sockaddr_in6 in6;
  memcpy(&in6, from, sizeof in6);
  address->family = 6;
  address->port = from_network(in6.sin6_port);
  address->link = in6.sin6_scope_id;
  memcpy(address->ip, &in6.sin6_addr, 16);
}

bool lw_do_not_block(int socket) {
  return lwip_fcntl(socket, F_SETFL, O_NONBLOCK) == 0;
}

int lw_open_socket(uint8_t family, int type) {
  int opened = lwip_socket(family == 4 ? AF_INET : AF_INET6, type, 0);
  if (opened < 0 || lw_do_not_block(opened)) return opened;
  lwip_close(opened);
  return -1;
}
