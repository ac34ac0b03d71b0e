#include "app_console.h"

#include <esp_console.h>
#include <esp_err.h>
#include <esp_system.h>
#include <sdkconfig.h>
#include <stdio.h>
#include <string.h>

#include "app_inbox.h"
#include "app_task.h"
#include "app_update.h"
#include "app_wifi.h"
#include "label.h"
#include "member.h"

/** Stack for the crypto library, which checks join codes, for LittleFS, and for what the application does with a line. */
#define STACK_BYTES 8192
/** Bytes of a line for the application; ESP-IDF takes no longer one. */
#define COMMAND_MAX 256

static const es_settings *current;

/** Prints the result of a command that made a setting. */
static int set(bool stored) {
  if (!stored) {
    printf("The setting could not be saved. Try again, or erase the flash and write it again.\n");
    return 1;
  }
  printf("Saved. The board restarts.\n");
  es_task_restart();
  return 0;
}

static int use(const char *usage) {
  printf("Usage: %s\n", usage);
  return 1;
}

static int set_wifi(int count, char **words) {
  if (count < 2 || count > 3) return use("wifi NAME [PASSWORD]  (with spaces: \"my network\")");
  const char *password = count == 3 ? words[2] : "";
  size_t length = strlen(password);
  if (words[1][0] == '\0' || strlen(words[1]) > ES_SETTINGS_WIFI_NAME) {
    printf("Invalid name of a Wi-Fi network: expected 1 to 32 bytes.\n");
    return 1;
  }
  bool is_key = length == ES_SETTINGS_WIFI_PASSWORD && strspn(password, "0123456789abcdefABCDEF") == length;
  if (length != 0 && !is_key && (length < 8 || length >= ES_SETTINGS_WIFI_PASSWORD)) {
    printf(
        "Invalid Wi-Fi password: expected 8 to 63 characters, or a key of 64 digits 0-9 a-f; leave it out "
        "for an "
        "open network.\n");
    return 1;
  }
  return set(es_settings_set_wifi(words[1], password));
}

static int set_name(int count, char **words) {
  if (count != 2) return use("name NAME");
  if (!es_is_label((const uint8_t *)words[1], strlen(words[1]))) {
    printf("Invalid name: a name can be " ES_LABEL_RULE ".\n");
    return 1;
  }
  return set(es_settings_set_name(words[1]));
}

static int set_join_code(int count, char **words) {
  if (count != 2) return use("join CODE  (as `earshot group new` printed it on a computer)");
  earshot_result result =
      strlen(words[1]) <= ES_SETTINGS_JOIN_CODE ? es_task_check_join_code(words[1]) : EARSHOT_SHAPE;
  if (result == EARSHOT_CHECK) {
    printf("The join code has a wrong character; compare it with the one on the computer.\n");
    return 1;
  }
  if (result != EARSHOT_OK) {
    printf("Invalid join code (%s): expected one such as lab.7k2m...\n", earshot_result_name(result));
    return 1;
  }
  return set(es_settings_set_group(NULL, words[1]));
}

static int set_group(int count, char **words) {
  if (count > 2) return use("group [NAME]  (an open group; without NAME: " CONFIG_EARSHOT_GROUP ")");
  const char *name = count == 2 ? words[1] : CONFIG_EARSHOT_GROUP;
  if (!es_is_text(ES_V_WORD, name)) {
    printf("Invalid name of a group: expected 1 to 32 of a-z, 0-9 and hyphen.\n");
    return 1;
  }
  return set(es_settings_set_group(name, NULL));
}

static int update(int count, char **words) {
  if (count != 2) return use("update FILE  (a document in the inbox)");
  if (!es_update_command(stdout, words[1])) return 1;
  es_task_restart();
  return 0;
}

static int look_into_inbox(int count, char **words) {
  return es_inbox_command(stdout, count, words);
}

/** Hands the words after `app` to the application, with a space between two. */
static int tell_application(int count, char **words) {
  char line[COMMAND_MAX] = "";
  size_t length = 0;
  for (int i = 1; i < count && length < sizeof line; i++)
    length += (size_t)snprintf(line + length, sizeof line - length, "%s%s", i > 1 ? " " : "", words[i]);
  if (es_task_type(line)) return 0;
  printf("The application does not understand this.\n");
  return 1;
}

static void show_wifi(void) {
  char address[16];
  es_wifi_address(address, sizeof address);
  if (current->wifi_name[0] == '\0') printf("wifi      not set: wifi NAME PASSWORD\n");
  else if (!es_wifi_is_up()) printf("wifi      joining %s\n", current->wifi_name);
  else printf("wifi      %s, %d dBm, %s\n", current->wifi_name, es_wifi_rssi(), address);
}

