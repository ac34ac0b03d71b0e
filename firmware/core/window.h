/** Which of one sender's numbers are done: PROTOCOL.md section 4.8. */
#ifndef EARSHOT_WINDOW_H
#define EARSHOT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol_limits.h"

/**
 * Every number up to `upto`, and of the ES_WINDOW beyond it those of `beyond`: its lowest bit is `upto` + 1.
 */
typedef struct es_window {
  uint32_t epoch;
  uint32_t upto;
  uint16_t beyond;
} es_window;

bool es_window_has(const es_window *window, uint32_t seq);
/** Whether a number is not done, and near enough to be tracked. */
bool es_window_accepts(const es_window *window, uint32_t seq);
/** Marks a number as done; false where es_window_accepts is. */
bool es_window_add(es_window *window, uint32_t seq);
/** Writes what is done beyond `upto` as `have` says it; gives how many bytes, 0 to 2. */
unsigned es_window_bitmap(const es_window *window, uint8_t bitmap[ES_WINDOW / 8]);

#endif
