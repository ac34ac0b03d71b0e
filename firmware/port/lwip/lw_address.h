/** Converts addresses of the core to and from those of lwIP's sockets. */
#ifndef EARSHOT_LW_ADDRESS_H
#define EARSHOT_LW_ADDRESS_H

#include <lwip/sockets.h>

#include "port.h"

/** Fills in `to`, and returns its length for its family. */
socklen_t lw_sockaddr(const earshot_address *address, struct sockaddr_storage *to);
void lw_address(const struct sockaddr_storage *from, earshot_address *address);
/** Makes a non-blocking socket; -1 if that fails. */
int lw_open_socket(uint8_t family, int type);
/** Makes a socket non-blocking; false if that fails. */
bool lw_do_not_block(int socket);

#endif
