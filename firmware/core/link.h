/** Reads records from a connection and writes bytes to it. */
#ifndef EARSHOT_LINK_H
#define EARSHOT_LINK_H

#include "earshot.h"
#include "record.h"

/**
 * Reads the rest of a record, as far as it has come. EARSHOT_OK: it is complete; EARSHOT_AGAIN: it is not. Any other
 * result, of es_record_arrived or of the port: the connection is unusable.
 */
earshot_result es_link_read(const earshot *board, int connection, es_record *record);

/**
 * Writes the rest of `length` bytes, `sent` of which are written already, as far as the connection accepts them.
 * EARSHOT_OK: all are written; EARSHOT_AGAIN: not all. Any other result: the connection is unusable.
 */
earshot_result es_link_write(const earshot *board, int connection, const uint8_t *bytes, size_t length,
                             size_t *sent);

void es_link_close(const earshot *board, int connection);

#endif
