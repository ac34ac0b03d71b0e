#include "app_task.h"
#include "app_update.h"

#include <esp_app_desc.h>
#include <esp_log.h>
#include <esp_system.h>
#include <esp_task_wdt.h>
#include <freertos/FreeRTOS.h>
#include <freertos/semphr.h>
#include <freertos/task.h>
#include <sdkconfig.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "app_hold.h"
#include "app_wifi.h"
#include "earshot_state.h"
#include "esp_idf_port.h"
#include "label.h"

static const char TAG[] = "board";

/** The core's deepest call takes 3 KiB; the crypto library, LittleFS and NVS need the rest. */
#define STACK_BYTES 12288
#define PRIORITY 5
#define REJOIN_EVERY_MS 100000
#define LEAVE_WITHIN_MS 1000

static struct earshot board;
static esp_idf_port port;
static const earshot_app *app;
/** Locked while a task calls the core or the crypto library: neither is thread-safe. */
static SemaphoreHandle_t calling;
static atomic_bool running;
static atomic_bool leaving;
static TaskHandle_t task;

static void lock(void) {
  (void)xSemaphoreTake(calling, portMAX_DELAY);
}

static void unlock(void) {
  (void)xSemaphoreGive(calling);
}

/* Events. Names and texts come from the network: other characters than printable ASCII become `?`. */

static const char *printable(const char *text, char *safe, size_t capacity) {
  size_t length = 0;
  for (; text[length] != '\0' && length + 1 < capacity; length++) {
    safe[length] = text[length];
    if (text[length] < ' ' || text[length] > '~') safe[length] = '?';
  }
  safe[length] = '\0';
  return safe;
}

static void peer_changed(void *context, earshot_peer peer, bool up) {
  char name[64];
  ESP_LOGI(TAG, "%s %s (%s)", printable(peer.name, name, sizeof name), up ? "is there" : "is gone", peer.id);
  if (app->peer != NULL) app->peer(context, peer, up);
}

static void hear(void *context, const earshot_chat *chat) {
  char name[64];
  char text[160];
  ESP_LOGI(TAG, "%s: %s", printable(chat->from.name, name, sizeof name),
           printable(chat->text, text, sizeof text));
  if (app->chat != NULL) app->chat(context, chat);
}

#if EARSHOT_ASK
static void asked(void *context, const earshot_question *question) {
  char name[64];
  char json[160];
  ESP_LOGI(TAG, "%s asks %s", printable(question->from.name, name, sizeof name),
           printable(question->json, json, sizeof json));
  app->ask(context, question);
}
#endif

static earshot_result take(void *context, const earshot_received *document) {
  char name[64];
  if (document->file == NULL) return EARSHOT_REFUSED;
  ESP_LOGI(TAG, "%s sent %u bytes: " ESP_IDF_INBOX "/%s", printable(document->from.name, name, sizeof name),
           (unsigned)document->size, document->file);
  return app->document != NULL ? app->document(context, document) : EARSHOT_OK;
}

static void set_handlers(void) {
  earshot_on_chat(&board, hear, app->context);
  earshot_on_document(&board, take, app->context);
  earshot_on_peer(&board, peer_changed, app->context);
  earshot_on_sent(&board, app->sent, app->context);
#if EARSHOT_ASK
  earshot_on_ask(&board, app->ask != NULL ? asked : NULL, app->context);
  earshot_on_answer(&board, app->answer, app->context);
#endif
}

/** Joins the multicast groups after an address came, and periodically; tells the core if one came or went. */
static void follow_network(void) {
  static uint32_t seen;
  static earshot_ms rejoin_at;
  uint32_t changes = es_wifi_changes();
  earshot_ms time = port.port.now(&port);
  bool changed = changes != seen;
  if (!es_wifi_is_up()) return;
  if (!changed && time < rejoin_at) return;
  lw_port_join(&port.net, es_wifi_link());
  rejoin_at = time + REJOIN_EVERY_MS;
  seen = changes;
  if (changed) earshot_network_changed(&board);
}

