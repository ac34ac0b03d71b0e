#include "handshake_payload.h"

#include "member.h"

#define MEMBER(member, value) ES_MEMBER(es_payload, member, value, false)
#define COUNT (sizeof MEMBERS / sizeof MEMBERS[0])

static const es_member_rule MEMBERS[] = {
    MEMBER(name, ES_V_LABEL),
    MEMBER(kind, ES_V_KIND),
    MEMBER(boot, ES_V_U32),
    MEMBER(app, ES_V_APP),
    MEMBER(rx, ES_V_RX),
    MEMBER(window, ES_V_WINDOW),
    ES_MEMBER(es_payload, brief, ES_V_FLAG, true),
};

earshot_result es_payload_write(const es_payload *payload, es_writer *writer) {
  size_t start = writer->length;
  es_members_write(MEMBERS, COUNT, payload, writer);
  return writer->overflow || writer->length - start > ES_PAYLOAD_MAX ? EARSHOT_TOO_LONG : EARSHOT_OK;
}

earshot_result es_payload_read(es_payload *payload, const uint8_t *bytes, size_t length) {
  es_flat flat;
  if (length > ES_PAYLOAD_MAX) return EARSHOT_TOO_LONG;
  if (es_flat_read(&flat, bytes, length) != EARSHOT_OK) return EARSHOT_BAD_JSON;
  es_clear(payload, sizeof *payload);
  return es_members_read(&flat, MEMBERS, COUNT, payload);
}
