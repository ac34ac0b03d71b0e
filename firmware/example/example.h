/**
 * The example application: a board with a light and a few readings, which people command by chat (`led on`,
 * `led off`, `every 5 s`). What a light and a reading are, the machine says; all else is the same on a desk
 * and on an ESP32.
 */
#ifndef EARSHOT_EXAMPLE_H
#define EARSHOT_EXAMPLE_H

#include "earshot.h"

/** What the example needs of the machine besides the port. */
typedef struct example_machine {
  void *context;
  void (*set_led)(void *context, bool on);
  /** Writes a reading as JSON, with a NUL behind it. */
  void (*read)(void *context, char *json, size_t capacity);
} example_machine;

typedef struct example {
  earshot *board;
  const example_machine *machine;
  bool led;
  /* To whom readings go, and when the next one does. */
  char listener[EARSHOT_ID + 1];
  uint32_t every_ms; /**< 0: to nobody */
  earshot_ms next;
  earshot_ms now;
  earshot_ms help_again; /**< when a line that is no command is answered again */
} example;

/** Begins to obey chats. */
void example_start(example *app, earshot *board, const example_machine *machine);
/** Sends what is due at this time of the port's clock; gives the milliseconds until something is. */
uint32_t example_poll(example *app, earshot_ms now);
/**
 * Handles a chat: obeys it, or says what it would obey. What example_start sets, with the example as its
 * context.
 */
void example_hear(void *context, const earshot_chat *chat);

#endif
