#include "system.h"

static posix_port port;

const char system_help[] =
    "  --interface NAME   use only this interface, or the one with this address; may be repeated (all)\n";

const char *system_open(const board_options *options, const earshot_port **opened) {
  if (options->address != NULL || options->mac != NULL) {
    return "--address and --mac are only for the build with lwIP";
  }
  *opened = &port.port;
  return posix_port_open(&port, &options->port);
}

void system_close(void) {
  posix_port_close(&port);
}

bool system_wait(uint32_t ms, bool input) {
  return posix_port_wait(&port, ms, input);
}

bool system_network_changed(void) {
  return posix_port_links_changed(&port);
}
