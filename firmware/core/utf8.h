/** UTF-8, read strictly: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef EARSHOT_UTF8_H
#define EARSHOT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Reads the character at the beginning of `bytes`.
 *
 * Returns its length, 1 to 4 bytes, or 0 if it is incomplete or malformed.
 */
size_t es_utf8_read(const uint8_t *bytes, size_t length, uint32_t *point);

/** Writes a character; returns its length, 1 to 4 bytes. */
size_t es_utf8_write(uint32_t point, uint8_t *bytes);

/** True if all of it is well-formed. */
bool es_utf8_valid(const uint8_t *bytes, size_t length);

#endif
