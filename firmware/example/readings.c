#include "readings.h"

#include <string.h>

/* Value in storage: for each listener its id and its period in seconds, four bytes. */
#define KEY "app-readings"
#define STORED (EARSHOT_ID + 4)

static bool is_taken(const readings_listener *listener) {
  return listener->id[0] != '\0';
}

static bool is_served(const readings_listener *listener) {
  return is_taken(listener) && listener->up;
}

/** Index of a listener, or of the first free entry if `id` is empty; READINGS_LISTENERS if there is none. */
static unsigned find(const readings *all, const char *id) {
  unsigned at = 0;
  while (at < READINGS_LISTENERS && strcmp(all->listeners[at].id, id) != 0) at++;
  return at;
}

/** Index of an entry for a new listener: a free one, else that of an offline peer. */
static unsigned make_place(const readings *all) {
  unsigned at = find(all, "");
  if (at < READINGS_LISTENERS) return at;
  for (at = 0; at < READINGS_LISTENERS && all->listeners[at].up; at++) continue;
  return at;
}

static earshot_result keep(const readings *all) {
  uint8_t stored[READINGS_LISTENERS * STORED];
  size_t length = 0;
  if (all->port->storage == NULL) return EARSHOT_IO;
  for (unsigned i = 0; i < READINGS_LISTENERS; i++) {
    const readings_listener *listener = &all->listeners[i];
    if (!is_taken(listener)) continue;
    memcpy(stored + length, listener->id, EARSHOT_ID);
    for (unsigned byte = 0; byte < 4; byte++) {
      stored[length + EARSHOT_ID + byte] = (uint8_t)(listener->every_s >> (8 * byte));
    }
    length += STORED;
  }
  return all->port->storage->put(all->port->context, KEY, stored, length);
}

void readings_start(readings *all, const earshot_port *port) {
  uint8_t stored[READINGS_LISTENERS * STORED];
  size_t length = 0;
  memset(all, 0, sizeof *all);
  all->port = port;
  if (port->storage == NULL) return;
  if (port->storage->get(port->context, KEY, stored, sizeof stored, &length) != EARSHOT_OK) return;
  for (unsigned i = 0; (i + 1) * STORED <= length; i++) {
    readings_listener *listener = &all->listeners[i];
    memcpy(listener->id, stored + i * STORED, EARSHOT_ID);
    for (unsigned byte = 0; byte < 4; byte++) {
      listener->every_s |= (uint32_t)stored[i * STORED + EARSHOT_ID + byte] << (8 * byte);
    }
  }
}

uint32_t readings_every(const readings *all, const char *id) {
  unsigned at = find(all, id);
  return at < READINGS_LISTENERS ? all->listeners[at].every_s : 0;
}

earshot_result readings_set(readings *all, const char *id, uint32_t every_s) {
  if (every_s == readings_every(all, id)) return EARSHOT_OK;
  unsigned at = find(all, id);
  if (at == READINGS_LISTENERS) at = make_place(all);
  if (at == READINGS_LISTENERS) return EARSHOT_FULL;
  readings_listener listener = {.every_s = every_s, .up = true};
  if (every_s > 0) memcpy(listener.id, id, EARSHOT_ID);
  all->listeners[at] = listener;
  return keep(all) == EARSHOT_OK ? EARSHOT_OK : EARSHOT_IO;
}

void readings_peer(readings *all, const char *id, bool up) {
  unsigned at = find(all, id);
  if (at < READINGS_LISTENERS) all->listeners[at].up = up;
}

void readings_ended(readings *all, const char *id) {
  unsigned at = find(all, id);
  if (at < READINGS_LISTENERS && all->listeners[at].waiting > 0) all->listeners[at].waiting--;
}

const char *readings_due(readings *all, earshot_ms now) {
  for (unsigned i = 0; i < READINGS_LISTENERS; i++) {
    readings_listener *listener = &all->listeners[i];
    if (!is_served(listener) || now < listener->next) continue;
    listener->next = now + (earshot_ms)listener->every_s * 1000;
    if (listener->waiting == READINGS_WAITING) continue;
    listener->waiting++;
    return listener->id;
  }
  return NULL;
}

uint32_t readings_wait(const readings *all, earshot_ms now) {
  earshot_ms wait = UINT32_MAX;
  for (unsigned i = 0; i < READINGS_LISTENERS; i++) {
    const readings_listener *listener = &all->listeners[i];
    if (!is_served(listener)) continue;
    if (listener->next <= now) return 0;
    if (listener->next - now < wait) wait = listener->next - now;
  }
  return (uint32_t)wait;
}
