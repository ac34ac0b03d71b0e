/**
 * Documents in LittleFS, mounted at `/inbox`; unfinished ones are in a subfolder with a name that no document can have.
 * LittleFS survives power cuts: a file has its contents of the last sync, and a rename is atomic.
 */
#include <dirent.h>
#include <errno.h>
#include <esp_littlefs.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "esp_idf_port.h"

#define ARRIVING ESP_IDF_INBOX "/_arriving"
/** Bytes of a path with the longest name that a folder can contain. */
#define PATH 288

static const char *finished(const char *name, char path[PATH]) {
  snprintf(path, PATH, "%s/%s", ESP_IDF_INBOX, name);
  return path;
}

static const char *arriving(const char *name, char path[PATH]) {
  snprintf(path, PATH, "%s/%s", ARRIVING, name);
  return path;
}

/** Removes unfinished documents at a start: how much of them was written is not known, so the sender starts over. */
static void forget_arriving(void) {
  DIR *folder = opendir(ARRIVING);
  if (folder == NULL) return;
  /* Removing while reading may skip some: those are removed at the next start, or overwritten. */
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char path[PATH];
    (void)unlink(arriving(entry->d_name, path));
  }
  closedir(folder);
}

bool esp_idf_files_open(esp_idf_port *port) {
  for (unsigned i = 0; i < ESP_IDF_FILES; i++) port->files[i].handle = -1;
  esp_vfs_littlefs_conf_t mount = {
      .base_path = ESP_IDF_INBOX,
      .partition_label = ESP_IDF_INBOX_PARTITION,
      .format_if_mount_failed = true,
  };
  if (esp_vfs_littlefs_register(&mount) != ESP_OK) return false;
  if (mkdir(ARRIVING, 0700) != 0 && errno != EEXIST) return false;
  forget_arriving();
  return true;
}

/* Open files. */

static bool close_file(esp_idf_file *file) {
  bool closed = file->handle < 0 || close(file->handle) == 0;
  file->handle = -1;
  return closed;
}

static esp_idf_file *find(esp_idf_port *port, const char *name, bool writes) {
  for (unsigned i = 0; i < ESP_IDF_FILES; i++) {
    esp_idf_file *file = &port->files[i];
    if (file->handle >= 0 && file->writes == writes && strcmp(file->name, name) == 0) return file;
  }
  return NULL;
}

/** A place for another file: a free one, or that of the least recently used file. */
static esp_idf_file *make_room(esp_idf_port *port) {
  esp_idf_file *oldest = &port->files[0];
  for (unsigned i = 0; i < ESP_IDF_FILES; i++) {
    esp_idf_file *file = &port->files[i];
    if (file->handle < 0) return file;
    if (file->used < oldest->used) oldest = file;
  }
  /* The last bytes may not have fitted: remove the file rather than leave a hole in it. */
  char path[PATH];
  if (!close_file(oldest) && oldest->writes) (void)unlink(arriving(oldest->name, path));
  return oldest;
}

static esp_idf_file *open_file(esp_idf_port *port, const char *name, bool writes, int flags) {
  char path[PATH];
  esp_idf_file *file = find(port, name, writes);
  if (file != NULL && (flags & O_TRUNC) == 0) return file;
  if (file == NULL) file = make_room(port);
  (void)close_file(file);
  file->handle = open(writes ? arriving(name, path) : finished(name, path), flags, 0600);
  file->writes = writes;
  file->at = 0;
  snprintf(file->name, sizeof file->name, "%s", name);
  return file->handle >= 0 ? file : NULL;
}

/** Seeks in a file, but only if it must: LittleFS flushes at every seek. */
static bool go_to(esp_idf_port *port, esp_idf_file *file, uint64_t offset) {
  file->used = ++port->uses;
  if (file->at == offset) return true;
  if (offset > INT32_MAX || lseek(file->handle, (off_t)offset, SEEK_SET) < 0) return false;
  file->at = offset;
  return true;
}

static earshot_result write_all(esp_idf_file *file, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(file->handle, bytes, length);
    if (written < 0) return errno == ENOSPC ? EARSHOT_QUOTA : EARSHOT_IO;
    if (written == 0) return EARSHOT_QUOTA;
    bytes += written;
    length -= (size_t)written;
    file->at += (uint64_t)written;
  }
  return EARSHOT_OK;
}

earshot_result esp_idf_file_write(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                                  size_t length) {
  esp_idf_port *port = context;
  if (!port->has_files) return EARSHOT_QUOTA;
  esp_idf_breathe();
  esp_idf_file *file = open_file(port, name, true, O_WRONLY | (offset == 0 ? O_CREAT | O_TRUNC : 0));
  if (file == NULL) return errno == ENOSPC ? EARSHOT_QUOTA : EARSHOT_IO;
  earshot_result result = go_to(port, file, offset) ? write_all(file, bytes, length) : EARSHOT_IO;
  /* Free the room that the unfinished file takes. */
  if (result != EARSHOT_OK) esp_idf_file_remove(port, name);
  return result;
}

earshot_result esp_idf_file_finish(void *context, const char *name, const char *final_name) {
  esp_idf_port *port = context;
  char from[PATH];
  char to[PATH];
  esp_idf_breathe();
  esp_idf_file *file = open_file(port, name, true, O_WRONLY);
  if (file == NULL) return EARSHOT_IO;
  bool synced = fsync(file->handle) == 0;
  /* LittleFS cannot rename an open file. */
  if (!close_file(file) || !synced) return EARSHOT_IO;
  return rename(arriving(name, from), finished(final_name, to)) == 0 ? EARSHOT_OK : EARSHOT_IO;
}

earshot_result esp_idf_file_size(void *context, const char *name, uint64_t *size) {
  const esp_idf_port *port = context;
  char path[PATH];
  struct stat about;
  /* The application may have got the name from a peer. */
  if (!port->has_files || strchr(name, '/') != NULL) return EARSHOT_ABSENT;
  if (stat(finished(name, path), &about) != 0) return errno == ENOENT ? EARSHOT_ABSENT : EARSHOT_IO;
  *size = (uint64_t)about.st_size;
  return EARSHOT_OK;
}

earshot_result esp_idf_file_read(void *context, const char *name, uint64_t offset, uint8_t *bytes,
                                 size_t length, size_t *got) {
  esp_idf_port *port = context;
  *got = 0;
  if (!port->has_files) return EARSHOT_ABSENT;
  esp_idf_breathe();
  esp_idf_file *file = open_file(port, name, false, O_RDONLY);
  if (file == NULL) return errno == ENOENT ? EARSHOT_ABSENT : EARSHOT_IO;
  if (!go_to(port, file, offset)) return EARSHOT_IO;
  while (*got < length) {
    ssize_t some = read(file->handle, bytes + *got, length - *got);
    if (some < 0) {
      (void)close_file(file);
      return EARSHOT_IO;
    }
    if (some == 0) break;
    *got += (size_t)some;
    file->at += (uint64_t)some;
  }
  return EARSHOT_OK;
}

void esp_idf_file_let_go(esp_idf_port *port, const char *name) {
  esp_idf_file *file = find(port, name, false);
  if (file != NULL) (void)close_file(file);
}

void esp_idf_file_remove(void *context, const char *name) {
  esp_idf_port *port = context;
  char path[PATH];
  for (unsigned i = 0; i < ESP_IDF_FILES; i++) {
    if (strcmp(port->files[i].name, name) == 0) (void)close_file(&port->files[i]);
  }
  if (!port->has_files) return;
  (void)unlink(arriving(name, path));
  (void)unlink(finished(name, path));
}