static bool start(const es_settings *settings) {
  static char program[64 + 1]; /* the core's limit, and a NUL */
  const esp_app_desc_t *build = esp_app_get_description();
  const char *problem = esp_idf_port_open(&port, es_wifi_radio_is_on);
  if (problem != NULL) {
    ESP_LOGE(TAG, "%s", problem);
    return false;
  }
  if (!es_is_label((const uint8_t *)settings->name, strlen(settings->name))) {
    ESP_LOGE(TAG, "invalid name \"%s\": a name can be " ES_LABEL_RULE "; set another one with `name`",
             settings->name);
    return false;
  }
  if (settings->group_is_lost) {
    ESP_LOGE(TAG, "the group cannot be read from NVS; set it again with `group` or `join`");
    return false;
  }
  snprintf(program, sizeof program, "%.31s/%.31s", build->project_name, build->version);
  earshot_settings who = {
      .name = settings->name,
      .kind = CONFIG_IDF_TARGET,
      .app = app->program != NULL ? app->program : program,
      .group = settings->group,
      .join_code = settings->join_code[0] != '\0' ? settings->join_code : NULL,
  };
  earshot_result result = earshot_init(&board, sizeof board, &port.port, &who);
  if (result != EARSHOT_OK) {
    ESP_LOGE(TAG, "invalid group or join code (%s); set another one with `group` or `join`",
             earshot_result_name(result));
    return false;
  }
  set_handlers();
  if (app->start != NULL) app->start(app->context, &board, &port.port);
  ESP_LOGI(TAG, "%s is %s", settings->name, earshot_id(&board));
  return true;
}

/** Polls application and core once; returns the milliseconds until the next poll. */
static uint32_t round_of_work(void) {
  lock();
  follow_network();
  uint32_t due = app->poll != NULL ? app->poll(app->context) : UINT32_MAX;
  uint32_t wait = earshot_poll(&board);
  unlock();
  return due < wait ? due : wait;
}

static void leave(void) {
  earshot_ms end = port.port.now(&port) + LEAVE_WITHIN_MS;
  lock();
  while (!earshot_close(&board) && port.port.now(&port) < end) esp_idf_port_wait(&port, earshot_poll(&board));
  unlock();
}

/** Waits for the radio: before, random numbers could be guessed. */
static void await_radio(void) {
  while (!es_wifi_radio_is_on()) vTaskDelay(1);
}

static void run(void *settings) {
  ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
  await_radio();
  lock();
  bool started = start(settings);
  unlock();
  earshot_ms since = started ? port.port.now(&port) : 0;
  bool confirmed = false;
  atomic_store(&running, started);
  while (!atomic_load(&leaving)) {
    if (started) {
      esp_idf_port_wait(&port, round_of_work());
      if (!confirmed) confirmed = es_update_confirm(port.port.now(&port) - since);
    } else {
      /* The user corrects it at the console, which stays. */
      (void)esp_task_wdt_reset();
      vTaskDelay(pdMS_TO_TICKS(1000));
    }
  }
  if (started) {
    leave();
    /* Its user ended it, who can command it. */
    (void)es_update_confirm(UINT64_MAX);
  }
  esp_restart();
}

void es_task_start(const es_settings *settings, const earshot_app *application) {
  app = application;
  calling = xSemaphoreCreateMutex();
  /* The task takes it as `const` again. */
  BaseType_t created = xTaskCreate(run, "earshot", STACK_BYTES, (void *)settings, PRIORITY, &task);
  if (calling == NULL || created != pdPASS) ESP_LOGE(TAG, "not enough memory to start");
}

void es_task_get_status(es_task_status *status) {
  memset(status, 0, sizeof *status);
  if (!atomic_load(&running)) return;
  lock();
  status->running = true;
  snprintf(status->id, sizeof status->id, "%s", earshot_id(&board));
  earshot_stats(&board, &status->numbers);
  unlock();
  status->stack_left = (uint32_t)uxTaskGetStackHighWaterMark(task);
}

earshot_result es_task_check_join_code(const char *code) {
  es_group group;
  await_radio();
  lock();
  earshot_result result = es_crypto_start();
  if (result == EARSHOT_OK) result = es_join_code_read(&group, code, strlen(code));
  es_wipe(&group, sizeof group);
  unlock();
  return result;
}

bool es_task_type(const char *line) {
  if (!atomic_load(&running) || app->typed == NULL) return false;
  lock();
  bool understood = app->typed(app->context, line);
  unlock();
  return understood;
}

earshot *earshot_app_hold(void) {
  lock();
  return atomic_load(&running) ? &board : NULL;
}

void earshot_app_release(void) {
  unlock();
}

esp_idf_port *es_task_hold(void) {
  lock();
  return &port;
}

void es_task_release(void) {
  unlock();
}

void es_task_restart(void) {
  atomic_store(&leaving, true);
}
