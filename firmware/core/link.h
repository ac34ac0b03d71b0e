/** What goes through a connection: records in, bytes out. */
#ifndef EARSHOT_LINK_H
#define EARSHOT_LINK_H

#include "earshot.h"
#include "record.h"

/**
 * Reads what is missing of a record, as far as it has come. EARSHOT_OK: it is complete; EARSHOT_AGAIN: more
 * has to come. Any other result, as of es_record_arrived and the port: the connection is of no use any more.
 */
earshot_result es_link_read(const earshot *board, int connection, es_record *record);

/**
 * Writes the rest of `length` bytes, of which `sent` went before, as far as the connection takes it.
 * EARSHOT_OK: all of them are gone; EARSHOT_AGAIN: not all. Any other result: the connection is of no use any
 * more.
 */
earshot_result es_link_write(const earshot *board, int connection, const uint8_t *bytes, size_t length,
                             size_t *sent);

void es_link_close(const earshot *board, int connection);

#endif
