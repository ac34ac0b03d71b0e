#include "posix_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

socklen_t posix_sockaddr(const earshot_address *address, struct sockaddr_storage *to) {
  memset(to, 0, sizeof *to);
  if (address->family == 4) {
    struct sockaddr_in *in = (struct sockaddr_in *)to;
    in->sin_family = AF_INET;
    in->sin_port = htons(address->port);
    memcpy(&in->sin_addr, address->ip, 4);
    return sizeof *in;
  }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(address->port);
  memcpy(&in6->sin6_addr, address->ip, 16);
  if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) || IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr)) {
    in6->sin6_scope_id = address->link;
  }
  return sizeof *in6;
}

void posix_address(const struct sockaddr_storage *from, earshot_address *address) {
  memset(address, 0, sizeof *address);
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;
    address->family = 4;
    address->port = ntohs(in->sin_port);
    memcpy(address->ip, &in->sin_addr, 4);
    return;
  }
  const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
  address->family = 6;
  address->port = ntohs(in6->sin6_port);
  address->link = in6->sin6_scope_id;
  memcpy(address->ip, &in6->sin6_addr, 16);
}

int posix_socket(uint8_t family, int type) {
  return socket(family == 4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}
