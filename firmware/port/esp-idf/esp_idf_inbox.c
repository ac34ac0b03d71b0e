#include "esp_idf_inbox.h"

#include <errno.h>
#include <esp_littlefs.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
#define PATH (sizeof ESP_IDF_INBOX "/" + ESP_IDF_NAME)

bool esp_idf_inbox_is_name(const char *name) {
  size_t length = strlen(name);
  return length >= 1 && length <= ESP_IDF_NAME && strspn(name, NAME_CHARACTERS) == length;
}

/** Finds a document; folders, `.` and `..` among them, are not documents. */
static earshot_result find(const esp_idf_port *port, const char *name, char path[PATH], struct stat *about) {
  if (!port->has_files || !esp_idf_inbox_is_name(name)) return EARSHOT_ABSENT;
  snprintf(path, PATH, "%s/%s", ESP_IDF_INBOX, name);
  if (stat(path, about) != 0) return errno == ENOENT ? EARSHOT_ABSENT : EARSHOT_IO;
  return S_ISREG(about->st_mode) ? EARSHOT_OK : EARSHOT_ABSENT;
}

DIR *esp_idf_inbox_open(const esp_idf_port *port) {
  return port->has_files ? opendir(ESP_IDF_INBOX) : NULL;
}

bool esp_idf_inbox_next(DIR *folder, esp_idf_document *document) {
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char path[PATH];
    struct stat about;
    if (!esp_idf_inbox_is_name(entry->d_name)) continue;
    snprintf(document->name, sizeof document->name, "%.*s", ESP_IDF_NAME, entry->d_name);
    snprintf(path, sizeof path, "%s/%s", ESP_IDF_INBOX, document->name);
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode)) continue;
    document->size = (uint32_t)about.st_size;
    return true;
  }
  return false;
}

earshot_result esp_idf_inbox_read(const esp_idf_port *port, const char *name, uint32_t offset, uint8_t *bytes,
                                  size_t capacity, size_t *got) {
  char path[PATH];
  struct stat about;
  *got = 0;
  earshot_result result = find(port, name, path, &about);
  if (result != EARSHOT_OK) return result;
  /* Not kept open: LittleFS could not remove it then. */
  int handle = open(path, O_RDONLY, 0);
  if (handle < 0) return EARSHOT_IO;
  ssize_t some = -1;
  if (lseek(handle, (off_t)offset, SEEK_SET) >= 0) some = read(handle, bytes, capacity);
  (void)close(handle);
  if (some < 0) return EARSHOT_IO;
  *got = (size_t)some;
  return EARSHOT_OK;
}

earshot_result esp_idf_inbox_remove(esp_idf_port *port, const char *name) {
  char path[PATH];
  struct stat about;
  earshot_result result = find(port, name, path, &about);
  if (result != EARSHOT_OK) return result;
  /* LittleFS cannot remove an open file. */
  esp_idf_file_let_go(port, name);
  return unlink(path) == 0 ? EARSHOT_OK : EARSHOT_IO;
}

bool esp_idf_inbox_room(const esp_idf_port *port, uint32_t *bytes) {
  size_t total = 0;
  size_t used = 0;
  if (!port->has_files || esp_littlefs_info(ESP_IDF_INBOX_PARTITION, &total, &used) != ESP_OK) return false;
  *bytes = used < total ? (uint32_t)(total - used) : 0;
  return true;
}
