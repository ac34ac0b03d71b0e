/** The console's `inbox`: lists, prints and removes the documents that the board has received. */
#ifndef BOARD_INBOX_H
#define BOARD_INBOX_H

#include <stdio.h>

/**
 * Does `inbox`, `inbox show FILE`, `inbox remove FILE` or `inbox remove all`, and tells on `out`: printable ASCII only,
 * whatever a document holds. Called from one task. Gives 0, or 1 where it could not be done.
 */
int inbox_command(FILE *out, int count, char **words);

#endif
