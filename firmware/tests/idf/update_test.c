/** The console's `update`, on the storage of a board and a fake of the places for programs. */
#include "app_update.h"

#include <esp_ota_ops.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fakes.h"
#include "idf_tests.h"
#include "inbox_support.h"

#define FILE_NAME "aaaabbbbcccc-01JD0000000000000000000003.json"
#define IMAGE 5000

static const esp_partition_t present = {IMAGE};
static const esp_partition_t place = {IMAGE};
static esp_ota_img_states_t state = ESP_OTA_IMG_VALID;
static bool one_place;
static bool forged;
static bool ended;
static bool aborted;
static bool chosen;
static unsigned confirmations;
static uint8_t written[IMAGE + 1000];
static size_t length;

const esp_partition_t *esp_ota_get_next_update_partition(const esp_partition_t *start_from) {
  CHECK(start_from == NULL);
  return one_place ? NULL : &place;
}

esp_err_t esp_ota_begin(const esp_partition_t *partition, size_t image_size, esp_ota_handle_t *out_handle) {
  CHECK(partition == &place && image_size == OTA_WITH_SEQUENTIAL_WRITES);
  *out_handle = 7;
  return ESP_OK;
}

esp_err_t esp_ota_write(esp_ota_handle_t handle, const void *data, size_t size) {
  CHECK(handle == 7 && !ended);
  if (length + size > IMAGE) return ESP_FAIL;
  memcpy(written + length, data, size);
  length += size;
  return ESP_OK;
}

esp_err_t esp_ota_end(esp_ota_handle_t handle) {
  CHECK(handle == 7);
  ended = true;
  return forged ? ESP_FAIL : ESP_OK;
}

esp_err_t esp_ota_abort(esp_ota_handle_t handle) {
  CHECK(handle == 7 && !ended);
  aborted = true;
  return ESP_OK;
}

esp_err_t esp_ota_set_boot_partition(const esp_partition_t *partition) {
  CHECK(partition == &place && ended && !forged);
  chosen = true;
  return ESP_OK;
}

const esp_partition_t *esp_ota_get_running_partition(void) {
  return &present;
}

esp_err_t esp_ota_get_state_partition(const esp_partition_t *partition, esp_ota_img_states_t *ota_state) {
  CHECK(partition == &present);
  if (one_place) return ESP_FAIL;
  *ota_state = state;
  return ESP_OK;
}

/** As ESP-IDF does, it confirms what was chosen last, whether that runs or not. */
esp_err_t esp_ota_mark_app_valid_cancel_rollback(void) {
  CHECK(!chosen);
  confirmations++;
  return ESP_OK;
}

static void confirms(void) {
  state = ESP_OTA_IMG_PENDING_VERIFY;
  chosen = false;
  /* Longer than the watchdog of sdkconfig.defaults. */
  CHECK(!es_update_confirm(45000));
  CHECK_NUMBER(confirmations, 0);
  CHECK(es_update_confirm(60000));
  CHECK_NUMBER(confirmations, 1);
  state = ESP_OTA_IMG_VALID;
}

static void encode(const uint8_t *bytes, size_t count, char *to) {
  static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  *to++ = '"';
  for (size_t i = 0; i < count; i += 3) {
    uint32_t bits = (uint32_t)bytes[i] << 16;
    if (i + 1 < count) bits |= (uint32_t)bytes[i + 1] << 8;
    if (i + 2 < count) bits |= bytes[i + 2];
    for (unsigned j = 0; j < 4; j++) *to++ = ALPHABET[i + j <= count ? bits >> (18 - 6 * j) & 63 : 64];
  }
  memcpy(to, "\"\n", 3);
}

/** Runs `update` with a document of this text; true if it chose a program. */
static bool update(const char *text) {
  inbox_start();
  ended = aborted = chosen = false;
  length = 0;
  inbox_receive_text(FILE_NAME, text);
  bool restarts = inbox_run(es_update_command, FILE_NAME);
  CHECK_NUMBER(restarts, chosen);
  CHECK(strstr(inbox_told(), restarts ? "newer program" : "No update: ") != NULL);
  return chosen;
}

static void takes(void) {
  static uint8_t image[IMAGE];
  static char text[2 * IMAGE];
  for (unsigned i = 0; i < IMAGE; i++) image[i] = (uint8_t)(i * 7 + i / 256);
  for (size_t size = IMAGE - 2; size <= IMAGE; size++) {
    encode(image, size, text);
    CHECK(update(text));
    CHECK_BYTES(written, length, image, size);
  }
  forged = true;
  CHECK(!update(text));
  CHECK(!aborted);
  forged = false;
  one_place = true;
  CHECK(!update(text));
  one_place = false;
}

static void leaves_unproven(void) {
  confirmations = 0;
  CHECK(update("\"QUJD\""));
  CHECK(es_update_confirm(60000));
  CHECK(es_update_confirm(UINT64_MAX));
  CHECK_NUMBER(confirmations, 0);
  one_place = true;
  CHECK(es_update_confirm(UINT64_MAX));
  CHECK_NUMBER(confirmations, 0);
  one_place = false;
}

static void refuses(void) {
  static const char *const BAD[] = {"{}",       "\"",        "\"QUJD",      "\"QUJ\"", "\"QU=D\"",
                                    "\"=QUI\"", "\"QUJD\"x", "\"QU\\nJD\"", "QUJD",    "\"Q===\""};
  for (unsigned i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
    CHECK(!update(BAD[i]));
    CHECK(aborted);
  }
  static char large[2 * IMAGE + 1000];
  memset(large, 'A', sizeof large - 1);
  large[0] = '"';
  CHECK(!update(large));
  CHECK(aborted);
  inbox_start();
  CHECK(!inbox_run(es_update_command, FILE_NAME));
}

void update_tests(void) {
  check_run("a newer program is taken out of a document, if it is whole and signed", takes);
  check_run("a newer program counts as working only after a minute, and the watchdog comes first", confirms);
  check_run("the program before never confirms the newer one, which has not run yet", leaves_unproven);
  check_run("what is no image in base64 leaves the present program alone", refuses);
}
