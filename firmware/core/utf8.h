/** UTF-8, read strictly: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef EARSHOT_UTF8_H
#define EARSHOT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Reads the character at the beginning of `bytes`.
 *
 * Gives how many bytes it takes, 1 to 4, or 0 where there is no whole, well-formed one.
 */
size_t es_utf8_read(const uint8_t *bytes, size_t length, uint32_t *point);

/** Writes a character; gives how many of `bytes` (4 at most) it took. */
size_t es_utf8_write(uint32_t point, uint8_t *bytes);

/** Whether all of it is well-formed. */
bool es_utf8_valid(const uint8_t *bytes, size_t length);

#endif
