#include "order.h"

uint32_t es_order_of(const es_frame *frame) {
  if (frame->type == ES_CHAT) return ES_CHAT_ORDER;
  if (frame->stream.bytes == NULL) return ES_NO_ORDER;
  char stream[ES_HEAD_MAX + 1];
  es_text_decode(frame->stream, stream, sizeof stream);
  /* FNV-1a: any spread will do. */
  uint32_t hash = 2166136261u;
  for (const char *at = stream; *at != '\0'; at++) hash = (hash ^ (uint8_t)*at) * 16777619u;
  return hash > ES_CHAT_ORDER ? hash : 2;
}
