/** Finds the interfaces of this machine and their families. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "posix_port.h"

static bool is_chosen(const posix_port *port, const char *name, const char *address) {
  if (port->interfaces == NULL) return true;
  for (unsigned i = 0; i < port->interface_count; i++) {
    if (strcmp(port->interfaces[i], name) == 0 || strcmp(port->interfaces[i], address) == 0) return true;
  }
  return false;
}

/** Gives the address of an entry as text and as bytes; false if it is neither IPv4 nor IPv6. */
static bool read_address(const struct ifaddrs *entry, posix_link *link, char text[INET6_ADDRSTRLEN]) {
  int family = entry->ifa_addr->sa_family;
  const void *bytes;
  if (family == AF_INET) bytes = &((const struct sockaddr_in *)(const void *)entry->ifa_addr)->sin_addr;
  else if (family == AF_INET6)
    bytes = &((const struct sockaddr_in6 *)(const void *)entry->ifa_addr)->sin6_addr;
  else return false;
  memset(link, 0, sizeof *link);
  link->family = family == AF_INET ? 4 : 6;
  memcpy(link->ip, bytes, family == AF_INET ? 4 : 16);
  return inet_ntop(family, bytes, text, INET6_ADDRSTRLEN) != NULL;
}

/** Finds the links that the user wants, one for each interface and family. Returns their number. */
unsigned posix_links_find(const posix_port *port, posix_link *links) {
  struct ifaddrs *all;
  unsigned count = 0;
  if (getifaddrs(&all) != 0) return 0;
  for (const struct ifaddrs *entry = all; entry != NULL && count < POSIX_LINKS; entry = entry->ifa_next) {
    char text[INET6_ADDRSTRLEN];
    posix_link *link = &links[count];
    if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0 || !read_address(entry, link, text))
      continue;
    if (!is_chosen(port, entry->ifa_name, text)) continue;
    link->index = if_nametoindex(entry->ifa_name);
    link->own = -1;
    strncpy(link->interface, entry->ifa_name, sizeof link->interface - 1);
    bool known = false;
    for (unsigned i = 0; i < count; i++)
      known = known || (links[i].index == link->index && links[i].family == link->family);
    if (!known) count++;
  }
  freeifaddrs(all);
  return count;
}
