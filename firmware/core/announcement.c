#include "announcement.h"

#include "field.h"

#define MAGIC 4
#define NONCE 12
#define PORT_MAX 65535

static const char OPEN[] = "ES1.";
static const char SEALED[] = "ES1!";
static const char RELAY[] = "ES1>";
static const char *const TYPES[] = {"hello", "ask", "bye"};

static bool begins(const uint8_t *data, const char *magic) {
  return memcmp(data, magic, MAGIC) == 0;
}

static void put_given_text(es_writer *writer, const char *name, const char *text) {
  if (text[0] != '\0') es_flat_put_text(writer, name, text);
}

static void write_json(const es_announcement *a, es_writer *writer) {
  es_flat_begin(writer);
  es_flat_put_text(writer, "t", TYPES[a->t]);
  es_flat_put_text(writer, "id", a->id);
  es_flat_put_text(writer, "name", a->name);
  es_flat_put_text(writer, "group", a->group);
  es_flat_put_text(writer, "kind", a->kind);
  es_flat_put_integer(writer, "boot", a->boot);
  es_flat_put_integer(writer, "seq", a->seq);
  es_flat_put_integer(writer, "port", a->port);
  es_flat_put_integer(writer, "every", a->every);
  put_given_text(writer, "nonce", a->nonce);
  put_given_text(writer, "echo", a->echo);
  put_given_text(writer, "want", a->want);
  es_flat_put_flag(writer, "brief", a->brief);
  es_flat_put_flag(writer, "call", a->call);
  if (a->plain != 0) es_flat_put_integer(writer, "plain", a->plain);
  es_flat_end(writer);
}

static earshot_result limited(const es_writer *writer) {
  return writer->overflow || writer->length > ES_ANNOUNCEMENT_MAX ? EARSHOT_TOO_LONG : EARSHOT_OK;
}

earshot_result es_announcement_write(const es_announcement *announcement, es_writer *writer) {
  es_write_text(writer, OPEN);
  write_json(announcement, writer);
  return limited(writer);
}

earshot_result es_announcement_seal(const es_announcement *announcement, es_key key, const uint8_t nonce[NONCE],
                                    es_writer *writer) {
  static const uint8_t NO_TAG[ES_TAG];
  es_write_text(writer, SEALED);
  es_write(writer, nonce, NONCE);
  size_t start = writer->length;
  write_json(announcement, writer);
  size_t length = writer->length - start;
  es_write(writer, NO_TAG, ES_TAG);
  if (limited(writer) != EARSHOT_OK) return EARSHOT_TOO_LONG;
  uint8_t *json = writer->bytes + start;
  return es_aead_seal(key, nonce, (const uint8_t *)SEALED, MAGIC, json, length, json);
}

static earshot_result read_type(const es_flat *flat, es_announcement_type *type) {
  es_text text;
  if (es_field_raw(flat, "t", true, &text) != EARSHOT_OK) return EARSHOT_BAD_FIELD;
  for (unsigned i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
    if (!es_text_is(text, TYPES[i])) continue;
    *type = (es_announcement_type)i;
    return EARSHOT_OK;
  }
  return EARSHOT_BAD_FIELD;
}

static earshot_result read_members(const es_flat *flat, es_announcement *a) {
  uint64_t port = 0;
  uint64_t plain = 0;
  bool given;
  earshot_result results[] = {
      read_type(flat, &a->t),
      es_field_text(flat, "id", es_is_id, a->id, sizeof a->id),
      es_field_text(flat, "name", es_is_label_text, a->name, sizeof a->name),
      es_field_text(flat, "group", es_is_word, a->group, sizeof a->group),
      es_field_text(flat, "kind", es_is_kind, a->kind, sizeof a->kind),
      es_field_u32(flat, "boot", 0, &a->boot),
      es_field_u32(flat, "seq", 0, &a->seq),
      es_field_integer(flat, "port", 0, PORT_MAX, &port),
      es_field_u32(flat, "every", 0, &a->every),
      es_field_optional_text(flat, "nonce", es_is_nonce, a->nonce, sizeof a->nonce),
      es_field_optional_text(flat, "echo", es_is_nonce, a->echo, sizeof a->echo),
      es_field_optional_text(flat, "want", es_is_label_text, a->want, sizeof a->want),
      es_field_flag(flat, "brief", &a->brief),
      es_field_flag(flat, "call", &a->call),
      es_field_optional_integer(flat, "plain", 1, PORT_MAX, &plain, &given),
  };
  for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
    if (results[i] != EARSHOT_OK) return results[i];
  }
  if (port == 0 && !a->brief) return EARSHOT_BAD_FIELD;
  a->port = (uint16_t)port;
  a->plain = (uint16_t)plain;
  if (a->every < ES_EVERY_MIN) a->every = ES_EVERY_MIN;
  if (a->every > ES_EVERY_MAX) a->every = ES_EVERY_MAX;
  return EARSHOT_OK;
}

/** Deciphers what lies behind the magic in place; `json` is where it is then. */
static earshot_result unseal(uint8_t *data, size_t length, es_key key, uint8_t **json, size_t *json_length) {
  if (length < MAGIC + NONCE + ES_TAG) return EARSHOT_TOO_SHORT;
  uint8_t *sealed = data + MAGIC + NONCE;
  size_t sealed_length = length - MAGIC - NONCE;
  earshot_result result =
      es_aead_open(key, data + MAGIC, (const uint8_t *)SEALED, MAGIC, sealed, sealed_length, sealed);
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
  memset(announcement, 0, sizeof *announcement);
  es_flat flat;
  earshot_result result = es_flat_read(&flat, json, json_length);
  return result == EARSHOT_OK ? read_members(&flat, announcement) : result;
}

/** What a relay may hold: something of at most an announcement's length that begins like one. */
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
  memcpy(relay->address, data + MAGIC, sizeof relay->address);
  relay->port = es_get_u16(data + MAGIC + sizeof relay->address);
  if (relay->port == 0) return EARSHOT_BAD_FIELD;
  relay->datagram = data + ES_RELAY_HEADER;
  relay->length = length - ES_RELAY_HEADER;
  return check_relayed(relay->datagram, relay->length);
}
