/** Labels, the names that peers have for people: PROTOCOL.md, Conventions. */
#ifndef EARSHOT_LABEL_H
#define EARSHOT_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Whether these bytes are a label. Bytes that are not UTF-8 are none. */
bool es_is_label(const uint8_t *bytes, size_t length);

#endif
