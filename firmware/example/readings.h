/** Who gets the example's readings, how often, and how that survives a restart. */
#ifndef EARSHOT_EXAMPLE_READINGS_H
#define EARSHOT_EXAMPLE_READINGS_H

#include "earshot.h"

/** Peers that may have readings. */
#define READINGS_LISTENERS 4
/** Readings of one listener that may wait: those of an absent one must not fill the outbox. */
#define READINGS_WAITING (1 + EARSHOT_OUTBOX_MESSAGES / 16)

typedef struct readings_listener {
  char id[EARSHOT_ID + 1]; /**< empty: a place that is free */
  uint32_t every_s;
  bool up;
  unsigned waiting; /**< readings that were sent, and have not ended */
  earshot_ms next;  /**< when the next reading is due */
} readings_listener;

typedef struct readings {
  const earshot_port *port;
  readings_listener listeners[READINGS_LISTENERS];
} readings;

/** Begins with those that storage knows. `port` must outlive it. */
void readings_start(readings *all, const earshot_port *port);
/** How often a peer gets a reading, seconds; 0: never. */
uint32_t readings_every(const readings *all, const char *id);
/**
 * Lets a peer have a reading every so many seconds, the first one at once; 0: no more of them.
 *
 * EARSHOT_FULL where READINGS_LISTENERS others have them and are there: nothing has changed. EARSHOT_IO where
 * it is so, but will be forgotten at a restart.
 */
earshot_result readings_set(readings *all, const char *id, uint32_t every_s);
/** A peer came or went: who is not there gets none. */
void readings_peer(readings *all, const char *id, bool up);
/** A message to a peer has ended. */
void readings_ended(readings *all, const char *id);
/**
 * A listener for whom a reading is due now, and no longer after this; NULL: nobody. For whom too many wait, this one
 * is left out: the next is as good.
 */
const char *readings_due(readings *all, earshot_ms now);
/** Milliseconds until a reading is due; UINT32_MAX: none is. */
uint32_t readings_wait(const readings *all, earshot_ms now);

#endif
