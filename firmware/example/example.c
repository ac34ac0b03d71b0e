#include "example.h"

#include <stdio.h>
#include <string.h>

/** Bytes of a line that are looked at; longer than any command. */
#define COMMAND_MAX 32
#define EVERY_MAX_S 86400
#define HELP_BEGINS "I know: "
#define HELP HELP_BEGINS "led on, led off, every 5 s (up to 86400), stop, status"
/** Most lists of commands to a peer in a minute, so that two programs do not answer each other for ever. */
#define HELP_TIMES 5
#define HELP_EVERY_MS 60000

static void answer(example *app, const char *to, const char *text) {
  earshot_numbers numbers;
  earshot_stats(app->board, &numbers);
  /* Unacknowledged answers must leave room for readings. */
  if (numbers.waiting < EARSHOT_OUTBOX_MESSAGES * 3 / 4) (void)earshot_say(app->board, to, text);
}

static void set_led(example *app, const char *from, bool on) {
  app->led = on;
  app->machine->set_led(app->machine->context, on);
  answer(app, from, on ? "led is on" : "led is off");
}

static void send_every(example *app, const char *from, unsigned seconds) {
  static const char FULL[] = "%d others have readings already: one of them has to say stop";
  char text[64];
  earshot_result result = readings_set(&app->readings, from, seconds);
  const char *until = result == EARSHOT_IO ? ", until I am started again" : "";
  if (result == EARSHOT_FULL) snprintf(text, sizeof text, FULL, READINGS_LISTENERS);
  else if (seconds > 0) snprintf(text, sizeof text, "a reading every %u s%s", seconds, until);
  else snprintf(text, sizeof text, "no more readings%s", until);
  answer(app, from, text);
}

static void tell_status(example *app, const char *from) {
  earshot_numbers numbers;
  char every[32] = "no readings";
  char text[160];
  unsigned seconds = (unsigned)readings_every(&app->readings, from);
  if (seconds > 0) snprintf(every, sizeof every, "a reading every %u s", seconds);
  earshot_stats(app->board, &numbers);
  snprintf(text, sizeof text, "led is %s; %s for you; peers %u, sessions %u, waiting %u, delivered %u",
           app->led ? "on" : "off", every, (unsigned)numbers.peers, (unsigned)numbers.sessions,
           (unsigned)numbers.waiting, (unsigned)numbers.delivered);
  answer(app, from, text);
}

/** Parses `every 5 s`. */
static bool read_every(const char *line, unsigned *seconds) {
  static const char EVERY[] = "every ";
  if (strncmp(line, EVERY, sizeof EVERY - 1) != 0) return false;
  const char *digits = line + sizeof EVERY - 1;
  const char *end = digits;
  unsigned number = 0;
  for (; *end >= '0' && *end <= '9' && number <= EVERY_MAX_S; end++)
    number = 10 * number + (unsigned)(*end - '0');
  if (end == digits || number > EVERY_MAX_S) return false;
  while (*end == ' ') end++;
  *seconds = number;
  return strcmp(end, "s") == 0;
}

/** Copies a line in lower case, for phones capitalise the first letter; cut to the length of the longest command. */
static const char *lower(const char *text, char line[COMMAND_MAX + 1]) {
  size_t length = 0;
  for (; length < COMMAND_MAX && text[length] != '\0'; length++) {
    char c = text[length];
    line[length] = (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
  }
  line[length] = '\0';
  return line;
}

/** True, and counts it, if the list of commands may be sent to a peer now. */
static bool may_help(example *app, const char *from) {
  earshot_ms now = app->port->now(app->port->context);
  example_helped *place = NULL;
  for (unsigned i = 0; i < EXAMPLE_HELPED; i++) {
    example_helped *one = &app->helped[i];
    if (now >= one->until) place = one;
    else if (strcmp(one->id, from) == 0) return one->times++ < HELP_TIMES;
  }
  if (place == NULL) return false;
  snprintf(place->id, sizeof place->id, "%s", from);
  place->until = now + HELP_EVERY_MS;
  place->times = 1;
  return true;
}

static bool obey(example *app, const char *from, const char *line) {
  unsigned seconds;
  if (strcmp(line, "led on") == 0) set_led(app, from, true);
  else if (strcmp(line, "led off") == 0) set_led(app, from, false);
  else if (strcmp(line, "status") == 0) tell_status(app, from);
  else if (strcmp(line, "stop") == 0) send_every(app, from, 0);
  else if (read_every(line, &seconds)) send_every(app, from, seconds);
  else return false;
  return true;
}

void example_hear(void *context, const earshot_chat *chat) {
  example *app = context;
  char line[COMMAND_MAX + 1] = {0};
  if (obey(app, chat->from.id, lower(chat->text, line)) || chat->to_all) return;
  /* The answer of another board that did not understand us. */
  if (strncmp(chat->text, HELP_BEGINS, sizeof HELP_BEGINS - 1) == 0) return;
  if (may_help(app, chat->from.id)) answer(app, chat->from.id, HELP);
}

void example_see(void *context, earshot_peer peer, bool up) {
  example *app = context;
  readings_peer(&app->readings, peer.id, up);
}

void example_learn(void *context, const char *id, earshot_peer to, earshot_result result, const char *why) {
  example *app = context;
  (void)id;
  (void)result;
  (void)why;
  readings_ended(&app->readings, to.id);
}

void example_start(example *app, earshot *board, const earshot_port *port, const example_machine *machine) {
  memset(app, 0, sizeof *app);
  app->board = board;
  app->port = port;
  app->machine = machine;
  app->started = port->now(port->context);
  readings_start(&app->readings, port);
}

static void send_reading(example *app, const char *to) {
  char json[EXAMPLE_READING_MAX];
  app->machine->read(app->machine->context, json, sizeof json);
  earshot_document reading = {
      .name = "readings.jsonl", .stream = "readings", .body = json, .length = strlen(json), .newest = true};
  if (earshot_send(app->board, to, &reading) != EARSHOT_OK) readings_ended(&app->readings, to);
}

uint32_t example_poll(void *context) {
  example *app = context;
  earshot_ms now = app->port->now(app->port->context);
  const char *to;
  while ((to = readings_due(&app->readings, now)) != NULL) send_reading(app, to);
  return readings_wait(&app->readings, now);
}
