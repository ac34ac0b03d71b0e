#include "outbox.h"

#include "board.h"
#include "earshot_state.h"
#include "form.h"
#include "storage.h"

#define KEY 'm'
#define VERSION 2

/** An item in storage: version, kind, recipient, these members, then its texts and its body. */
static const es_field FORM[] = {
    ES_FIELD(es_item, order, 4), ES_FIELD(es_item, at, 8),
    ES_FIELD(es_item, size, 8),  ES_FIELD(es_item, id, ES_ULID_CHARACTERS),
    ES_FIELD(es_item, name, 2),  ES_FIELD(es_item, stream, 2),
    ES_FIELD(es_item, body, 2),
};
#define FIELDS (sizeof FORM / sizeof FORM[0])
#define RECIPIENT_AT 2
#define FORM_AT (RECIPIENT_AT + ES_ID_CHARACTERS)
#define HEADER_BYTES (FORM_AT + 4 + 8 + 8 + ES_ULID_CHARACTERS + 2 + 2 + 2)
/** Bytes of two numbers that version 1 had before the form. */
#define NUMBERS 8
#define KEPT_MS (7ul * 24 * 3600 * 1000)

static unsigned number_of(const earshot *board, const es_item *item) {
  return (unsigned)(item - board->outbox.items);
}

static size_t bytes_of(const es_item *item) {
  return (size_t)HEADER_BYTES + item->name + item->stream + item->body;
}

earshot_result es_outbox_store(earshot *board, const es_item *item) {
  if (!item->durable) return EARSHOT_OK;
  uint8_t *header = board->outbox.bytes + item->offset;
  es_writer writer = es_writer_on(header + FORM_AT, HEADER_BYTES - FORM_AT);
  header[0] = VERSION;
  header[1] = item->kind;
  memcpy(header + RECIPIENT_AT, item->contact->id, ES_ID_CHARACTERS);
  es_form_write(FORM, FIELDS, item, &writer);
  return es_storage_put(board, KEY, number_of(board, item), header, bytes_of(item));
}

/** Converts a value of version 1 into the present form; returns its length. */
static size_t upgrade(uint8_t *stored, size_t length) {
  if (length < HEADER_BYTES + NUMBERS || stored[0] != 1) return length;
  memmove(stored + FORM_AT, stored + FORM_AT + NUMBERS, length - FORM_AT - NUMBERS);
  stored[0] = VERSION;
  return length - NUMBERS;
}

/** Takes in a stored item that was read to the end of the used bytes; false if it is invalid. */
static bool take(earshot *board, es_item *item, size_t length) {
  char id[ES_ID_CHARACTERS + 1];
  const uint8_t *stored = board->outbox.bytes + board->outbox.used;
  if (length < HEADER_BYTES || stored[0] != VERSION || stored[1] - 1u >= ES_ITEM_FILE) return false;
  memcpy(id, stored + RECIPIENT_AT, ES_ID_CHARACTERS);
  id[ES_ID_CHARACTERS] = '\0';
  item->contact = es_contact_get(board, id);
  es_form_read(FORM, FIELDS, item, stored + FORM_AT);
  if (item->contact == NULL || length != bytes_of(item) || item->size > ES_DOCUMENT_LIMIT) return false;
  if (stored[1] == ES_ITEM_DOCUMENT && item->size != item->body) return false;
  if (stored[1] == ES_ITEM_FILE && (item->body <= ES_HASH || stored[length - 1] != 0)) return false;
  item->kind = stored[1];
  item->durable = true;
  item->offset = board->outbox.used;
  item->expires = es_after(board, KEPT_MS);
  item->contact->waiting++;
  return true;
}

void es_outbox_load(earshot *board) {
  es_outbox *outbox = &board->outbox;
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    es_item *item = &outbox->items[i];
    size_t length =
        es_storage_get(board, KEY, i, outbox->bytes + outbox->used, sizeof outbox->bytes - outbox->used);
    length = upgrade(outbox->bytes + outbox->used, length);
    if (!take(board, item, length)) continue;
    outbox->used = (uint16_t)(outbox->used + length);
    if (item->order >= outbox->next_order) outbox->next_order = item->order + 1;
  }
}

static es_item *free_item(es_outbox *outbox) {
  for (es_item *item = outbox->items; item < outbox->items + EARSHOT_OUTBOX_MESSAGES; item++) {
    if (item->kind == ES_ITEM_FREE) return item;
  }
  return NULL;
}

es_item *es_outbox_add(earshot *board, es_contact *contact, const es_new_item *what) {
  es_outbox *outbox = &board->outbox;
  es_item *item = free_item(outbox);
  if (item == NULL) return NULL;
  es_writer writer = es_writer_on(outbox->bytes + outbox->used, sizeof outbox->bytes - outbox->used);
  es_write(&writer, NULL, HEADER_BYTES);
  es_flat_escape(&writer, what->name);
  size_t name_end = writer.length;
  es_flat_escape(&writer, what->stream);
  size_t stream_end = writer.length;
  if (what->hash != NULL) es_write(&writer, what->hash, ES_HASH);
  es_write(&writer, what->body, what->length);
  if (writer.overflow) return NULL;
  *item = what->item;
  contact->waiting++;
  item->contact = contact;
  item->order = outbox->next_order++;
  item->at = board->port->wall(board->port->context);
  es_new_ulid(board, item->id);
  es_copy_text(board->last_id, sizeof board->last_id, item->id);
  item->offset = outbox->used;
  item->name = (uint16_t)(name_end - HEADER_BYTES);
  item->stream = (uint16_t)(stream_end - name_end);
  item->body = (uint16_t)(writer.length - stream_end);
  outbox->used = (uint16_t)(outbox->used + writer.length);
  return item;
}

void es_outbox_remove(earshot *board, es_item *item) {
  es_outbox *outbox = &board->outbox;
  /* If that fails, it is sent again after a restart, and deduplicated by its id. */
  if (item->durable) (void)es_storage_put(board, KEY, number_of(board, item), NULL, 0);
  size_t length = bytes_of(item);
  uint8_t *at = outbox->bytes + item->offset;
  memmove(at, at + length, outbox->used - item->offset - length);
  outbox->used = (uint16_t)(outbox->used - length);
  item->contact->waiting--;
  item->kind = ES_ITEM_FREE;
  for (es_item *other = NULL; (other = es_next_item(board, NULL, other)) != NULL;) {
    if (other->offset > item->offset) other->offset = (uint16_t)(other->offset - length);
  }
}

es_item *es_next_item(earshot *board, const es_contact *contact, es_item *item) {
  es_outbox *outbox = &board->outbox;
  item = item == NULL ? outbox->items : item + 1;
  for (; item < outbox->items + EARSHOT_OUTBOX_MESSAGES; item++) {
    if (item->kind != ES_ITEM_FREE && (contact == NULL || item->contact == contact)) return item;
  }
  return NULL;
}

es_item *es_next_alike(earshot *board, const es_item *like, es_item *item) {
  while ((item = es_next_item(board, like->contact, item)) != NULL) {
    if (item != like && es_same_order(board, item, like)) return item;
  }
  return NULL;
}

es_item *es_outbox_numbered(earshot *board, const es_contact *contact, uint32_t seq) {
  es_item *item = NULL;
  if (seq == 0) return NULL;
  while ((item = es_next_item(board, contact, item)) != NULL && item->seq != seq) continue;
  return item;
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
