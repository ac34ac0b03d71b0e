/**
 * A door bell: a press sends a document to whoever said `ring me` last, or to everybody if nobody did. On a chip the
 * button is BOOT, on a desk Enter.
 */
#include <string.h>

#include "button.h"
#include "earshot_app.h"

static earshot *board;
static char ringed[EARSHOT_ID + 1]; /* empty: everybody */

static void start(void *context, earshot *started, const earshot_port *port) {
  (void)context, (void)port;
  board = started;
  button_start();
  (void)earshot_get(board, "ringed", ringed, sizeof ringed, NULL);
}

static void ring(void) {
  static const char PRESSED[] = "{\"pressed\":true}";
  const earshot_document press = {.name = "bell.json", .body = PRESSED, .length = sizeof PRESSED - 1};
  (void)earshot_send(board, ringed[0] != '\0' ? ringed : NULL, &press);
}

static uint32_t poll(void *context) {
  (void)context;
  if (button_pressed()) ring();
  return BUTTON_EVERY_MS;
}

/** An empty line rings, too. */
static bool typed(void *context, const char *line) {
  (void)context;
  if (line[0] == '\0') ring();
  return line[0] == '\0';
}

static void hear(void *context, const earshot_chat *chat) {
  (void)context;
  if (strcmp(chat->text, "ring me") != 0) return;
  memcpy(ringed, chat->from.id, sizeof ringed);
  bool kept = earshot_put(board, "ringed", ringed, sizeof ringed) == EARSHOT_OK;
  (void)earshot_say(board, chat->from.id, kept ? "I ring you" : "I ring you until I am started again");
}

void app_main(void) {
  static const earshot_app app = {
      .program = "doorbell/1.0", .start = start, .poll = poll, .typed = typed, .chat = hear};
  earshot_app_run(&app);
}
