/** The port to POSIX except sockets: clocks, random numbers, log, storage. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "posix_port.h"

static earshot_ms now(void *context) {
  (void)context;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (earshot_ms)time.tv_sec * 1000 + (earshot_ms)time.tv_nsec / 1000000;
}

static uint64_t wall(void *context) {
  (void)context;
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static earshot_result fill_random(void *context, uint8_t *bytes, size_t length) {
  (void)context;
  return getrandom(bytes, length, 0) == (ssize_t)length ? EARSHOT_OK : EARSHOT_IO;
}

static void log_line(void *context, earshot_level level, const char *text) {
  const posix_port *port = context;
  if (level == EARSHOT_WARNING || port->verbose) fprintf(stderr, "%s\n", text);
}

const char *posix_machine_open(posix_port *port, const posix_options *options) {
  memset(port, 0, sizeof *port);
  port->quota = options->quota;
  port->verbose = options->verbose;
  port->port = (earshot_port){
      .context = port,
      .now = now,
      .wall = wall,
      .random = fill_random,
      .log = log_line,
  };
  if (options->state == NULL) return NULL;
  if (strlen(options->state) >= sizeof port->state)
    return "the path of the state folder is too long; choose another --state";
  strncpy(port->state, options->state, sizeof port->state - 1);
  return posix_storage_open(port);
}
