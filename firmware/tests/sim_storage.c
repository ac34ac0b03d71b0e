/** Storage of the boards of the simulated world, which outlives them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_parts.h"

static sim_node *node_of(void *context) {
  return context;
}

static int index_of(const sim_node *node) {
  return (int)(node - sim);
}

sim_file *sim_file_of(unsigned node, const char *name) {
  for (unsigned i = 0; i < SIM_FILES; i++) {
    if (strcmp(sim[node].files[i].name, name) == 0 && name[0] != '\0') return &sim[node].files[i];
  }
  return NULL;
}

static sim_file *make_file(unsigned node, const char *name) {
  sim_file *file = sim_file_of(node, name);
  for (unsigned i = 0; i < SIM_FILES && file == NULL; i++) {
    if (sim[node].files[i].name[0] == '\0') file = &sim[node].files[i];
  }
  if (file == NULL) return NULL;
  snprintf(file->name, sizeof file->name, "%s", name);
  return file;
}

static void free_file(sim_file *file) {
  if (file == NULL || file->name[0] == '\0') return;
  free(file->bytes);
  memset(file, 0, sizeof *file);
}

static earshot_result set_bytes(sim_file *file, size_t offset, const uint8_t *bytes, size_t length) {
  if (file == NULL || offset + length > SIM_FILE_MAX) return EARSHOT_QUOTA;
  uint8_t *grown = realloc(file->bytes, offset + length + 1);
  if (grown == NULL) return EARSHOT_IO;
  file->bytes = grown;
  if (length > 0) memcpy(grown + offset, bytes, length);
  file->length = offset + length;
  return EARSHOT_OK;
}

static char *prefixed(char prefix, const char *name) {
  static char text[64];
  snprintf(text, sizeof text, "%c%s", prefix, name);
  return text;
}

static earshot_result get(void *context, const char *key, uint8_t *value, size_t capacity, size_t *length) {
  const sim_file *file = sim_file_of((unsigned)index_of(node_of(context)), prefixed('=', key));
  if (file == NULL) return EARSHOT_ABSENT;
  if (file->length > capacity) return EARSHOT_IO;
  memcpy(value, file->bytes, file->length);
  *length = file->length;
  return EARSHOT_OK;
}

static earshot_result put(void *context, const char *key, const uint8_t *value, size_t length) {
  sim_node *node = node_of(context);
  unsigned index = (unsigned)index_of(node);
  CHECK(strlen(key) <= 15);
  if (node->slow > 0 && !node->stands) {
    node->stands = true;
    sim_run(node->slow);
    node->stands = false;
  }
  if (node->fails > 0) {
    node->fails--;
    return EARSHOT_IO;
  }
  node->puts++;
  node->entries += length > 0 ? 2 + (length + 31) / 32 : 0;
  if (length > 0) return set_bytes(make_file(index, prefixed('=', key)), 0, value, length);
  free_file(sim_file_of(index, prefixed('=', key)));
  return EARSHOT_OK;
}

static uint64_t used(const sim_node *node) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < SIM_FILES; i++) {
    if (node->files[i].name[0] != '=') sum += node->files[i].length;
  }
  return sum;
}

static earshot_result file_write(void *context, const char *name, uint64_t offset, const uint8_t *bytes,
                                 size_t length) {
  sim_node *node = node_of(context);
  sim_file *file = make_file((unsigned)index_of(node), prefixed('~', name));
  if (file == NULL) return EARSHOT_QUOTA;
  if (offset == 0) file->length = 0;
  CHECK_NUMBER(offset, file->length);
  if (node->quota > 0 && used(node) + length > node->quota) return EARSHOT_QUOTA;
  return set_bytes(file, (size_t)offset, bytes, length);
}

static earshot_result file_finish(void *context, const char *name, const char *final_name) {
  unsigned index = (unsigned)index_of(node_of(context));
  sim_file *file = sim_file_of(index, prefixed('~', name));
  CHECK(file != NULL && sim_file_of(index, final_name) == NULL);
  if (file == NULL) return EARSHOT_IO;
  snprintf(file->name, sizeof file->name, "%s", final_name);
  return EARSHOT_OK;
}

static earshot_result file_size(void *context, const char *name, uint64_t *size) {
  const sim_file *file = sim_file_of((unsigned)index_of(node_of(context)), name);
  if (file == NULL) return EARSHOT_ABSENT;
  *size = file->length;
  return EARSHOT_OK;
}

static earshot_result file_read(void *context, const char *name, uint64_t offset, uint8_t *bytes,
                                size_t length, size_t *got) {
  const sim_file *file = sim_file_of((unsigned)index_of(node_of(context)), name);
  if (file == NULL) return EARSHOT_ABSENT;
  *got = offset >= file->length ? 0 : file->length - (size_t)offset;
  if (*got > length) *got = length;
  memcpy(bytes, file->bytes + offset, *got);
  return EARSHOT_OK;
}

static void file_remove(void *context, const char *name) {
  unsigned index = (unsigned)index_of(node_of(context));
  free_file(sim_file_of(index, name));
  free_file(sim_file_of(index, prefixed('~', name)));
}

void sim_put_file(unsigned node, const char *name, const void *bytes, size_t length) {
  set_bytes(make_file(node, name), 0, bytes, length);
}

void sim_storage_of(sim_node *node) {
  node->storage = (earshot_storage){get, put, file_write, file_finish, file_size, file_read, file_remove};
  node->port.storage = node->forgets ? NULL : &node->storage;
}

void sim_storage_clear(sim_node *node, bool all) {
  for (unsigned i = 0; i < SIM_FILES; i++) {
    if (all || node->files[i].name[0] == '~') free_file(&node->files[i]);
  }
}

void sim_copy_storage(unsigned from, unsigned to) {
  sim_storage_clear(&sim[to], true);
  for (unsigned i = 0; i < SIM_FILES; i++) {
    const sim_file *file = &sim[from].files[i];
    if (file->name[0] != '\0') sim_put_file(to, file->name, file->bytes, file->length);
  }
}
