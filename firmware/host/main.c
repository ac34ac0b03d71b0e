/**
 * earshot-board: the core and an application (earshot_app.h) as a program. It prints a line for each event.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "earshot_app.h"
#include "earshot_state.h"
#include "system.h"

#define LINE_MAX_BYTES 8192
#define LEAVE_WITHIN_MS 1000

static struct earshot board;
static const earshot_port *port;
static const earshot_app *app;
static board_options options;
static int exit_code;
static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

/* Events. Names and texts come from the network: other characters than printable ASCII become `?`. */

static void print_text(const char *text) {
  for (; *text != '\0'; text++) putchar(*text >= ' ' && *text <= '~' ? *text : '?');
}

static void peer_changed(void *context, earshot_peer peer, bool up) {
  printf("%s %s ", up ? "up" : "gone", peer.id);
  print_text(peer.name);
  putchar('\n');
  if (app->peer != NULL) app->peer(context, peer, up);
}

static void hear(void *context, const earshot_chat *chat) {
  printf("chat %s %s ", chat->from.id, chat->to_all ? "all" : "you");
  print_text(chat->text);
  putchar('\n');
  if (app->chat != NULL) app->chat(context, chat);
}

static earshot_result take(void *context, const earshot_received *document) {
  if (document->file == NULL) return EARSHOT_REFUSED;
  printf("document %s %s %s %llu ", document->from.id, document->id, document->file,
         (unsigned long long)document->size);
  print_text(document->name);
  putchar('\n');
  return app->document != NULL ? app->document(context, document) : EARSHOT_OK;
}

#if EARSHOT_ASK
static void asked(void *context, const earshot_question *question) {
  printf("ask %s %s ", question->from.id, question->id);
  print_text(question->json);
  putchar('\n');
  app->ask(context, question);
}

static void answered(void *context, const earshot_reply *reply) {
  printf("answer %s %s %s ", reply->question, reply->from.id, earshot_result_name(reply->result));
  print_text(reply->json);
  print_text(reply->why);
  putchar('\n');
  if (app->answer != NULL) app->answer(context, reply);
}
#endif

static void ended(void *context, const char *id, earshot_peer to, earshot_result result, const char *why) {
  printf("%s %s %s", result == EARSHOT_OK ? "delivered" : earshot_result_name(result), id, to.id);
  if (*why != '\0') putchar(' ');
  print_text(why);
  putchar('\n');
  if (app->sent != NULL) app->sent(context, id, to, result, why);
}

/* Standard input. */

static char *word(char **line) {
  char *start = *line;
  char *space = strchr(start, ' ');
  if (space == NULL) {
    *line = start + strlen(start);
  } else {
    *space = '\0';
    *line = space + 1;
  }
  return start;
}

static void tell_status(void) {
  earshot_numbers n;
  earshot_stats(&board, &n);
  printf("status peers=%u sessions=%u waiting=%u delivered=%u chats=%u documents=%u twins=%u\n",
         (unsigned)n.peers, (unsigned)n.sessions, (unsigned)n.waiting, (unsigned)n.delivered,
         (unsigned)n.chats_received, (unsigned)n.documents_received, (unsigned)n.twins);
}

/** Sends the message of a command line without its first word. */
static earshot_result send_line(const char *command, char *line) {
  const char *to = word(&line);
  earshot_document document = {.name = line, .file = line};
  if (*line == '\0') return EARSHOT_ARGUMENT;
  if (strcmp(to, "all") == 0) to = NULL;
  if (strcmp(command, "say") == 0) return earshot_say(&board, to, line);
#if EARSHOT_ASK
  if (strcmp(command, "ask") == 0) return earshot_ask(&board, to, line, 0);
#endif
  if (strcmp(command, "stream") == 0) {
    document = (earshot_document){.name = word(&line)};
    document.stream = document.name;
    document.body = line;
    document.length = strlen(line);
  }
  return earshot_send(&board, to, &document);
}

#if EARSHOT_HEARSAY
/** `peer` lists, `peer HOST` names a peer, `peer HOST remove` names it no more. */
static void name_peer(char *line) {
  const char *host = word(&line);
  const char *named;
  if (*host != '\0') {
    bool remove = strcmp(line, "remove") == 0;
    earshot_result result = EARSHOT_ARGUMENT;
    if (remove) result = earshot_remove_peer(&board, host);
    else if (*line == '\0') result = earshot_add_peer(&board, host);
    if (result != EARSHOT_OK) printf("failed peer %s\n", earshot_result_name(result));
    if (result != EARSHOT_OK) return;
  }
  printf("peers");
  for (unsigned i = 0; (named = earshot_added_peer(&board, i)) != NULL; i++) printf(" %s", named);
  printf("\n");
}
#endif

static bool sends(const char *command) {
  return strcmp(command, "say") == 0 || strcmp(command, "send") == 0 || strcmp(command, "stream") == 0 ||
         (EARSHOT_ASK && strcmp(command, "ask") == 0);
}

