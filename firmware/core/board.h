/** Helpers for all parts of a board: wake-up time, random numbers, log, message ids. */
#ifndef EARSHOT_BOARD_H
#define EARSHOT_BOARD_H

#include "earshot.h"
#include "protocol_limits.h"
#include "times.h"

/** Makes earshot_poll ask to be called again by this time. */
void es_wake_at(earshot *board, es_time when);
/** True if a time has come; if not, earshot_poll asks to be called again then. */
bool es_is_due(earshot *board, es_time when);
/** A time in anything from `low` to `high` milliseconds. */
es_time es_after_about(earshot *board, uint32_t low, uint32_t high);

/**
 * Fills `bytes` with random bytes. If the port fails to give any, fills with zeros and makes the board mute: with
 * numbers that can be guessed it must neither send anything nor store values.
 */
void es_random(earshot *board, void *bytes, size_t length);
uint32_t es_random_u32(earshot *board);
/** Anything from `low` to `high`, both of them included. */
uint32_t es_random_between(earshot *board, uint32_t low, uint32_t high);
/** `ms` milliseconds, up to 20 % more or less. */
uint32_t es_spread(earshot *board, uint32_t ms);

/** A new message id and a NUL. */
void es_new_ulid(earshot *board, char id[ES_ULID_CHARACTERS + 1]);

/** Logs a line made of three texts, one after the other; the last ones may be NULL. */
void es_log(const earshot *board, earshot_level level, const char *a, const char *b, const char *c);

#endif
