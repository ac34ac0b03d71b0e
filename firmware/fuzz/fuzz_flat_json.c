/** Flat objects: what is one is JSON too, and its texts can be written as they were. */
#include "flat_json.h"
#include "fuzz.h"
#include "json_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  es_flat flat;
  if (es_flat_read(&flat, data, size) != EARSHOT_OK) return 0;
  es_json_check check;
  es_json_begin(&check);
  HOLDS(es_json_add(&check, data, size) == EARSHOT_OK && es_json_end(&check) == EARSHOT_OK);
  for (unsigned i = 0; i < flat.count; i++) {
    char text[4096];
    uint8_t escaped[8192];
    bool whole;
    if (flat.members[i].kind != ES_STRING) continue;
    es_text_decode(es_flat_string(&flat, &flat.members[i]), text, sizeof text, &whole);
    if (!whole) continue;
    es_writer writer = es_writer_on(escaped, sizeof escaped);
    es_flat_begin(&writer);
    es_flat_put_text(&writer, "a", text);
    es_flat_end(&writer);
    es_flat again;
    char decoded[4096];
    if (writer.overflow) continue;
    HOLDS(es_flat_read(&again, escaped, writer.length) == EARSHOT_OK);
    es_text_decode(es_flat_string(&again, &again.members[0]), decoded, sizeof decoded, &whole);
    HOLDS(whole && strcmp(text, decoded) == 0);
  }
  return 0;
}
