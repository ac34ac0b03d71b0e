/**
 * Storage in a folder: values in `values/`, received documents in `inbox/`, unfinished ones in `arriving/`. A value or
 * a document gets its name only after its bytes are synced to the disk.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "posix_port.h"

#define PATH 640

static const char *path_of(const posix_port *port, const char *folder, const char *name, char path[PATH]) {
  snprintf(path, PATH, "%s/%s/%s", port->state, folder, name);
  return path;
}

static earshot_result sync_folder(const posix_port *port, const char *folder) {
  char path[PATH];
  int handle = open(path_of(port, folder, "", path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return EARSHOT_IO;
  int failed = fsync(handle);
  close(handle);
  return failed == 0 ? EARSHOT_OK : EARSHOT_IO;
}

static earshot_result write_all(int handle, const uint8_t *bytes, size_t length, off_t offset) {
  while (length > 0) {
    ssize_t written = pwrite(handle, bytes, length, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno == ENOSPC || errno == EDQUOT ? EARSHOT_QUOTA : EARSHOT_IO;
    bytes += written;
    offset += written;
    length -= (size_t)written;
  }
  return EARSHOT_OK;
}

static earshot_result read_all(int handle, uint8_t *bytes, size_t length, off_t offset, size_t *got) {
  *got = 0;
  while (*got < length) {
    ssize_t read = pread(handle, bytes + *got, length - *got, offset + (off_t)*got);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return EARSHOT_IO;
    if (read == 0) return EARSHOT_OK;
    *got += (size_t)read;
  }
  return EARSHOT_OK;
}

static earshot_result get(void *context, const char *key, uint8_t *value, size_t capacity, size_t *length) {
  char path[PATH];
  struct stat about;
  int handle = open(path_of(context, "values", key, path), O_RDONLY | O_CLOEXEC);
  if (handle < 0) return errno == ENOENT ? EARSHOT_ABSENT : EARSHOT_IO;
  earshot_result result = EARSHOT_IO;
  if (fstat(handle, &about) == 0 && (size_t)about.st_size <= capacity) {
    result = read_all(handle, value, (size_t)about.st_size, 0, length);
  }
  close(handle);
  return result;
}

static earshot_result put(void *context, const char *key, const uint8_t *value, size_t length) {
  char path[PATH];
  char fresh[PATH];
  path_of(context, "values", key, path);
  if (length == 0) {
    if (unlink(path) != 0) return errno == ENOENT ? EARSHOT_OK : EARSHOT_IO;
    return sync_folder(context, "values");
  }
  path_of(context, "arriving", key, fresh);
  int handle = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (handle < 0) return EARSHOT_IO;
  earshot_result result = write_all(handle, value, length, 0);
  if (result == EARSHOT_OK && fsync(handle) != 0) result = EARSHOT_IO;
  close(handle);
  if (result == EARSHOT_OK && rename(fresh, path) != 0) result = EARSHOT_IO;
  return result == EARSHOT_OK ? sync_folder(context, "values") : result;
}

/** Total size of all received documents, bytes. */
static uint64_t inbox_size(const posix_port *port) {
  char path[PATH];
  uint64_t sum = 0;
  DIR *folder = opendir(path_of(port, "inbox", "", path));
  if (folder == NULL) return 0;
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    struct stat about;
    if (fstatat(dirfd(folder), entry->d_name, &about, 0) == 0 && S_ISREG(about.st_mode))
      sum += (uint64_t)about.st_size;
  }
  closedir(folder);
  return sum;
}

static earshot_result file_write(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                                 size_t length) {
  const posix_port *port = context;
  char path[PATH];
  if (port->quota > 0 && inbox_size(port) + offset + length > port->quota) return EARSHOT_QUOTA;
  /* Not created at another offset: it would begin with a hole. */
  int flags = O_WRONLY | O_CLOEXEC | (offset == 0 ? O_CREAT | O_TRUNC : 0);
  int handle = open(path_of(context, "arriving", name, path), flags, 0600);
  if (handle < 0) return EARSHOT_IO;
  earshot_result result = write_all(handle, bytes, length, (off_t)offset);
  close(handle);
  return result;
}

static earshot_result file_finish(void *context, const char *name, const char *final_name) {
  char from[PATH];
  char to[PATH];
  path_of(context, "arriving", name, from);
  int handle = open(from, O_RDONLY | O_CLOEXEC);
  if (handle < 0) return EARSHOT_IO;
  int failed = fsync(handle);
  close(handle);
  if (failed != 0 || rename(from, path_of(context, "inbox", final_name, to)) != 0) return EARSHOT_IO;
  earshot_result result = sync_folder(context, "inbox");
  /* If it kept its name, it would count as durable when the sender retransmits it. */
  if (result != EARSHOT_OK) (void)unlink(to);
  return result;
}

static earshot_result file_size(void *context, const char *name, uint64_t *size) {
  char path[PATH];
  struct stat about;
  /* The application may have got the name from a peer. */
  if (strchr(name, '/') != NULL) return EARSHOT_ABSENT;
  if (stat(path_of(context, "inbox", name, path), &about) != 0)
    return errno == ENOENT ? EARSHOT_ABSENT : EARSHOT_IO;
  *size = (uint64_t)about.st_size;
  return EARSHOT_OK;
}

static earshot_result file_read(void *context, const char *name, uint64_t offset, uint8_t *bytes,
                                size_t length, size_t *got) {
  char path[PATH];
  int handle = open(path_of(context, "inbox", name, path), O_RDONLY | O_CLOEXEC);
  if (handle < 0) return errno == ENOENT ? EARSHOT_ABSENT : EARSHOT_IO;
  earshot_result result = read_all(handle, bytes, length, (off_t)offset, got);
  close(handle);
  return result;
}

static void file_remove(void *context, const char *name) {
  char path[PATH];
  (void)unlink(path_of(context, "arriving", name, path));
  (void)unlink(path_of(context, "inbox", name, path));
}

static bool make_folder(const char *path) {
  return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/** Syncs the folders, and the renames of a board that was killed. */
static bool sync_folders(const posix_port *port) {
  /* The parent folder as well, if it is readable. */
  (void)sync_folder(port, "..");
  return sync_folder(port, "") == EARSHOT_OK && sync_folder(port, "values") == EARSHOT_OK &&
         sync_folder(port, "inbox") == EARSHOT_OK;
}

static const char CANNOT_WRITE[] = "cannot write to the state folder; choose another --state";

const char *posix_storage_open(posix_port *port) {
  static const char *const FOLDERS[] = {"values", "inbox", "arriving"};
  char path[PATH];
  if (!make_folder(port->state)) {
    return errno == ENOENT
               ? "cannot create the state folder: its parent folder does not exist; create that, or "
                 "choose another --state"
               : "cannot create the state folder; choose another --state";
  }
  for (unsigned i = 0; i < 3; i++) {
    if (!make_folder(path_of(port, FOLDERS[i], "", path))) return CANNOT_WRITE;
  }
  /* Locked until the process ends: two boards must not have one identity. */
  snprintf(path, sizeof path, "%s/lock", port->state);
  int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return CANNOT_WRITE;
  if (flock(lock, LOCK_EX | LOCK_NB) != 0)
    return "another board is using this state folder; end it, or choose another --state";
  if (!sync_folders(port)) return CANNOT_WRITE;
  port->storage = (earshot_storage){get, put, file_write, file_finish, file_size, file_read, file_remove};
  port->port.storage = &port->storage;
  return NULL;
}
