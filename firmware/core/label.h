/** Labels, the names that peers have for people: PROTOCOL.md 2.4. */
#ifndef EARSHOT_LABEL_H
#define EARSHOT_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The rule of labels as a message to a user states it, behind "can be". */
#define ES_LABEL_RULE \
  "1 to 32 printable characters with no space at either end, except \"all\", an id, or anything that " \
  "begins " \
  "with \"@\", \"-\" or \"plain-\""

/** Whether these bytes are a label. Bytes that are not UTF-8 are none. */
bool es_is_label(const uint8_t *bytes, size_t length);

#endif
