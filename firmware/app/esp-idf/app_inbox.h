/** The console's `inbox`: lists, prints and removes the documents that the board has received. */
#ifndef EARSHOT_APP_INBOX_H
#define EARSHOT_APP_INBOX_H

#include <stdio.h>

/**
 * Runs `inbox`, `inbox show FILE`, `inbox remove FILE` or `inbox remove all`, and prints to `out`, in printable ASCII
 * only. Call it from one task. Returns 0, or 1 if it failed.
 */
int es_inbox_command(FILE *out, int count, char **words);

#endif
