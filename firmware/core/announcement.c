#include "announcement.h"

#include "member.h"

#define MAGIC 4
#define NONCE 12

static const char OPEN[] = "ES1.";
static const char SEALED[] = "ES1!";
static const char RELAY[] = "ES1>";

#define MEMBER(member, value) ES_MEMBER(es_announcement, member, value, false)
#define OPTIONAL(member, value) ES_MEMBER(es_announcement, member, value, true)
#define COUNT (sizeof MEMBERS / sizeof MEMBERS[0])

static const es_member_rule MEMBERS[] = {
    MEMBER(t, ES_V_ANNOUNCEMENT_TYPE),
    MEMBER(id, ES_V_ID),
    MEMBER(name, ES_V_LABEL),
    MEMBER(group, ES_V_WORD),
    MEMBER(kind, ES_V_KIND),
    MEMBER(boot, ES_V_U32),
    MEMBER(seq, ES_V_U32),
    MEMBER(port, ES_V_U16),
    MEMBER(every, ES_V_U32),
    OPTIONAL(nonce, ES_V_NONCE),
    OPTIONAL(echo, ES_V_NONCE),
    OPTIONAL(want, ES_V_TARGET),
    OPTIONAL(brief, ES_V_FLAG),
    OPTIONAL(call, ES_V_FLAG),
    OPTIONAL(plain, ES_V_PORT),
};

static bool begins(const uint8_t *data, const char *magic) {
  return es_same_bytes(data, magic, MAGIC);
}

static earshot_result limited(const es_writer *writer) {
  return writer->overflow || writer->length > ES_ANNOUNCEMENT_MAX ? EARSHOT_TOO_LONG : EARSHOT_OK;
}

earshot_result es_announcement_write(const es_announcement *announcement, es_writer *writer) {
  es_write_text(writer, OPEN);
  es_members_write(MEMBERS, COUNT, announcement, writer);
  return limited(writer);
}

earshot_result es_announcement_seal(const es_announcement *announcement, es_key key,
                                    const uint8_t nonce[NONCE], es_writer *writer) {
  es_write_text(writer, SEALED);
  es_write(writer, nonce, NONCE);
  size_t start = writer->length;
  es_members_write(MEMBERS, COUNT, announcement, writer);
  size_t length = writer->length - start;
  es_write(writer, NULL, ES_TAG);
  if (limited(writer) != EARSHOT_OK) return EARSHOT_TOO_LONG;
  uint8_t *json = writer->bytes + start;
  return es_aead_seal(key, nonce, SEALED, MAGIC, json, length);
}

static earshot_result read_members(const es_flat *flat, es_announcement *a) {
  earshot_result result = es_members_read(flat, MEMBERS, COUNT, a);
  if (result != EARSHOT_OK) return result;
  if (a->port == 0 && !a->brief) return EARSHOT_BAD_FIELD;
  if (a->every < ES_EVERY_MIN) a->every = ES_EVERY_MIN;
  if (a->every > ES_EVERY_MAX) a->every = ES_EVERY_MAX;
  return EARSHOT_OK;
}

/** Decrypts a sealed announcement in place; `json` then points to its plaintext. */
static earshot_result unseal(uint8_t *data, size_t length, es_key key, uint8_t **json, size_t *json_length) {
  if (length < MAGIC + NONCE + ES_TAG) return EARSHOT_TOO_SHORT;
  uint8_t *sealed = data + MAGIC + NONCE;
  size_t sealed_length = length - MAGIC - NONCE;
  earshot_result result = es_aead_open(key, data + MAGIC, SEALED, MAGIC, sealed, sealed_length);
  *json = sealed;
  *json_length = sealed_length - ES_TAG;
  return result == EARSHOT_DECRYPT ? EARSHOT_UNDECIPHERABLE : result;
}

earshot_result es_announcement_read(es_announcement *announcement, uint8_t *data, size_t length, es_key key) {
  if (length > ES_ANNOUNCEMENT_MAX) return EARSHOT_TOO_LONG;
  if (length < MAGIC) return EARSHOT_TOO_SHORT;
  bool sealed = begins(data, SEALED);
  if (!sealed && !begins(data, OPEN)) return EARSHOT_BAD_MAGIC;
  if (sealed != (key != ES_NO_KEY)) return EARSHOT_WRONG_GROUP;
  uint8_t *json = data + MAGIC;
  size_t json_length = length - MAGIC;
  if (sealed) {
    earshot_result result = unseal(data, length, key, &json, &json_length);
    if (result != EARSHOT_OK) return result;
  }
  es_clear(announcement, sizeof *announcement);
  es_flat flat;
  earshot_result result = es_flat_read(&flat, json, json_length);
  return result == EARSHOT_OK ? read_members(&flat, announcement) : result;
}

/** Checks the length and the magic of a relayed announcement. */
static earshot_result check_relayed(const uint8_t *datagram, size_t length) {
  if (length > ES_ANNOUNCEMENT_MAX) return EARSHOT_TOO_LONG;
  if (length < MAGIC) return EARSHOT_TOO_SHORT;
  return begins(datagram, OPEN) || begins(datagram, SEALED) ? EARSHOT_OK : EARSHOT_BAD_MAGIC;
}

earshot_result es_relay_write(const es_relay *relay, es_writer *writer) {
  if (relay->port == 0) return EARSHOT_BAD_FIELD;
  earshot_result result = check_relayed(relay->datagram, relay->length);
  if (result != EARSHOT_OK) return result;
  uint8_t port[2];
  es_put_u16(port, relay->port);
  es_write_text(writer, RELAY);
  es_write(writer, relay->address, sizeof relay->address);
  es_write(writer, port, sizeof port);
  es_write(writer, relay->datagram, relay->length);
  return writer->overflow ? EARSHOT_TOO_LONG : EARSHOT_OK;
}

earshot_result es_relay_read(es_relay *relay, const uint8_t *data, size_t length) {
  if (length < ES_RELAY_HEADER + MAGIC) return EARSHOT_TOO_SHORT;
  if (!begins(data, RELAY)) return EARSHOT_BAD_MAGIC;
  es_copy(relay->address, data + MAGIC, sizeof relay->address);
  relay->port = es_get_u16(data + MAGIC + sizeof relay->address);
  if (relay->port == 0) return EARSHOT_BAD_FIELD;
  relay->datagram = data + ES_RELAY_HEADER;
  relay->length = length - ES_RELAY_HEADER;
  return check_relayed(relay->datagram, relay->length);
}
