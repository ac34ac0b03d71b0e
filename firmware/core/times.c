#include "times.h"

#include "earshot_state.h"

/** What the clock of a board shows at most, and by how much its beginning moves then. */
#define MOST (1u << 31)
#define STEP (1u << 30)

/** Some times that stand one after the other; the same in each element of an array. */
typedef struct row {
  uint32_t at : 24;
  uint32_t times : 8;
  uint32_t step : 20;
  uint32_t elements : 12;
} row;

#define OF(member) offsetof(struct earshot, member)
#define TIMES(first, last) ((OF(last) - OF(first)) / sizeof(es_time) + 1)
/** The times from `first` to `last`. */
#define ONCE(first, last) \
  { OF(first), TIMES(first, last), 0, 1 }
/** The same in each element of an array. */
#define EACH(array, elements, first, last) \
  { \
    OF(array[0].first), TIMES(array[0].first, array[0].last), sizeof((struct earshot *)0)->array[0], \
        elements \
  }

static const row ROWS[] = {
    ONCE(compare_at, compare_at),
    ONCE(discovery.started, discovery.multicast_last),
    EACH(discovery.answers, ES_ANSWERS, due, due),
    EACH(discovery.asked, ES_ASK_LOG, at, at),
    EACH(discovery.answered, ES_ANSWER_LOG, at, at),
    EACH(tables.roster, EARSHOT_ROSTER, heard, doubted_at),
    EACH(tables.contacts, EARSHOT_CONTACTS, next_dial, used_at),
    EACH(tables.outbox.items, EARSHOT_OUTBOX_MESSAGES, expires, retry_at),
    EACH(tables.handshakes.all, EARSHOT_HANDSHAKES, deadline, give_up_at),
    EACH(tables.sessions, EARSHOT_SESSIONS, opened, told),
#if EARSHOT_HEARSAY
    EACH(tables.ways.named, EARSHOT_NAMED, next, next),
    EACH(tables.ways.rumours, EARSHOT_RUMOURS, next, turn),
    ONCE(tables.ways.next_rumour, tables.ways.next_rumour),
#endif
#if EARSHOT_PARTS
    EACH(tables.downloads, EARSHOT_DOWNLOADS, active, active),
#endif
};

#define ROWS_END (ROWS + sizeof ROWS / sizeof ROWS[0])

/** Moves the beginning of the clock on by STEP. */
static void turn(earshot *board) {
  board->clock_begins += STEP;
  for (const row *r = ROWS; r < ROWS_END; r++) {
    for (unsigned element = 0; element < r->elements; element++) {
      es_time *time = (es_time *)(void *)((uint8_t *)board + r->at + element * r->step);
      for (const es_time *end = time + r->times; time < end; time++) *time = *time > STEP ? *time - STEP : 0;
    }
  }
}

void es_times_read(earshot *board) {
  board->now = (es_time)(board->port->now(board->port->context) - board->clock_begins);
}

void es_times_turn(earshot *board) {
  while (board->port->now(board->port->context) - board->clock_begins >= MOST) turn(board);
  es_times_read(board);
}
