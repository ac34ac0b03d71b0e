/**
 * An application of a board: the same file runs on a chip and on a desk. It defines app_main and hands over what is its
 * own; network, group, console, storage, watchdog and the loop are the library's.
 *
 *   static void hear(void *context, const earshot_chat *chat) { … }
 *
 *   void app_main(void) {
 *     static const earshot_app app = {.start = start, .poll = poll, .chat = hear};
 *     earshot_app_run(&app);
 *   }
 *
 * All of it is called from one task, the one that calls the core.
 */
#ifndef EARSHOT_APP_H
#define EARSHOT_APP_H

#include "earshot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parts that an application adds. Each may be left out. */
typedef struct earshot_app {
  const char *program; /**< name and version, such as `greenhouse/1.0`; NULL: those of the build */
  void *context;       /**< given to each of the functions below */
  /** Called once, when the board runs: it may send and ask from now on. Both pointers stay valid. */
  void (*start)(void *context, earshot *board, const earshot_port *port);
  /** Called before each poll of the core. Returns the milliseconds after which it wants to be called again at the latest. */
  uint32_t (*poll)(void *context);
  /**
   * Called with a line that is no command of the console: on a desk each such line, on a chip what follows `app`. False:
   * it is not understood.
   */
  bool (*typed)(void *context, const char *line);
  /* As the handlers of earshot.h, after the console has shown the event. */
  earshot_chat_handler chat;
  earshot_document_handler document; /**< not called without storage: then documents are refused */
  earshot_peer_handler peer;
  earshot_sent_handler sent;
#if EARSHOT_ASK
  earshot_ask_handler ask;
  earshot_answer_handler answer;
#endif
} earshot_app;

/**
 * Runs an application, which must outlive it. On a chip it starts the tasks and returns; on a desk it returns when the
 * program has been ended.
 */
void earshot_app_run(const earshot_app *app);

/**
 * Stops the task that calls the core, and returns the board: another task may use it until earshot_app_release. Only for
 * a moment: watchdog and peers wait. What it sends leaves within a second. NULL before `start`; release it then, too.
 */
earshot *earshot_app_hold(void);
void earshot_app_release(void);

/** Returns the signal strength of the access point, dBm; 0 if there is none. */
int earshot_app_signal(void);

/** The application: ESP-IDF calls this on a chip, the program on a desk. */
void app_main(void);

#ifdef __cplusplus
}
#endif

#endif
