/**
 * The example application: a board with a light and a few readings, commanded by chat (`led on`, `led off`,
 * `every 5 s`) and by questions (`{"cmd":"led","on":true}`, `{"cmd":"read"}`, `{"cmd":"info"}`). The machine provides the
 * light and the readings; the rest is the same on a desk and on an ESP32.
 */
#ifndef EARSHOT_EXAMPLE_H
#define EARSHOT_EXAMPLE_H

#include "earshot.h"
#include "readings.h"

/** The machine of the example, besides the port. */
typedef struct example_machine {
  void *context;
  void (*set_led)(void *context, bool on);
  /** Writes a reading as JSON and a NUL. */
  void (*read)(void *context, char *json, size_t capacity);
  /** Writes members of a JSON object that describe the machine, such as `"heap":1,"reset":"power-on"`, and a NUL. */
  void (*describe)(void *context, char *members, size_t capacity);
} example_machine;

/** Bytes of a reading at most, with its NUL. */
#define EXAMPLE_READING_MAX 256

/** Most peers remembered that were sent the list of commands. */
#define EXAMPLE_HELPED 8

typedef struct example_helped {
  char id[EARSHOT_ID + 1];
  earshot_ms until; /**< it is remembered until then; 0: a free entry */
  unsigned times;
} example_helped;

typedef struct example {
  earshot *board;
  const earshot_port *port;
  const example_machine *machine;
  bool led;
  earshot_ms started;
  readings readings;
  example_helped helped[EXAMPLE_HELPED];
} example;

/** Resumes the readings that were requested before. Set the handlers below, too. */
void example_start(example *app, earshot *board, const earshot_port *port, const example_machine *machine);
/** Sends readings that are due; returns the milliseconds until the next one is. `context` is the example. */
uint32_t example_poll(void *context);

/* The handlers of the example, with it as context: set them as handlers of the board, or call them from your own. */

/** Handles a chat: obeys it, or answers with the list of commands. */
void example_hear(void *context, const earshot_chat *chat);
/** Handles a peer that came or went. */
void example_see(void *context, earshot_peer peer, bool up);
#if EARSHOT_ASK
/** Handles a question: answers it, or says what it understands. */
void example_asked(void *context, const earshot_question *question);
#endif
/** Handles the end of a message. */
void example_learn(void *context, const char *id, earshot_peer to, earshot_result result, const char *why);

/**
 * Runs the example as an application (earshot_app.h). `program` is its name and version; NULL: those of the build.
 */
void example_run(const example_machine *machine, const char *program);

#endif
