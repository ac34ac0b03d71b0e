/** Flat objects: members lie inside, no name is there twice, and texts can be written again as they were. */
#include "flat_json.h"
#include "fuzz.h"

static void check_names(const es_flat *flat, size_t size) {
  for (unsigned i = 0; i < flat->count; i++) {
    const es_member *member = &flat->members[i];
    char name[4096];
    HOLDS(member->name_at + member->name_length <= member->value_at);
    HOLDS(member->value_at + member->value_length < size);
    if (!es_text_decode(es_flat_name(flat, member), name, sizeof name)) continue;
    /* The names of members need no escapes. */
    if (strchr(name, '\\') == NULL) HOLDS(es_flat_find(flat, name) == member);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  es_flat flat;
  if (es_flat_read(&flat, data, size) != EARSHOT_OK) return 0;
  check_names(&flat, size);
  for (unsigned i = 0; i < flat.count; i++) {
    char text[4096];
    uint8_t escaped[8192];
    if (flat.members[i].kind != ES_STRING) continue;
    if (!es_text_decode(es_flat_string(&flat, &flat.members[i]), text, sizeof text)) continue;
    es_writer writer = es_writer_on(escaped, sizeof escaped);
    es_flat_begin(&writer);
    es_flat_put_name(&writer, "a");
    es_flat_put_text(&writer, text);
    es_flat_end(&writer);
    es_flat again;
    char decoded[4096];
    if (writer.overflow) continue;
    HOLDS(es_flat_read(&again, escaped, writer.length) == EARSHOT_OK);
    HOLDS(es_text_decode(es_flat_string(&again, &again.members[0]), decoded, sizeof decoded));
    HOLDS(strcmp(text, decoded) == 0);
  }
  return 0;
}
