/**
 * A greenhouse: sensors for temperature and soil, a relay for the water, limits that survive a restart. It waters when
 * the soil is dry, and sends readings to the peer that asked for them last. Others ask it:
 *
 *   {"cmd":"read"}   {"cmd":"set","dry":30,"wet":45,"every":60}   {"cmd":"readings","on":true}
 */
#include <stdio.h>
#include <string.h>

#include "earshot_app.h"
#include "pins.h"

/** Kept in storage. */
typedef struct limits {
  double dry; /**< percent: below, the water is switched on */
  double wet; /**< percent: above, it is switched off */
  double every_s;
  char reader[EARSHOT_ID + 1]; /**< the peer that gets readings; empty: none */
} limits;

static earshot *board;
static limits now = {.dry = 30, .wet = 45, .every_s = 60};
static bool water;
static earshot_ms next_look, next_reading;

static void write_reading(char *json, size_t capacity) {
  snprintf(json, capacity, "{\"celsius\":%.1f,\"soil\":%.0f,\"water\":%s}", pins_celsius(), pins_soil(),
           water ? "true" : "false");
}

static void start(void *context, earshot *started, const earshot_port *port) {
  (void)context, (void)port;
  board = started;
  pins_start();
  (void)earshot_get(board, "limits", &now, sizeof now, NULL);
}

static uint32_t poll(void *context) {
  (void)context;
  earshot_ms time = earshot_now(board);
  if (time < next_look) return (uint32_t)(next_look - time);
  next_look = time + 1000;
  double soil = pins_soil();
  if (soil < now.dry) water = true;
  if (soil > now.wet) water = false;
  pins_water(water);
  if (now.reader[0] != '\0' && time >= next_reading) {
    char json[96];
    write_reading(json, sizeof json);
    const earshot_document reading = {.name = "greenhouse.jsonl",
                                      .stream = "greenhouse",
                                      .body = json,
                                      .length = strlen(json),
                                      .passing = true,
                                      .newest = true};
    (void)earshot_send(board, now.reader, &reading);
    next_reading = time + (earshot_ms)(now.every_s * 1000);
  }
  return 1000;
}

/** Does what a question asks; NULL, or why it cannot. */
static const char *obey(const earshot_question *question) {
  char cmd[16];
  bool on;
  limits wanted = now;
  if (!earshot_json_text(question->json, "cmd", cmd, sizeof cmd)) cmd[0] = '\0';
  if (strcmp(cmd, "read") == 0) return NULL;
  if (strcmp(cmd, "set") == 0) {
    (void)earshot_json_number(question->json, "dry", 0, 100, &wanted.dry);
    (void)earshot_json_number(question->json, "wet", 0, 100, &wanted.wet);
    (void)earshot_json_number(question->json, "every", 1, 86400, &wanted.every_s);
    if (wanted.dry >= wanted.wet) return "dry must be less than wet";
  } else if (strcmp(cmd, "readings") == 0 && earshot_json_flag(question->json, "on", &on)) {
    snprintf(wanted.reader, sizeof wanted.reader, "%s", on ? question->from.id : "");
  } else {
    return "I know read, set with dry, wet and every, and readings with on";
  }
  if (earshot_put(board, "limits", &wanted, sizeof wanted) != EARSHOT_OK) return "storage failed";
  now = wanted;
  next_reading = 0;
  return NULL;
}

static void asked(void *context, const earshot_question *question) {
  (void)context;
  char json[96];
  const char *problem = obey(question);
  write_reading(json, sizeof json);
  (void)earshot_answer(board, question->ticket, problem == NULL ? EARSHOT_OK : EARSHOT_FAILED,
                       problem == NULL ? json : problem);
}

/** Nothing here reads documents: they would only fill the flash. */
static earshot_result offered(void *context, const earshot_received *document) {
  (void)context, (void)document;
  return earshot_refuse(board, EARSHOT_REFUSED, "a greenhouse takes questions, and no documents");
}

void app_main(void) {
  static const earshot_app app = {
      .program = "greenhouse/1.0", .start = start, .poll = poll, .ask = asked, .document = offered};
  earshot_app_run(&app);
}
