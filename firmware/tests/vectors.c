#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *vectors_folder = "../tests/vectors";

static void give_up(const char *file) {
  fprintf(stderr, "%s/%s cannot be read\n", vectors_folder, file);
  exit(1);
}

cJSON *vectors_read(const char *file) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", vectors_folder, file);
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) give_up(file);
  fseek(stream, 0, SEEK_END);
  long size = ftell(stream);
  rewind(stream);
  char *text = malloc((size_t)size + 1);
  if (text == NULL || fread(text, 1, (size_t)size, stream) != (size_t)size) give_up(file);
  fclose(stream);
  text[size] = '\0';
  cJSON *json = cJSON_Parse(text);
  free(text);
  if (json == NULL) give_up(file);
  return json;
}

void vectors_each(const cJSON *file, const char *list, int least, void (*each)(const cJSON *entry)) {
  const cJSON *entries = cJSON_GetObjectItemCaseSensitive(file, list);
  check_about("%s", list);
  CHECK(cJSON_IsArray(entries) && cJSON_GetArraySize(entries) >= least);
  const cJSON *entry;
  cJSON_ArrayForEach(entry, entries) {
    const char *what = text_of(entry, "what");
    check_about("%s: %s", list, what != NULL ? what : "");
    each(entry);
  }
  check_about("%s", "");
}

const char *text_of(const cJSON *entry, const char *member) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, member));
}

uint64_t number_of(const cJSON *entry, const char *member) {
  /* Every number in the vectors is a whole one below 2^53, so a double is exact. */
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, member);
  CHECK(cJSON_IsNumber(item));
  return cJSON_IsNumber(item) ? (uint64_t)item->valuedouble : 0;
}

bool has(const cJSON *entry, const char *member) {
  return cJSON_GetObjectItemCaseSensitive(entry, member) != NULL;
}

bytes *bytes_of_hex(const char *hex) {
  static bytes pool[8];
  static unsigned next;
  bytes *result = &pool[next++ % 8];
  result->length = strlen(hex) / 2;
  if (result->length > VECTOR_MAX) {
    CHECK(result->length <= VECTOR_MAX);
    result->length = 0;
  }
  for (size_t i = 0; i < result->length; i++) {
    char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
    result->at[i] = (uint8_t)strtoul(pair, NULL, 16);
  }
  return result;
}

bytes *bytes_of(const cJSON *entry, const char *member) {
  const char *hex = text_of(entry, member);
  return bytes_of_hex(hex != NULL ? hex : "");
}
