/** The example as an application of earshot_app.h. */
#include "earshot_app.h"
#include "example.h"

static example state;
static const example_machine *machine_of_it;

static void start(void *context, earshot *board, const earshot_port *port) {
  example_start(context, board, port, machine_of_it);
}

void example_run(const example_machine *machine, const char *program) {
  static earshot_app app = {
    .context = &state,
    .start = start,
    .poll = example_poll,
    .chat = example_hear,
    .peer = example_see,
    .sent = example_learn,
#if EARSHOT_ASK
    .ask = example_asked,
#endif
  };
  machine_of_it = machine;
  app.program = program;
  earshot_app_run(&app);
}
