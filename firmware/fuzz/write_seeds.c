/**
 * Writes seeds for the fuzz targets from tests/vectors/. Arguments: its folder, then the one to write to. The seeds in
 * seeds/ are written by hand, and cover cases without a vector.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "vectors.h"

static const char *target;
static const char *folder;
static unsigned number;

/** Appends the description of a vector, as letters, digits and hyphens. */
static void append_name(char *path, size_t capacity, const char *what) {
  size_t length = strlen(path);
  for (; *what != '\0' && length + 2 < capacity; what++) {
    bool word = isalnum((unsigned char)*what) != 0;
    if (!word && path[length - 1] == '-') continue;
    path[length++] = (char)(word ? tolower((unsigned char)*what) : '-');
  }
  path[length] = '\0';
}

/** Writes a seed: up to four bytes that control the target, then the bytes. */
static void write_seed(const cJSON *entry, const void *before, size_t before_length, const void *input,
                       size_t length) {
  const char *what = entry != NULL ? text_of(entry, "what") : NULL;
  char path[256];
  snprintf(path, sizeof path, "%s/%s/%u-", folder, target, number++);
  if (what != NULL) append_name(path, sizeof path, what);
  FILE *stream = fopen(path, "wb");
  if (stream == NULL) return;
  fwrite(before, 1, before_length, stream);
  fwrite(input, 1, length, stream);
  fclose(stream);
}

static void begin(const char *name) {
  char path[512];
  target = name;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  mkdir(path, 0755);
}

static void plain(const cJSON *entry) {
  bytes *data = bytes_of(entry, "hex");
  write_seed(entry, "", 0, data->at, data->length);
}

static void with_a_byte(const cJSON *entry) {
  bytes *data = bytes_of(entry, "hex");
  write_seed(entry, has(entry, "key") ? "\1" : "\0", 1, data->at, data->length);
}

static void code(const cJSON *entry) {
  const char *text = text_of(entry, "code");
  write_seed(entry, "", 0, text, strlen(text));
}

/** Writes the first message of each kind, read by its recipient. */
static void messages(const cJSON *vector) {
  const cJSON *all = cJSON_GetObjectItem(vector, "messages");
  bool closed = has(vector, "psks");
  for (int index = 0; index < cJSON_GetArraySize(all); index++) {
    bytes *message = bytes_of(cJSON_GetArrayItem(all, index), "message");
    uint8_t how = (uint8_t)(index << 1 | closed);
    write_seed(vector, &how, 1, message->at, message->length);
  }
}

/** Writes a frame alone: a step of fuzz_session. */
static void session(const cJSON *entry) {
  bytes *data = bytes_of(entry, "hex");
  if (data->length > 255) return;
  uint8_t before[] = {5, (uint8_t)data->length};
  write_seed(entry, before, sizeof before, data->at, data->length);
}

/** Writes a contact, an item and an answer in their forms in storage (core/contact.c, core/outbox.c): steps of fuzz_storage. */
static void storage(void) {
  static const char ID[] = "aaaaaaaaaaaaaaaaaaaaaaaa";
  static const char ULID[] = "01JD3Q8X7Z9V5T2N4M6K8H0GWB";
  uint8_t contact[1 + 24 + 1 + 4 + 32 * 4] = {2};
  uint8_t item[2 + 24 + 20 + 26 + 6 + 2] = {2, 2};
  memcpy(contact + 1, ID, 24);
  contact[25] = 1; /* one remembered message, a document */
  contact[29] = 1;
  memcpy(item + 2, ID, 24);
  item[45] = 1; /* size */
  memcpy(item + 46, ULID, 26);
  item[73] = 1; /* length of the name, then of the body */
  item[77] = 1;
  memcpy(item + 78, "a1", 2);
  uint8_t answer[sizeof item + 27];
  memcpy(answer, item, sizeof item);
  answer[1] = 5;
  answer[77] = 28;
  answer[79] = 0;
  memcpy(answer + 80, ULID, 26);
  answer[106] = '1';
  uint8_t steps[1 + sizeof contact + 2 + sizeof item + 2 + sizeof answer];
  steps[0] = sizeof contact;
  memcpy(steps + 1, contact, sizeof contact);
  steps[1 + sizeof contact] = 0;
  steps[2 + sizeof contact] = sizeof item;
  memcpy(steps + 3 + sizeof contact, item, sizeof item);
  uint8_t *third = steps + 3 + sizeof contact + sizeof item;
  third[0] = 0;
  third[1] = sizeof answer;
  memcpy(third + 2, answer, sizeof answer);
  write_seed(NULL, "", 0, steps, sizeof steps);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  vectors_folder = arguments[1];
  folder = arguments[2];
  cJSON *announcements = vectors_read("announcements.json");
  cJSON *frames = vectors_read("frames.json");
  cJSON *json = vectors_read("json.json");
  cJSON *identity = vectors_read("identity.json");
  cJSON *handshake = vectors_read("handshake.json");
  begin("fuzz_announcement");
  vectors_each(announcements, "written", 1, with_a_byte);
  vectors_each(announcements, "read", 1, with_a_byte);
  vectors_each(announcements, "malformed", 1, with_a_byte);
  vectors_each(announcements, "relays", 1, with_a_byte);
  vectors_each(announcements, "malformed_relays", 1, with_a_byte);
  begin("fuzz_frames");
  vectors_each(frames, "messages", 1, plain);
  vectors_each(frames, "malformed_messages", 1, plain);
  vectors_each(frames, "plaintexts", 1, plain);
  vectors_each(frames, "malformed_plaintexts", 1, plain);
  vectors_each(frames, "handshake_payloads", 1, plain);
  vectors_each(frames, "malformed_handshake_payloads", 1, plain);
  begin("fuzz_flat_json");
  vectors_each(frames, "flat", 1, plain);
  vectors_each(frames, "malformed_flat", 1, plain);
  begin("fuzz_json_check");
  vectors_each(json, "documents", 1, with_a_byte);
  begin("fuzz_join_code");
  vectors_each(identity, "join_codes", 1, code);
  vectors_each(identity, "malformed_join_codes", 1, code);
  begin("fuzz_handshake");
  vectors_each(handshake, "handshakes", 1, messages);
  begin("fuzz_session");
  vectors_each(frames, "messages", 1, session);
  begin("fuzz_storage");
  storage();
  cJSON *files[] = {announcements, frames, json, identity, handshake};
  for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) cJSON_Delete(files[i]);
  return 0;
}
