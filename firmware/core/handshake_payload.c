#include "handshake_payload.h"

#include "field.h"

earshot_result es_payload_write(const es_payload *payload, es_writer *writer) {
  size_t start = writer->length;
  es_flat_begin(writer);
  es_flat_put_text(writer, "name", payload->name);
  es_flat_put_text(writer, "kind", payload->kind);
  es_flat_put_integer(writer, "boot", payload->boot);
  es_flat_put_text(writer, "app", payload->app);
  es_flat_put_integer(writer, "rx", payload->rx);
  es_flat_put_integer(writer, "window", payload->window);
  es_flat_put_flag(writer, "brief", payload->brief);
  es_flat_end(writer);
  return writer->overflow || writer->length - start > ES_PAYLOAD_MAX ? EARSHOT_TOO_LONG : EARSHOT_OK;
}

earshot_result es_payload_read(es_payload *payload, const uint8_t *bytes, size_t length) {
  if (length > ES_PAYLOAD_MAX) return EARSHOT_TOO_LONG;
  es_flat flat;
  if (es_flat_read(&flat, bytes, length) != EARSHOT_OK) return EARSHOT_BAD_JSON;
  uint64_t rx = 0;
  uint64_t window = 0;
  earshot_result results[] = {
      es_field_text(&flat, "name", es_is_label_text, payload->name, sizeof payload->name),
      es_field_text(&flat, "kind", es_is_kind, payload->kind, sizeof payload->kind),
      es_field_u32(&flat, "boot", 0, &payload->boot),
      es_field_text(&flat, "app", es_is_app, payload->app, sizeof payload->app),
      es_field_integer(&flat, "rx", ES_RECORD_MIN_RX, ES_RECORD_MAX, &rx),
      es_field_integer(&flat, "window", 1, ES_WINDOW_LIMIT, &window),
      es_field_flag(&flat, "brief", &payload->brief),
  };
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
    if (results[i] != EARSHOT_OK) return results[i];
  }
  payload->rx = (uint16_t)rx;
  payload->window = (uint16_t)window;
  return EARSHOT_OK;
}
