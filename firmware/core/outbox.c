#include "outbox.h"

#include "board.h"
#include "earshot_state.h"

/**
 * Form of an item in storage: version, kind, recipient, numbers, id, lengths, then its texts and its body.
 */
#define VERSION 1
#define HEADER_BYTES (2 + ES_ID_CHARACTERS + 4 + 4 + 4 + 8 + 8 + ES_ULID_CHARACTERS + 2 + 2 + 2)
#define KEPT_MS (7ull * 24 * 3600 * 1000)

static void key_of(const earshot *board, const es_item *item, char key[4]) {
  unsigned index = (unsigned)(item - board->outbox.items);
  unsigned at = 0;
  key[at++] = 'm';
  if (index >= 10) key[at++] = (char)('0' + index / 10 % 10);
  key[at++] = (char)('0' + index % 10);
  key[at] = '\0';
}

static uint16_t bytes_of(const es_item *item) {
  return (uint16_t)(HEADER_BYTES + item->name + item->stream + item->body);
}

static void put_u64(es_writer *writer, uint64_t value) {
  uint8_t bytes[8];
  es_put_u32(bytes, (uint32_t)(value >> 32));
  es_put_u32(bytes + 4, (uint32_t)value);
  es_write(writer, bytes, sizeof bytes);
}

static void put_u32(es_writer *writer, uint32_t value) {
  uint8_t bytes[4];
  es_put_u32(bytes, value);
  es_write(writer, bytes, sizeof bytes);
}

static void put_u16(es_writer *writer, uint16_t value) {
  uint8_t bytes[2];
  es_put_u16(bytes, value);
  es_write(writer, bytes, sizeof bytes);
}

earshot_result es_outbox_store(earshot *board, es_item *item) {
  const earshot_port *port = board->port;
  if (!item->durable || port->storage == NULL) return EARSHOT_OK;
  const es_contact *contact = &board->contacts[item->contact];
  char key[4];
  es_writer writer = es_writer_on(board->outbox.bytes + item->offset, HEADER_BYTES);
  key_of(board, item, key);
  es_write_byte(&writer, VERSION);
  es_write_byte(&writer, item->kind);
  es_write(&writer, contact->id, ES_ID_CHARACTERS);
  /*
   * A number counts in its epoch only: after a crash while all were numbered anew, an old one is no number.
   */
  put_u32(&writer, contact->out.epoch);
  put_u32(&writer, item->seq);
  put_u32(&writer, item->order);
  put_u64(&writer, item->at);
  put_u64(&writer, item->size);
  es_write(&writer, item->id, ES_ULID_CHARACTERS);
  put_u16(&writer, item->name);
  put_u16(&writer, item->stream);
  put_u16(&writer, item->body);
  return port->storage->put(port->context, key, writer.bytes, bytes_of(item));
}

static uint64_t get_u64(const uint8_t *bytes) {
  return (uint64_t)es_get_u32(bytes) << 32 | es_get_u32(bytes + 4);
}

/** Takes the item that storage has put behind those held; false where it is none of ours. */
static bool take(earshot *board, es_item *item, size_t length) {
  char id[ES_ID_CHARACTERS + 1] = {0};
  const uint8_t *stored = board->outbox.bytes + board->outbox.used;
  if (length < HEADER_BYTES || stored[0] != VERSION || stored[1] > ES_ITEM_FILE) return false;
  memcpy(id, stored + 2, ES_ID_CHARACTERS);
  es_contact *contact = es_contact_get(board, id);
  const uint8_t *at = stored + 2 + ES_ID_CHARACTERS;
  const uint8_t *lengths = at + 28 + ES_ULID_CHARACTERS;
  memset(item, 0, sizeof *item);
  item->kind = stored[1];
  item->offset = board->outbox.used;
  item->name = es_get_u16(lengths);
  item->stream = es_get_u16(lengths + 2);
  item->body = es_get_u16(lengths + 4);
  if (contact == NULL || length != bytes_of(item)) return false;
  if (item->kind == ES_ITEM_FILE && (item->body <= ES_HASH || stored[length - 1] != 0)) return false;
  item->contact = (uint8_t)es_contact_index(board, contact);
  item->durable = true;
  item->seq = es_get_u32(at) == contact->out.epoch ? es_get_u32(at + 4) : 0;
  item->order = es_get_u32(at + 8);
  item->at = get_u64(at + 12);
  item->size = get_u64(at + 20);
  memcpy(item->id, at + 28, ES_ULID_CHARACTERS);
  item->expires = es_now(board) + KEPT_MS;
  return true;
}

void es_outbox_load(earshot *board) {
  const earshot_port *port = board->port;
  es_outbox *outbox = &board->outbox;
  if (port->storage == NULL) return;
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    es_item *item = &outbox->items[i];
    char key[4];
    size_t length = 0;
    key_of(board, item, key);
    earshot_result result = port->storage->get(port->context, key, outbox->bytes + outbox->used,
                                               sizeof outbox->bytes - outbox->used, &length);
    if (result != EARSHOT_OK || !take(board, item, length)) {
      item->kind = ES_ITEM_FREE;
      continue;
    }
    outbox->used = (uint16_t)(outbox->used + length);
    if (item->order >= outbox->next_order) outbox->next_order = item->order + 1;
  }
}

