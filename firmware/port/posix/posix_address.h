/** Converts addresses of the core to and from those of sockets. */
#ifndef EARSHOT_POSIX_ADDRESS_H
#define EARSHOT_POSIX_ADDRESS_H

#include <sys/socket.h>

#include "port.h"

socklen_t posix_sockaddr(const earshot_address *address, struct sockaddr_storage *to);
void posix_address(const struct sockaddr_storage *from, earshot_address *address);
/** Makes a non-blocking, close-on-exec socket; -1 if that fails. */
int posix_socket(uint8_t family, int type);

#endif
