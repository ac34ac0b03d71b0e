/** RFC 4648's base32 in lower case, without padding, in its one spelling. */
#ifndef EARSHOT_BASE32_H
#define EARSHOT_BASE32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "earshot_result.h"

/** Length in characters of so many bytes. */
#define ES_BASE32_LENGTH(bytes) (((bytes)*8 + 4) / 5)

/** Writes ES_BASE32_LENGTH(length) characters and a NUL to `text`. */
void es_base32_encode(const uint8_t *bytes, size_t length, char *text);

/**
 * Reads characters into exactly `length` bytes.
 *
 * EARSHOT_BAD_BASE32 if the number of characters is wrong, one of them is not of the alphabet, or unused bits are not
 * zero.
 */
earshot_result es_base32_decode(const char *text, size_t characters, uint8_t *bytes, size_t length);

#endif
