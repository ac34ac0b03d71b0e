#include "times.h"

#include "earshot_state.h"

/** Largest reading of the clock of a board, and by how much its beginning moves then. */
#define MOST (1u << 31)
#define STEP (1u << 30)

/** Times that stand one after the other, in each element of an array. */
typedef struct row {
  uint32_t at : 24;
  uint32_t times : 8;
  uint32_t step : 20;
  uint32_t elements : 12;
} row;

#define OF(member) offsetof(struct earshot, member)
/** The times from `first` to `last` in a struct at this place, and in those of an array that begins with it. */
#define EACH(place, type, first, last, elements) \
  { \
    (place) + offsetof(type, first), (offsetof(type, last) - offsetof(type, first)) / sizeof(es_time) + 1, \
        sizeof(type), elements \
  }

static const row ROWS[] = {
    EACH(0u, struct earshot, compare_at, compare_at, 1),
    EACH(OF(discovery), es_discovery, started, multicast_last, 1),
    EACH(OF(discovery.answers), es_answer, due, due, ES_ANSWERS),
    EACH(OF(discovery.asked), es_asked, at, at, ES_ASK_LOG),
    EACH(OF(discovery.answered), es_answered, at, at, ES_ANSWER_LOG),
    EACH(OF(tables.roster), es_peer, heard, doubted_at, EARSHOT_ROSTER),
    EACH(OF(tables.contacts), es_contact, next_dial, used_at, EARSHOT_CONTACTS),
    EACH(OF(tables.outbox.items), es_item, expires, retry_at, EARSHOT_OUTBOX_MESSAGES),
    EACH(OF(tables.handshakes.all), es_handshake, deadline, give_up_at, EARSHOT_HANDSHAKES),
    EACH(OF(tables.sessions), es_session, opened, told, EARSHOT_SESSIONS),
#if EARSHOT_HEARSAY
    EACH(OF(tables.ways.named), es_named, next, next, EARSHOT_NAMED),
    EACH(OF(tables.ways.rumours), es_rumour, next, turn, EARSHOT_RUMOURS),
    EACH(OF(tables.ways), es_ways, next_rumour, next_rumour, 1),
#endif
#if EARSHOT_PARTS
    EACH(OF(tables.downloads), es_download, active, active, EARSHOT_DOWNLOADS),
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
  earshot_ms now = board->port->now(board->port->context);
  if (!(board->busy | board->dropping)) {
    while (now - board->clock_begins >= MOST) turn(board);
  }
  board->now = (es_time)(now - board->clock_begins);
}
