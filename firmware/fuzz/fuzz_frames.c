/** Plaintexts of records: each frame that can be read can be written, and reads the same again. */
#include "frame.h"
#include "fuzz.h"
#include "handshake_payload.h"

/** The unassigned type among the known ones. */
#define FREE 10

static void decode(es_text text) {
  char decoded[ES_HEAD_MAX + 1];
  if (text.bytes == NULL) return;
  HOLDS(es_text_decode(text, decoded, sizeof decoded));
  HOLDS(strlen(decoded) <= text.length);
}

static void write_again(const es_frame *frame) {
  static uint8_t bytes[70000];
  es_writer out = es_writer_on(bytes, sizeof bytes);
  es_frame again;
  size_t at = 0;
  bool known = frame->type >= ES_CHAT && frame->type <= ES_CLOSE && frame->type != FREE;
  if (!known || !es_frame_write(frame, &out)) return;
  HOLDS(es_frame_read(&again, bytes, out.length, &at) == EARSHOT_OK && at == out.length);
  HOLDS(again.seq == frame->seq && again.size == frame->size && again.until == frame->until);
  HOLDS(again.length == frame->length && memcmp(again.body, frame->body, frame->length) == 0);
  HOLDS(strcmp(again.id, frame->id) == 0 && strcmp(again.code, frame->code) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  es_payload payload;
  (void)es_payload_read(&payload, data, size);
  if (size > 65519 || es_frames_check(data, size) != EARSHOT_OK) return 0;
  for (size_t at = 0; at < size;) {
    es_frame frame;
    HOLDS(es_frame_read(&frame, data, size, &at) == EARSHOT_OK);
    decode(frame.name);
    decode(frame.stream);
    decode(frame.why);
    write_again(&frame);
  }
  return 0;
}