#if EARSHOT_HEARSAY
static int name_peer(int count, char **words) {
  bool remove = count == 3 && strcmp(words[2], "remove") == 0;
  if (count > 3 || (count == 3 && !remove)) return use("peer [IP[:PORT] [remove]]");
  earshot *board = earshot_app_hold();
  earshot_result result = board != NULL ? EARSHOT_OK : EARSHOT_AGAIN;
  if (result == EARSHOT_OK && remove) result = earshot_remove_peer(board, words[1]);
  else if (result == EARSHOT_OK && count == 2) result = earshot_add_peer(board, words[1]);
  const char *named;
  for (unsigned i = 0; result == EARSHOT_OK && (named = earshot_added_peer(board, i)) != NULL; i++)
    printf("%s\n", named);
  earshot_app_release();
  switch (result) {
    case EARSHOT_OK: return 0;
    case EARSHOT_AGAIN: printf("The board is not running yet: see the messages at its start.\n"); return 1;
    case EARSHOT_ABSENT: printf("%s is not named; `peer` lists those that are.\n", words[1]); return 1;
    case EARSHOT_FULL:
      printf("%d peers are named, and there is no room for more; remove one.\n", EARSHOT_NAMED);
      return 1;
    case EARSHOT_ARGUMENT:
      printf(
          "Invalid address \"%s\": expected one such as 10.0.0.7, 10.0.0.7:3334 or [fd00::7]:3334.\n"
          "No name of a host: to look it up again and again would stop the board for seconds each time.\n",
          words[1]);
      return 1;
    default: printf("It could not be saved (%s).\n", earshot_result_name(result)); return 1;
  }
}
#endif

static int show_status(int count, char **words) {
  (void)count;
  (void)words;
  es_task_status status;
  es_task_get_status(&status);
  const earshot_numbers *n = &status.numbers;
  const char *dot = strchr(current->join_code, '.');
  printf("name      %s\n", current->name);
  printf("id        %s\n", status.running ? status.id : "not running: see the messages at its start");
  if (dot == NULL) printf("group     %s (open: join CODE closes it)\n", current->group);
  else printf("group     %.*s (closed)\n", (int)(dot - current->join_code), current->join_code);
  if (n->twins > 0)
    printf("TWIN      another board has this identity: erase the flash of one, and flash it again\n");
  show_wifi();
  printf("peers     %u, sessions %u\n", (unsigned)n->peers, (unsigned)n->sessions);
  printf("sent      %u, waiting %u, refused %u\n", (unsigned)n->delivered, (unsigned)n->waiting,
         (unsigned)n->refused);
  printf("received  %u chats, %u documents\n", (unsigned)n->chats_received, (unsigned)n->documents_received);
  printf("memory    %u bytes free, at least %u; %u bytes of stack never used\n",
         (unsigned)esp_get_free_heap_size(), (unsigned)esp_get_minimum_free_heap_size(),
         (unsigned)status.stack_left);
  return 0;
}

static void add(const char *command, const char *hint, const char *help, esp_console_cmd_func_t function) {
  const esp_console_cmd_t entry = {.command = command, .help = help, .hint = hint, .func = function};
  ESP_ERROR_CHECK(esp_console_cmd_register(&entry));
}

/** Opens the console at the connector chosen in menuconfig. */
static esp_err_t open_repl(esp_console_repl_t **repl) {
  esp_console_repl_config_t config = ESP_CONSOLE_REPL_CONFIG_DEFAULT();
  config.prompt = "earshot>";
  config.task_stack_size = STACK_BYTES;
#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG
  const esp_console_dev_usb_serial_jtag_config_t device = ESP_CONSOLE_DEV_USB_SERIAL_JTAG_CONFIG_DEFAULT();
  return esp_console_new_repl_usb_serial_jtag(&device, &config, repl);
#elif CONFIG_ESP_CONSOLE_UART_DEFAULT || CONFIG_ESP_CONSOLE_UART_CUSTOM
  const esp_console_dev_uart_config_t device = ESP_CONSOLE_DEV_UART_CONFIG_DEFAULT();
  return esp_console_new_repl_uart(&device, &config, repl);
#else
#error "The console needs a connector: choose UART or USB Serial/JTAG in menuconfig, ESP System Settings"
#endif
}

void es_console_start(const es_settings *settings) {
  esp_console_repl_t *repl;
  current = settings;
  ESP_ERROR_CHECK(open_repl(&repl));
  add("wifi", "NAME [PASSWORD]", "Join a Wi-Fi network", set_wifi);
  add("name", "NAME", "Set the name of this board", set_name);
  add("join", "CODE", "Join a closed group", set_join_code);
  add("group", "[NAME]", "Join an open group", set_group);
  add("inbox", "[show FILE | remove FILE | remove all]", "List, print or remove received documents",
      look_into_inbox);
#if EARSHOT_HEARSAY
  add("peer", "[IP[:PORT] [remove]]", "List, name or remove peers behind a router", name_peer);
#endif
  add("update", "FILE", "Run the newer program in a received document", update);
  add("app", "WORDS", "Tell the application something", tell_application);
  add("status", NULL, "Show the state of the board", show_status);
  ESP_ERROR_CHECK(esp_console_start_repl(repl));
}
