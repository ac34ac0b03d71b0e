/** Texts of IP addresses, and which of them are private. */
#ifndef EARSHOT_IP_ADDRESS_H
#define EARSHOT_IP_ADDRESS_H

#include "port.h"

/** Reads an IPv4 or IPv6 address without zone; its port becomes 0. False for any other text. */
bool es_ip_read(const char *text, size_t length, earshot_address *address);
/** Reads `IP[:PORT]`, IPv6 with a port in brackets; the port is 3333 unless it is there. */
bool es_ip_read_with_port(const char *text, earshot_address *address);
/** True for fe80::/10. */
bool es_ip_is_of_a_link(const earshot_address *address);
/** True for 10/8, 172.16/12, 192.168/16 and fc00::/7. */
bool es_ip_is_private(const earshot_address *address);

#endif