es_item *es_outbox_add(earshot *board, const es_contact *contact, const es_new_item *what) {
  static const uint8_t NO_HEADER[HEADER_BYTES];
  es_outbox *outbox = &board->outbox;
  es_item *item = outbox->items;
  while (item < outbox->items + EARSHOT_OUTBOX_MESSAGES && item->kind != ES_ITEM_FREE) item++;
  if (item == outbox->items + EARSHOT_OUTBOX_MESSAGES) return NULL;
  es_writer writer = es_writer_on(outbox->bytes + outbox->used, sizeof outbox->bytes - outbox->used);
  es_write(&writer, NO_HEADER, HEADER_BYTES);
  es_flat_escape(&writer, what->name);
  size_t name_end = writer.length;
  es_flat_escape(&writer, what->stream);
  size_t stream_end = writer.length;
  if (what->hash != NULL) es_write(&writer, what->hash, ES_HASH);
  es_write(&writer, what->body, what->length);
  if (writer.overflow) return NULL;
  memset(item, 0, sizeof *item);
  item->kind = (uint8_t)what->kind;
  item->contact = (uint8_t)es_contact_index(board, contact);
  item->to_all = what->to_all;
  item->durable = what->durable;
  item->order = outbox->next_order++;
  item->at = board->port->wall(board->port->context);
  item->size = what->size;
  item->expires = what->expires;
  es_new_ulid(board, item->id);
  item->offset = outbox->used;
  item->name = (uint16_t)(name_end - HEADER_BYTES);
  item->stream = (uint16_t)(stream_end - name_end);
  item->body = (uint16_t)(writer.length - stream_end);
  outbox->used = (uint16_t)(outbox->used + writer.length);
  return item;
}

void es_outbox_remove(earshot *board, es_item *item) {
  es_outbox *outbox = &board->outbox;
  const earshot_port *port = board->port;
  if (item->durable && port->storage != NULL) {
    char key[4];
    key_of(board, item, key);
    /* Where that fails, the message goes once more after a restart, and the recipient knows its id. */
    (void)port->storage->put(port->context, key, NULL, 0);
  }
  uint16_t length = bytes_of(item);
  uint8_t *at = outbox->bytes + item->offset;
  memmove(at, at + length, (size_t)(outbox->used - item->offset - length));
  outbox->used = (uint16_t)(outbox->used - length);
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    es_item *other = &outbox->items[i];
    if (other->kind != ES_ITEM_FREE && other->offset > item->offset)
      other->offset = (uint16_t)(other->offset - length);
  }
  item->kind = ES_ITEM_FREE;
}

bool es_outbox_holds(const earshot *board, unsigned contact) {
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    const es_item *item = &board->outbox.items[i];
    if (item->kind != ES_ITEM_FREE && item->contact == contact) return true;
  }
  return false;
}

es_item *es_outbox_numbered(earshot *board, unsigned contact, uint32_t seq) {
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    es_item *item = &board->outbox.items[i];
    if (item->kind != ES_ITEM_FREE && item->contact == contact && item->seq == seq) return item;
  }
  return NULL;
}

static const uint8_t *texts_of(const earshot *board, const es_item *item) {
  return board->outbox.bytes + item->offset + HEADER_BYTES;
}

es_text es_item_name(const earshot *board, const es_item *item) {
  es_text name = {texts_of(board, item), item->name};
  return name;
}

es_text es_item_stream(const earshot *board, const es_item *item) {
  es_text stream = {item->stream > 0 ? texts_of(board, item) + item->name : NULL, item->stream};
  return stream;
}

const uint8_t *es_item_body(const earshot *board, const es_item *item) {
  return texts_of(board, item) + item->name + item->stream;
}

const char *es_item_file(const earshot *board, const es_item *item) {
  return (const char *)es_item_body(board, item) + ES_HASH;
}

earshot_result es_item_read(earshot *board, const es_item *item, uint64_t offset, uint8_t *bytes,
                            size_t length) {
  if (offset > item->size || length > item->size - offset) return EARSHOT_ARGUMENT;
  if (item->kind != ES_ITEM_FILE) {
    memcpy(bytes, es_item_body(board, item) + offset, length);
    return EARSHOT_OK;
  }
  const earshot_port *port = board->port;
  size_t got = 0;
  earshot_result result =
      port->storage->file_read(port->context, es_item_file(board, item), offset, bytes, length, &got);
  return result == EARSHOT_OK && got < length ? EARSHOT_IO : result;
}

earshot_result es_item_hash(earshot *board, const es_item *item, uint8_t hash[ES_HASH]) {
  const uint8_t *body = es_item_body(board, item);
  if (item->kind != ES_ITEM_FILE) return es_sha256(body, item->body, NULL, 0, hash);
  memcpy(hash, body, ES_HASH);
  return EARSHOT_OK;
}

bool es_same_order(const earshot *board, const es_item *a, const es_item *b) {
  if (a->contact != b->contact) return false;
  if (a->kind == ES_ITEM_CHAT || b->kind == ES_ITEM_CHAT) return a->kind == b->kind;
  return a->stream > 0 && a->stream == b->stream &&
         memcmp(es_item_stream(board, a).bytes, es_item_stream(board, b).bytes, a->stream) == 0;
}
