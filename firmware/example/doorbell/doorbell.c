/**
 * A complete application: a door bell on a desk. Enter rings at the peer named on the command line; chat messages are
 * printed. On a chip, only the port and the button differ.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "earshot_state.h"
#include "posix_port.h"

static struct earshot board;
static posix_port port;
static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

/** Prints text from the network, which may contain terminal escapes: replaces all but printable ASCII. */
static void print_text(const char *text) {
  for (; *text != '\0'; text++) putchar(*text >= ' ' && *text <= '~' ? *text : '?');
}

static void hear(void *context, const earshot_chat *chat) {
  (void)context;
  print_text(chat->from.name);
  printf(": ");
  print_text(chat->text);
  putchar('\n');
}

static void ended(void *context, const char *id, earshot_peer to, earshot_result result, const char *why) {
  (void)context, (void)id;
  print_text(to.name);
  printf(": %s ", result == EARSHOT_OK ? "has it" : earshot_result_name(result));
  print_text(why);
  putchar('\n');
}

static void ring(const char *whom) {
  static const char PRESSED[] = "{\"pressed\":true}";
  const earshot_document press = {.name = "bell.json", .body = PRESSED, .length = sizeof PRESSED - 1};
  earshot_result result = earshot_send(&board, whom, &press);
  /* `no-peer`: no peer of that name was ever heard. A message to a known peer that is offline waits for it. */
  if (result != EARSHOT_OK) printf("%s: %s\n", whom, earshot_result_name(result));
}

int main(int count, char **arguments) {
  const posix_options options = {.state = "door"};
  const earshot_settings settings = {.name = "door", .kind = "host", .app = "doorbell/1.0"};
  if (count != 2) return fprintf(stderr, "usage: doorbell NAME-OF-A-PEER\n"), 2;
  const char *problem = posix_port_open(&port, &options);
  if (problem == NULL && earshot_init(&board, sizeof board, &port.port, &settings) != EARSHOT_OK)
    problem = "the board cannot start";
  if (problem != NULL) return fprintf(stderr, "doorbell: %s\n", problem), 1;
  earshot_on_chat(&board, hear, NULL);
  earshot_on_sent(&board, ended, NULL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGINT, stop);
  bool input = true;
  while (!stopped) {
    if (posix_port_links_changed(&port)) earshot_network_changed(&board);
    bool pressed = posix_port_wait(&port, earshot_poll(&board), input);
    char line[64];
    if (pressed && (input = read(0, line, sizeof line) > 0)) ring(arguments[1]);
  }
  earshot_ms end = port.port.now(&port) + 1000;
  while (!earshot_close(&board) && port.port.now(&port) < end)
    posix_port_wait(&port, earshot_poll(&board), false);
  posix_port_close(&port);
  return 0;
}
