#include "hearsay.h"

#include "earshot_config.h"
#include "ip_address.h"
#include "member.h"

#if EARSHOT_HEARSAY

#define MEMBER(member, value) ES_MEMBER(es_hearsay, member, value, false)
#define COUNT (sizeof MEMBERS / sizeof MEMBERS[0])

static const es_member_rule MEMBERS[] = {
    MEMBER(id, ES_V_ID),
    MEMBER(name, ES_V_LABEL),
    MEMBER(kind, ES_V_KIND),
    /* As narrow as the texts of addresses; es_ip_read does the rest. */
    ES_MEMBER_IN(es_hearsay, text, address, ES_V_APP, false),
    MEMBER(port, ES_V_PORT),
    MEMBER(age, ES_V_U32),
};

earshot_result es_hearsay_read(const uint8_t *list, size_t length, size_t *at, es_hearsay *told) {
  if (length - *at < 2) return EARSHOT_BAD_LENGTH;
  size_t bytes = es_get_u16(list + *at);
  if (bytes > ES_HEAD_MAX) return EARSHOT_TOO_LONG;
  if (bytes > length - *at - 2) return EARSHOT_BAD_LENGTH;
  earshot_result result = es_members_parse(list + *at + 2, bytes, MEMBERS, COUNT, told);
  *at += 2 + bytes;
  if (result != EARSHOT_OK) return result;
  if (!es_ip_read(told->text, es_length(told->text), &told->address)) return EARSHOT_BAD_FIELD;
  told->address.port = told->port;
  return es_ip_is_of_a_link(&told->address) ? EARSHOT_BAD_FIELD : EARSHOT_OK;
}

earshot_result es_hearsay_check(const uint8_t *list, size_t length) {
  es_hearsay told;
  unsigned count = 0;
  for (size_t at = 0; at < length; count++) {
    earshot_result result =
        count == ES_HEARSAY_MAX ? EARSHOT_BAD_LENGTH : es_hearsay_read(list, length, &at, &told);
    if (result != EARSHOT_OK) return result;
  }
  return count > 0 ? EARSHOT_OK : EARSHOT_BAD_LENGTH;
}

#endif
