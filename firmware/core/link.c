#include "link.h"

#include "earshot_state.h"

earshot_result es_link_read(const earshot *board, int connection, es_record *record) {
  const earshot_port *port = board->port;
  earshot_result result = EARSHOT_AGAIN;
  while (result == EARSHOT_AGAIN) {
    size_t got = 0;
    result = port->tcp_read(port->context, connection, record->bytes + record->held,
                            es_record_missing(record), &got);
    if (result != EARSHOT_OK) return result;
    result = es_record_arrived(record, got);
  }
  return result;
}

earshot_result es_link_write(const earshot *board, int connection, const uint8_t *bytes, size_t length,
                             size_t *sent) {
  const earshot_port *port = board->port;
  earshot_result result = board->mute ? EARSHOT_CRYPTO : EARSHOT_OK;
  while (result == EARSHOT_OK && *sent < length) {
    size_t written = 0;
    result = port->tcp_write(port->context, connection, bytes + *sent, length - *sent, &written);
    *sent += written;
  }
  return result;
}

void es_link_close(const earshot *board, int connection) {
  board->port->tcp_close(board->port->context, connection);
}
