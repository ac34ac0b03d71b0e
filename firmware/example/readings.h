/** Subscriptions to the example's readings, which survive a restart. */
#ifndef EARSHOT_EXAMPLE_READINGS_H
#define EARSHOT_EXAMPLE_READINGS_H

#include "earshot.h"

/** Most listeners: peers that get readings. */
#define READINGS_LISTENERS 4
/** Most waiting readings of one listener: those of an offline peer must not fill the outbox. */
#define READINGS_WAITING (1 + EARSHOT_OUTBOX_MESSAGES / 16)

typedef struct readings_listener {
  char id[EARSHOT_ID + 1]; /**< empty: a free entry */
  uint32_t every_s;
  bool up;
  unsigned waiting; /**< readings in the outbox */
  earshot_ms next;  /**< when the next reading is due */
} readings_listener;

typedef struct readings {
  const earshot_port *port;
  readings_listener listeners[READINGS_LISTENERS];
} readings;

/** Reads the listeners from storage. `port` must outlive `all`. */
void readings_start(readings *all, const earshot_port *port);
/** Period of a peer's readings, seconds; 0: none. */
uint32_t readings_every(const readings *all, const char *id);
/**
 * Sets the period of a peer's readings, seconds; the first one is due at once. 0 ends them.
 *
 * EARSHOT_FULL if READINGS_LISTENERS other peers are up and get readings: nothing changes. EARSHOT_IO if it could not
 * be stored: it is set, but a restart forgets it.
 */
earshot_result readings_set(readings *all, const char *id, uint32_t every_s);
/** Notes that a peer came or went: an offline peer gets no readings. */
void readings_peer(readings *all, const char *id, bool up);
/** Notes that a message to a peer has ended. */
void readings_ended(readings *all, const char *id);
/**
 * Returns a listener whose reading is due now, and schedules its next one; NULL if there is none. Skips a reading if
 * too many of that listener wait.
 */
const char *readings_due(readings *all, earshot_ms now);
/** Milliseconds until a reading is due; UINT32_MAX if there are no listeners. */
uint32_t readings_wait(const readings *all, earshot_ms now);

#endif
