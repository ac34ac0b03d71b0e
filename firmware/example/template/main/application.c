/** Your application. It answers `{"cmd":"read"}`, and `hello` by chat. Begin with read_sensor. */
#include <stdio.h>
#include <string.h>

#include "earshot_app.h"

static earshot *board;

static double read_sensor(void) {
  return 21.5;
}

static void start(void *context, earshot *started, const earshot_port *port) {
  (void)context, (void)port;
  board = started;
}

static void hear(void *context, const earshot_chat *chat) {
  (void)context;
  if (strcmp(chat->text, "hello") == 0) (void)earshot_say(board, chat->from.id, "hello to you");
}

static void asked(void *context, const earshot_question *question) {
  (void)context;
  char cmd[16];
  char json[64];
  if (!earshot_json_text(question->json, "cmd", cmd, sizeof cmd) || strcmp(cmd, "read") != 0) {
    (void)earshot_answer(board, question->ticket, EARSHOT_FAILED, "I know {\"cmd\":\"read\"}");
    return;
  }
  snprintf(json, sizeof json, "{\"celsius\":%.1f}", read_sensor());
  (void)earshot_answer(board, question->ticket, EARSHOT_OK, json);
}

void app_main(void) {
  static const earshot_app app = {.start = start, .chat = hear, .ask = asked};
  earshot_app_run(&app);
}
