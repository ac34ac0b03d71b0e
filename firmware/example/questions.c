/** Answers of the example to questions. */
#include <stdio.h>

#include "example.h"

#if EARSHOT_ASK

#include "flat_json.h"

#define KNOWN "I know {\"cmd\":\"led\",\"on\":true}, {\"cmd\":\"read\"}, {\"cmd\":\"info\"}"

/** The state of the light that a question wants; false if it says none. */
static bool read_on(const es_flat *question, bool *on) {
  const es_member *member = es_flat_find(question, "on");
  if (member == NULL || (member->kind != ES_TRUE && member->kind != ES_FALSE)) return false;
  *on = member->kind == ES_TRUE;
  return true;
}

static void set_led(example *app, bool on, char *json, size_t capacity) {
  app->led = on;
  app->machine->set_led(app->machine->context, on);
  snprintf(json, capacity, "{\"led\":%s}", on ? "true" : "false");
}

static void describe(const example *app, char *json, size_t capacity) {
  char members[EXAMPLE_READING_MAX];
  earshot_ms up = app->port->now(app->port->context) - app->started;
  app->machine->describe(app->machine->context, members, sizeof members);
  snprintf(json, capacity, "{\"id\":\"%s\",\"uptime\":%llu,%s}", earshot_id(app->board),
           (unsigned long long)(up / 1000), members);
}

/** Does what a question asks, and writes the answer; false if it is not understood. */
static bool obey(example *app, const es_flat *question, char *json, size_t capacity) {
  const es_member *member = es_flat_find(question, "cmd");
  bool on;
  if (member == NULL || member->kind != ES_STRING) return false;
  es_text command = es_flat_string(question, member);
  if (es_text_is(command, "led") && read_on(question, &on)) set_led(app, on, json, capacity);
  else if (es_text_is(command, "read")) app->machine->read(app->machine->context, json, capacity);
  else if (es_text_is(command, "info")) describe(app, json, capacity);
  else return false;
  return true;
}

void example_asked(void *context, const earshot_question *question) {
  example *app = context;
  es_flat flat;
  char json[EXAMPLE_READING_MAX + 64];
  bool understood = es_flat_read(&flat, (const uint8_t *)question->json, question->length) == EARSHOT_OK &&
                    obey(app, &flat, json, sizeof json);
  /* If the outbox is full, the core asks the sender to try again. */
  if (understood) (void)earshot_answer(app->board, question->ticket, EARSHOT_OK, json);
  else (void)earshot_answer(app->board, question->ticket, EARSHOT_FAILED, KNOWN);
}

#endif
