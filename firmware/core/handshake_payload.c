#include "handshake_payload.h"

#include "earshot_config.h"
#include "member.h"

#define MEMBER(member, value) ES_MEMBER(es_payload, member, value, false)
#define COUNT (sizeof MEMBERS / sizeof MEMBERS[0])

static const es_member_rule MEMBERS[] = {
    MEMBER(name, ES_V_LABEL),
    MEMBER(kind, ES_V_KIND),
    MEMBER(boot, ES_V_U32),
    MEMBER(app, ES_V_APP),
    MEMBER(rx, ES_V_U16),
    MEMBER(window, ES_V_WINDOW),
    ES_MEMBER(es_payload, can, ES_V_FILLED, true),
    ES_MEMBER(es_payload, brief, ES_V_FLAG, true),
#if EARSHOT_ASK
    ES_MEMBER(es_payload, answers, ES_V_FLAG, true),
#endif
};

earshot_result es_payload_write(const es_payload *payload, es_writer *writer) {
  size_t start = writer->length;
  es_members_write(MEMBERS, COUNT, payload, writer);
  return writer->overflow || writer->length - start > ES_PAYLOAD_MAX ? EARSHOT_TOO_LONG : EARSHOT_OK;
}

/** Reads the features; false if they are not 1 to ES_FEATURES_MAX words with single spaces between them. */
static bool read_features(es_payload *payload) {
  char words[ES_PAYLOAD_MAX + 1];
  if (!es_text_decode(payload->can, words, sizeof words)) return false;
  char *word = words;
  for (unsigned count = 1; count <= ES_FEATURES_MAX; count++) {
    char *end = strchr(word, ' ');
    if (end != NULL) *end = '\0';
    if (!es_is_text(ES_V_WORD, word)) return false;
#if EARSHOT_ASK
    if (es_same_text(word, ES_FEATURE_ASK)) payload->can_ask = true;
#endif
    if (end == NULL) return true;
    word = end + 1;
  }
  return false;
}

earshot_result es_payload_read(es_payload *payload, const uint8_t *bytes, size_t length) {
  if (length > ES_PAYLOAD_MAX) return EARSHOT_TOO_LONG;
  es_clear(payload, sizeof *payload);
  earshot_result result = es_members_parse(bytes, length, MEMBERS, COUNT, payload);
  if (result != EARSHOT_OK) return result;
  bool fits = payload->rx >= ES_RECORD_MIN_RX && (payload->can.bytes == NULL || read_features(payload));
  return fits ? EARSHOT_OK : EARSHOT_BAD_FIELD;
}
