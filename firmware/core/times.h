/**
 * Times in a board: milliseconds in 32 bits, which take a third less code than the 64 of the port's clock, and yet suffice
 * for ever.
 */
#ifndef EARSHOT_TIMES_H
#define EARSHOT_TIMES_H

#include "port.h"

/**
 * A time: milliseconds since the beginning of the board's clock. When it shows 2^31 (after 25 days), its beginning moves
 * on by 2^30: times that are earlier become 0, which is long ago or never; none is more than seven days ahead. Every
 * member of this type is in the table of times.c, except `now` and `wake` of the board, which are set by each poll.
 */
typedef uint32_t es_time;

typedef struct earshot earshot;

/**
 * Sets the time that es_now returns during this call. First moves the beginning of the clock on if it is time, unless a
 * handler calls: those that called it may keep times elsewhere.
 */
void es_times_read(earshot *board);

#endif
