#include "app_update.h"

#include <esp_ota_ops.h>
#include <string.h>

#include "app_hold.h"
#include "esp_idf_inbox.h"

#define PIECE 768
/** Longer than the watchdog waits for a program that hangs. */
#define WORKS_AFTER_MS 60000

/** Where reading stands. */
typedef enum stage { BEGINS, INSIDE, PADDING, BEHIND } stage;

/** Decodes base64 as it comes: four characters are three bytes. */
typedef struct decoder {
  stage place;
  unsigned characters; /**< of the present four, padding among them */
  unsigned padding;
  uint32_t bits;
} decoder;

/** The value of a character of base64; 64 for any other. */
static uint32_t value_of(char c) {
  static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *at = c != '\0' ? strchr(ALPHABET, c) : NULL;
  return at != NULL ? (uint32_t)(at - ALPHABET) : 64;
}

/** Takes a character; false if it cannot be here. Appends bytes to `to`. */
static bool decode(decoder *d, char c, uint8_t *to, size_t *length) {
  if (d->place == BEGINS || d->place == BEHIND) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') return true;
    if (d->place == BEHIND || c != '"') return false;
    d->place = INSIDE;
    return true;
  }
  if (c == '"') {
    d->place = BEHIND;
    return d->characters == 0;
  }
  uint32_t value = value_of(c);
  if (c == '=' && d->characters >= 2) {
    d->place = PADDING;
    d->padding++;
    value = 0;
  } else if (value == 64 || d->place == PADDING) {
    return false;
  }
  d->bits = d->bits << 6 | value;
  if (++d->characters < 4) return true;
  for (unsigned i = 0; i < 3 - d->padding; i++) to[(*length)++] = (uint8_t)(d->bits >> (16 - 8 * i));
  d->characters = 0;
  return true;
}

/** Reads a piece of the document while the board's task stands still. */
static earshot_result read_piece(const char *file, uint32_t offset, uint8_t piece[PIECE], size_t *got) {
  const esp_idf_port *port = es_task_hold();
  earshot_result result =
      port != NULL ? esp_idf_inbox_read(port, file, offset, piece, PIECE, got) : EARSHOT_AGAIN;
  es_task_release();
  return result;
}

/** Writes the whole image; returns what went wrong, or NULL. */
static const char *write_image(const char *file, esp_ota_handle_t update) {
  decoder d = {BEGINS, 0, 0, 0};
  uint8_t piece[PIECE];
  uint8_t image[PIECE];
  for (uint32_t offset = 0;;) {
    size_t got = 0;
    size_t length = 0;
    if (read_piece(file, offset, piece, &got) != EARSHOT_OK) return "the document cannot be read";
    if (got == 0) break;
    offset += (uint32_t)got;
    for (size_t i = 0; i < got; i++) {
      if (!decode(&d, (char)piece[i], image, &length)) return "the document is no JSON string in base64";
    }
    if (length > 0 && esp_ota_write(update, image, length) != ESP_OK)
      return "the flash cannot be written, or it is no program, or too large";
  }
  return d.place == BEHIND ? NULL : "the document is no JSON string in base64";
}

bool es_update_command(FILE *out, const char *file) {
  const esp_partition_t *place = esp_ota_get_next_update_partition(NULL);
  esp_ota_handle_t update;
  const char *wrong = NULL;
  uint8_t piece[PIECE];
  size_t got = 0;
  if (place == NULL)
    wrong = "the flash has room for one program only: see `Room for two programs` in the README";
  else if (read_piece(file, 0, piece, &got) != EARSHOT_OK)
    wrong = "there is no such document: `inbox` lists them";
  else if (esp_ota_begin(place, OTA_WITH_SEQUENTIAL_WRITES, &update) != ESP_OK)
    wrong = "the flash cannot be written, or the present program has not run for a minute yet";
  if (wrong == NULL) {
    wrong = write_image(file, update);
    if (wrong != NULL) (void)esp_ota_abort(update);
    /* Checks the image as the bootloader does, and its signature if that is required. */
    else if (esp_ota_end(update) != ESP_OK)
      wrong = "the image is damaged, for another chip, or not signed with the right key";
    else if (esp_ota_set_boot_partition(place) != ESP_OK) wrong = "the image cannot be chosen";
  }
  if (wrong != NULL) {
    fprintf(out, "No update: %s. The present program stays.\n", wrong);
    return false;
  }
  esp_idf_port *port = es_task_hold();
  if (port != NULL) (void)esp_idf_inbox_remove(port, file);
  es_task_release();
  fprintf(out, "The newer program starts now.\n");
  return true;
}

bool es_update_confirm(earshot_ms up) {
  esp_ota_img_states_t state;
  if (up < WORKS_AFTER_MS) return false;
  /* The call confirms the program that was chosen last: that is this one only as long as it waits for it. */
  if (esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) == ESP_OK &&
      state == ESP_OTA_IMG_PENDING_VERIFY)
    (void)esp_ota_mark_app_valid_cancel_rollback();
  return true;
}
