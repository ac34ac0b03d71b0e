// An application in C++: starts a board on this machine, and calls what an application calls. tests/cpp.sh runs it.
#include <cstdio>
#include <cstring>

#include "earshot_state.h"
#include "posix_port.h"

static earshot board;
static posix_port port;

int main() {
  static const char *const interfaces[] = {"lo"};
  posix_options options = {};
  options.interfaces = interfaces;
  options.interface_count = 1;
  const char *problem = posix_port_open(&port, &options);
  if (problem != nullptr) return std::fprintf(stderr, "%s\n", problem), 1;
  earshot_settings settings = {};
  settings.name = "cpp";
  settings.kind = "host";
  settings.app = "cpp/1";
  settings.group = "cpp-test";
  earshot_result result = earshot_init(&board, sizeof board, &port.port, &settings);
  if (result != EARSHOT_OK) return std::fprintf(stderr, "%s\n", earshot_result_name(result)), 1;
  earshot_on_chat(&board, [](void *, const earshot_chat *chat) { std::puts(chat->text); }, nullptr);
  earshot_document document = {};
  document.name = "t.json";
  document.body = "1";
  document.length = 1;
  if (earshot_send(&board, "nobody", &document) != EARSHOT_NO_PEER) return 1;
  double number = 0;
  if (!earshot_json_number("{\"t\":21.5}", "t", -40, 80, &number) || number != 21.5) return 1;
  while (!earshot_close(&board)) posix_port_wait(&port, earshot_poll(&board), false);
  posix_port_close(&port);
  return 0;
}
