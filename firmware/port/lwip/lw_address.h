/** Addresses of the core, and those of lwIP's sockets. */
#ifndef EARSHOT_LW_ADDRESS_H
#define EARSHOT_LW_ADDRESS_H

#include <lwip/sockets.h>

#include "port.h"

/** Fills in `to`, and gives how much of it counts. */
socklen_t lw_sockaddr(const earshot_address *address, struct sockaddr_storage *to);
void lw_address(const struct sockaddr_storage *from, earshot_address *address);
/** Makes a socket that never blocks; -1 where that fails. */
int lw_open_socket(uint8_t family, int type);
/** Has a socket never block; false where that fails. */
bool lw_do_not_block(int socket);

#endif
