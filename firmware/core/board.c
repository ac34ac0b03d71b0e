#include "board.h"

#include "earshot_state.h"

/** Of a message id, that tell its time. */
#define TIME_CHARACTERS 10
#define RANDOM_TRIES 100

void es_wake_at(earshot *board, es_time when) {
  if (when < board->wake) board->wake = when;
}

bool es_is_due(earshot *board, es_time when) {
  if (when <= board->now) return true;
  es_wake_at(board, when);
  return false;
}

es_time es_after_about(earshot *board, uint32_t low, uint32_t high) {
  return es_after(board, es_random_between(board, low, high));
}

void es_random(earshot *board, void *bytes, size_t length) {
  const earshot_port *port = board->port;
  for (unsigned tries = 0; tries < RANDOM_TRIES; tries++) {
    if (port->random(port->context, bytes, length) == EARSHOT_OK) return;
  }
  es_clear(bytes, length);
  if (!board->mute) es_log(board, EARSHOT_WARNING, "no random numbers: restart it", NULL, NULL);
  board->mute = true;
}

uint32_t es_random_u32(earshot *board) {
  uint32_t number;
  es_random(board, &number, sizeof number);
  return number;
}

uint32_t es_random_between(earshot *board, uint32_t low, uint32_t high) {
  return low + es_random_u32(board) % (high - low + 1);
}

uint32_t es_spread(earshot *board, uint32_t ms) {
  return es_random_between(board, ms - ms / 5, ms + ms / 5);
}

void es_new_ulid(earshot *board, char id[ES_ULID_CHARACTERS + 1]) {
  static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  uint64_t time = board->port->wall(board->port->context);
  es_random(board, id, ES_ULID_CHARACTERS);
  for (unsigned i = TIME_CHARACTERS; i-- > 0; time >>= 5) id[i] = (char)(time & 31);
  /* 48 bits of a time are 3 bits of the first character. */
  id[0] &= 7;
  for (unsigned i = 0; i < ES_ULID_CHARACTERS; i++) id[i] = ALPHABET[id[i] & 31];
  id[ES_ULID_CHARACTERS] = '\0';
}

void es_log(const earshot *board, earshot_level level, const char *a, const char *b, const char *c) {
  const earshot_port *port = board->port;
  char line[160];
  if (port->log == NULL) return;
  es_writer writer = es_writer_on((uint8_t *)line, sizeof line - 1);
  es_write_text(&writer, a);
  if (b != NULL) es_write_text(&writer, b);
  if (c != NULL) es_write_text(&writer, c);
  line[writer.length] = '\0';
  port->log(port->context, level, line);
}