static void obey(char *line) {
  char whole[LINE_MAX_BYTES];
  snprintf(whole, sizeof whole, "%s", line);
  const char *command = word(&line);
  if (strcmp(command, "quit") == 0) {
    stopped = 1;
  } else if (strcmp(command, "status") == 0) {
    tell_status();
#if EARSHOT_HEARSAY
  } else if (strcmp(command, "peer") == 0) {
    name_peer(line);
#endif
  } else if (sends(command)) {
    earshot_result result = send_line(command, line);
    if (result == EARSHOT_OK) printf("sent %s\n", earshot_last_id(&board));
    else printf("failed %s %s\n", command, earshot_result_name(result));
  } else if ((app->typed == NULL || !app->typed(app->context, whole)) && *command != '\0') {
    printf("failed ");
    print_text(command);
    printf(" unknown\n");
  }
}

/** Reads standard input, and obeys complete lines; false at its end. */
static bool read_input(void) {
  static char held[LINE_MAX_BYTES];
  static size_t length;
  static bool too_long;
  ssize_t got = read(0, held + length, sizeof held - 1 - length);
  if (got <= 0) return false;
  length += (size_t)got;
  held[length] = '\0';
  char *start = held;
  for (char *end; (end = strchr(start, '\n')) != NULL; start = end + 1) {
    *end = '\0';
    if (!too_long) obey(start);
    too_long = false;
  }
  length -= (size_t)(start - held);
  memmove(held, start, length);
  if (length == sizeof held - 1) {
    if (!too_long) printf("failed line too-long\n");
    too_long = true;
    length = 0;
  }
  return true;
}

static void run(void) {
  bool input = true;
  while (!stopped) {
    if (system_network_changed()) earshot_network_changed(&board);
    uint32_t due = app->poll != NULL ? app->poll(app->context) : UINT32_MAX;
    uint32_t wait = earshot_poll(&board);
    if (system_wait(due < wait ? due : wait, input)) input = read_input();
  }
}

static bool anything_waits(void) {
  earshot_numbers numbers;
  earshot_stats(&board, &numbers);
  return numbers.waiting > 0;
}

static void leave(void) {
  earshot_ms end = port->now(port->context) + LEAVE_WITHIN_MS;
  /* Gives the last messages a second to be delivered. */
  while (anything_waits() && port->now(port->context) < end) system_wait(earshot_poll(&board), false);
  end = port->now(port->context) + LEAVE_WITHIN_MS;
  while (!earshot_close(&board) && port->now(port->context) < end) {
    system_wait(earshot_poll(&board), false);
  }
  system_close();
}

/** The error message if a board cannot start: the reason, and what to do. */
static const char *why_not(earshot_result result) {
  switch (result) {
    case EARSHOT_ARGUMENT: return "invalid group: expected 1 to 32 of a-z, 0-9 and hyphen";
    case EARSHOT_CHECK:
      return "the join code has a wrong character; compare it with the one that was printed";
    case EARSHOT_SHAPE:
    case EARSHOT_NAME:
      return "invalid join code: expected one such as lab.7k2m…, which `earshot group new` prints";
    case EARSHOT_QUOTA: return "the disk is full; free some space, or choose another --state";
    case EARSHOT_IO: return "cannot read or write the state folder; choose another --state";
    default: return "the board cannot start";
  }
}

static void set_handlers(void) {
  earshot_on_chat(&board, hear, app->context);
  earshot_on_document(&board, take, app->context);
  earshot_on_peer(&board, peer_changed, app->context);
  earshot_on_sent(&board, ended, app->context);
#if EARSHOT_ASK
  earshot_on_ask(&board, app->ask != NULL ? asked : NULL, app->context);
  earshot_on_answer(&board, answered, app->context);
#endif
}

void earshot_app_run(const earshot_app *application) {
  app = application;
  if (app->program != NULL) options.settings.app = app->program;
  const char *problem = system_open(&options, &port);
  if (problem != NULL) {
    fprintf(stderr, "earshot-board: %s\n", problem);
    exit_code = 1;
    return;
  }
  earshot_result result = earshot_init(&board, sizeof board, port, &options.settings);
  if (result != EARSHOT_OK) {
    fprintf(stderr, "earshot-board: %s (%s)\n", why_not(result), earshot_result_name(result));
    exit_code = 2;
    return;
  }
  set_handlers();
  printf("ready %s %u %s\n", earshot_id(&board), port->tcp_port, options.settings.name);
  if (app->start != NULL) app->start(app->context, &board, port);
  run();
  leave();
}

/* There is one task: whoever calls these is it. */
earshot *earshot_app_hold(void) {
  return port != NULL && earshot_id(&board)[0] != '\0' ? &board : NULL;
}

void earshot_app_release(void) {}

int earshot_app_signal(void) {
  return 0;
}

int main(int count, char **arguments) {
  options_read(&options, count, arguments);
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGINT, stop);
  signal(SIGTERM, stop);
  app_main();
  return exit_code;
}
