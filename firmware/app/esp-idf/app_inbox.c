#include "app_inbox.h"

#include <inttypes.h>
#include <string.h>

#include "app_hold.h"
#include "esp_idf_inbox.h"
#include "utf8.h"

/** Bytes of a document that are read at a time, while the board's task waits. */
#define PIECE 512
/** Most bytes of a character. */
#define CHARACTER 4

/** The plural of a noun. */
static const char *s(uint32_t count) {
  return count == 1 ? "" : "s";
}

static int fail(FILE *out, const char *why) {
  fprintf(out, "%s\n", why);
  return 1;
}

static int fail_with(FILE *out, earshot_result result) {
  if (result == EARSHOT_ABSENT) return fail(out, "There is no such document; `inbox` lists all.");
  return fail(out, "The flash could not be read or written. Try again, or restart the board.");
}

/* Listing the folder: the board's task runs between two documents. */

static DIR *open_folder(FILE *out) {
  DIR *folder = esp_idf_inbox_open(es_task_hold());
  es_task_release();
  if (folder == NULL) (void)fail(out, "The inbox cannot be used; see the messages at the board's start.");
  return folder;
}

static bool next(DIR *folder, esp_idf_document *document) {
  (void)es_task_hold();
  bool found = esp_idf_inbox_next(folder, document);
  es_task_release();
  return found;
}

static void close_folder(DIR *folder) {
  (void)es_task_hold();
  (void)closedir(folder);
  es_task_release();
}

static int list(FILE *out) {
  esp_idf_document document;
  uint32_t documents = 0;
  uint32_t bytes = 0;
  uint32_t room = 0;
  DIR *folder = open_folder(out);
  if (folder == NULL) return 1;
  for (; next(folder, &document); documents++, bytes += document.size)
    fprintf(out, "%-44s %8" PRIu32 " bytes\n", document.name, document.size);
  close_folder(folder);
  bool known = esp_idf_inbox_room(es_task_hold(), &room);
  es_task_release();
  fprintf(out, "%" PRIu32 " document%s, %" PRIu32 " bytes", documents, s(documents), bytes);
  if (known) fprintf(out, "; %" PRIu32 " KiB free", room / 1024);
  fprintf(out, "\n");
  return 0;
}

/* Printing. All but printable ASCII is escaped as in JSON, so that the output is an equal document. */

static void print_character(FILE *out, uint32_t point) {
  if (point == '\n' || (point >= ' ' && point <= '~')) (void)fputc((int)point, out);
  else if (point == '\t' || point == '\r') (void)fputc(' ', out);
  else if (point < 0x10000) fprintf(out, "\\u%04" PRIx32, point);
  else
    fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + ((point - 0x10000) >> 10),
            0xdc00 + (point & 0x3ff));
}

/** Prints the complete characters of these bytes; returns their length. The rest is incomplete if `more` follow. */
static size_t print(FILE *out, const uint8_t *bytes, size_t length, bool more) {
  size_t at = 0;
  while (at < length) {
    uint32_t point = 0;
    size_t takes = es_utf8_read(bytes + at, length - at, &point);
    if (takes == 0 && more && length - at < CHARACTER) break;
    if (takes == 0) (void)fputc('?', out);
    else print_character(out, point);
    at += takes > 0 ? takes : 1;
  }
  return at;
}

static int show(FILE *out, const char *name) {
  static uint8_t bytes[CHARACTER + PIECE];
  size_t kept = 0;
  uint32_t offset = 0;
  size_t got;
  do {
    earshot_result result = esp_idf_inbox_read(es_task_hold(), name, offset, bytes + kept, PIECE, &got);
    es_task_release();
    if (result != EARSHOT_OK && offset > 0) fprintf(out, "\n");
    if (result != EARSHOT_OK) return fail_with(out, result);
    size_t printed = print(out, bytes, kept + got, got > 0);
    kept = kept + got - printed;
    memmove(bytes, bytes + printed, kept);
    offset += (uint32_t)got;
  } while (got > 0);
  fprintf(out, "\n");
  return 0;
}

static int remove_one(FILE *out, const char *name) {
  earshot_result result = esp_idf_inbox_remove(es_task_hold(), name);
  es_task_release();
  if (result != EARSHOT_OK) return fail_with(out, result);
  fprintf(out, "Removed.\n");
  return 0;
}

static uint32_t count_documents(DIR *folder) {
  esp_idf_document document;
  uint32_t documents = 0;
  while (next(folder, &document)) documents++;
  return documents;
}

/** Removes as many documents as there are now: others may come meanwhile, and it must end. */
static int remove_all(FILE *out) {
  DIR *folder = open_folder(out);
  if (folder == NULL) return 1;
  uint32_t left = count_documents(folder);
  close_folder(folder);
  uint32_t removed = 0;
  for (; left > 0; left--) {
    esp_idf_document document;
    /* Opened anew each time: removing while reading may skip some. */
    folder = open_folder(out);
    if (folder == NULL) return 1;
    bool found = next(folder, &document);
    close_folder(folder);
    if (!found) break;
    earshot_result result = esp_idf_inbox_remove(es_task_hold(), document.name);
    es_task_release();
    if (result == EARSHOT_IO) return fail_with(out, result);
    removed++;
  }
  fprintf(out, "%" PRIu32 " document%s removed.\n", removed, s(removed));
  return 0;
}

int es_inbox_command(FILE *out, int count, char **words) {
  if (count == 1) return list(out);
  bool shows = count == 3 && strcmp(words[1], "show") == 0;
  bool removes = count == 3 && strcmp(words[1], "remove") == 0;
  if (!shows && !removes)
    return fail(out, "Usage: inbox, inbox show FILE, inbox remove FILE, or inbox remove all");
  if (shows) return show(out, words[2]);
  return strcmp(words[2], "all") == 0 ? remove_all(out) : remove_one(out, words[2]);
}
