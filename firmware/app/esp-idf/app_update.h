/** The console's `update`: a newer program out of a received document. */
#ifndef EARSHOT_APP_UPDATE_H
#define EARSHOT_APP_UPDATE_H

#include <stdbool.h>
#include <stdio.h>

#include "port.h"

/**
 * Writes the image in a document, a JSON string in base64, to the place for programs that is not in use, checks it (and
 * its signature, with secure boot), chooses it for the next start, and removes the document. Prints what went wrong to
 * `out`. True: restart now. Call it from one task; it takes some 20 s.
 */
bool es_update_command(FILE *out, const char *file);

/**
 * Notes that this program works once it has run for a minute (`up`, milliseconds since it joined its group), or longer
 * than all time if its user ends it. Before, the bootloader goes back to the program before at a restart, such as that
 * of a watchdog, and there is no other update. Never confirms another program, which `update` has chosen. Returns true
 * if it need not be called again.
 */
bool es_update_confirm(earshot_ms up);

#endif
