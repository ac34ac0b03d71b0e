#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "label.h"
#include "system.h"

static const char HELP[] =
    "earshot-board: an Earshot board as a program, to try and to test\n"
    "\n"
    "  --name NAME        its name (board)\n"
    "  --group NAME       an open group (earshot)\n"
    "  --join CODE        a closed group, by its join code\n"
    "  --state FOLDER     stores identity, messages and documents here; without it they are lost at exit\n"
    "  --port NUMBER      TCP port; if it is in use, one of the next 16 (3333)\n"
    "  --quota BYTES      limit of all received documents together (none)\n"
    "  --verbose          log what happens\n";

static const char LINES[] =
    "\n"
    "Lines on standard input: `say TO TEXT`, `send TO FILE-IN-INBOX`, `stream TO NAME JSON`, `ask TO JSON`, "
    "`peer\n"
    "[IP[:PORT] [remove]]`, `status`, `quit`. `peer` takes no name of a host: to look it up again and again "
    "would\n"
    "stop the board for seconds each time.\n"
    "TO is a name, an id, or `all`. Others command the board by chat: `led on`, `led off`, `every 5 s`, "
    "`stop`, `status`;\n"
    "or by a question: `{\"cmd\":\"led\",\"on\":true}`, `{\"cmd\":\"read\"}`, `{\"cmd\":\"info\"}`.\n"
    "\n"
    "Lines on standard output: `ready ID PORT NAME`, `up ID NAME`, `gone ID NAME`, `chat ID all|you TEXT`,\n"
    "`document ID MESSAGE FILE BYTES NAME`, `sent MESSAGE` for a line that sends (for several recipients, "
    "the\n"
    "last one's), then `delivered MESSAGE ID` or `RESULT MESSAGE ID REASON`, `led on|off`, `status ...`, "
    "`ask ID\n"
    "MESSAGE JSON` for a question, `answer MESSAGE ID RESULT JSON-OR-REASON` for the end of one of its own,\n"
    "`peers IP...` after `peer`, and "
    "`failed COMMAND RESULT` for a line that failed.\n";

static void wrong(const char *form, ...) __attribute__((format(printf, 1, 2), noreturn));
static void wrong(const char *form, ...) {
  va_list values;
  va_start(values, form);
  fprintf(stderr, "earshot-board: ");
  vfprintf(stderr, form, values);
  fprintf(stderr, "; see earshot-board --help\n");
  va_end(values);
  exit(2);
}

static unsigned long number(const char *what, const char *text, unsigned long least, unsigned long most) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most)
    wrong("invalid %s \"%s\": expected %lu to %lu", what, text, least, most);
  return value;
}

void options_read(board_options *options, int count, char **arguments) {
  static const struct option KNOWN[] = {
      {"name", required_argument, NULL, 'n'},
      {"group", required_argument, NULL, 'g'},
      {"join", required_argument, NULL, 'j'},
      {"state", required_argument, NULL, 's'},
      {"interface", required_argument, NULL, 'i'},
      {"port", required_argument, NULL, 'p'},
      {"quota", required_argument, NULL, 'q'},
      {"address", required_argument, NULL, 'a'},
      {"mac", required_argument, NULL, 'm'},
      {"verbose", no_argument, NULL, 'v'},
      {"help", no_argument, NULL, 'h'},
      {NULL, 0, NULL, 0},
  };
  options->settings = (earshot_settings){.name = "board", .kind = "host", .app = BOARD_APP};
  options->port = (posix_options){.tcp_port = 3333};
  for (int option; (option = getopt_long(count, arguments, "", KNOWN, NULL)) >= 0;) {
    switch (option) {
      case 'n': options->settings.name = optarg; break;
      case 'g': options->settings.group = optarg; break;
      case 'j': options->settings.join_code = optarg; break;
      case 's': options->port.state = optarg; break;
      case 'i':
        if (options->port.interface_count == OPTIONS_INTERFACES)
          wrong("too many interfaces: at most %d", OPTIONS_INTERFACES);
        options->interfaces[options->port.interface_count++] = optarg;
        options->port.interfaces = options->interfaces;
        break;
      case 'p': options->port.tcp_port = (uint16_t)number("port", optarg, 1, 65000); break;
      case 'q': options->port.quota = number("quota", optarg, 0, UINT32_MAX); break;
      case 'a': options->address = optarg; break;
      case 'm': options->mac = optarg; break;
      case 'v': options->port.verbose = true; break;
      case 'h': printf("%s%s%s", HELP, system_help, LINES); exit(0);
      default: fprintf(stderr, "see earshot-board --help\n"); exit(2);
    }
  }
  const char *name = options->settings.name;
  if (!es_is_label((const uint8_t *)name, strlen(name)))
    wrong("invalid name \"%s\": a name can be " ES_LABEL_RULE, name);
  if (options->settings.group != NULL && options->settings.join_code != NULL)
    wrong("--group is for an open group, --join for a closed one: use one of them");
  if (optind < count) wrong("unexpected argument \"%s\"", arguments[optind]);
}
