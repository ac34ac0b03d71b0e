/** Labels, the names that peers have for people: PROTOCOL.md 2.4. */
#ifndef EARSHOT_LABEL_H
#define EARSHOT_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The rule of labels for messages to users, to follow "can be". */
#define ES_LABEL_RULE \
  "1 to 32 printable characters with no space at either end, except \"all\", an id, or anything that " \
  "begins " \
  "with \"@\", \"-\" or \"plain-\""

/** True if these bytes are a label; false if they are not UTF-8. */
bool es_is_label(const uint8_t *bytes, size_t length);

#endif
