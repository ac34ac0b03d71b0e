/**
 * The example application: a board with a light and a few readings, which people command by chat (`led on`,
 * `led off`, `every 5 s`). What a light and a reading are, the machine says; all else is the same on a desk
 * and on an ESP32.
 */
#ifndef EARSHOT_EXAMPLE_H
#define EARSHOT_EXAMPLE_H

#include "earshot.h"
#include "readings.h"

/** What the example needs of the machine besides the port. */
typedef struct example_machine {
  void *context;
  void (*set_led)(void *context, bool on);
  /** Writes a reading as JSON, with a NUL behind it. */
  void (*read)(void *context, char *json, size_t capacity);
} example_machine;

/** Peers that were told lately what the example obeys. */
#define EXAMPLE_HELPED 8

typedef struct example_helped {
  char id[EARSHOT_ID + 1];
  earshot_ms until; /**< it is remembered; 0: a place that is free */
  unsigned times;
} example_helped;

typedef struct example {
  earshot *board;
  const earshot_port *port;
  const example_machine *machine;
  bool led;
  readings readings;
  example_helped helped[EXAMPLE_HELPED];
} example;

/** Begins to obey chats, and goes on with the readings that were asked for before. */
void example_start(example *app, earshot *board, const earshot_port *port, const example_machine *machine);
/** Sends what is due; gives the milliseconds until something is. */
uint32_t example_poll(example *app);

/* What example_start sets, with the example as context; an application with handlers of its own calls them from there. */

/** Handles a chat: obeys it, or says what it would obey. */
void example_hear(void *context, const earshot_chat *chat);
/** A peer came or went. */
void example_see(void *context, earshot_peer peer, bool up);
/** What became of a message. */
void example_learn(void *context, const char *id, earshot_peer to, earshot_result result, const char *why);

#endif
