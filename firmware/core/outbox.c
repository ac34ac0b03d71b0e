#include "outbox.h"

#include "board.h"
#include "earshot_state.h"
#include "form.h"
#include "storage.h"

#define KEY 'm'
#define ANSWER_KEY 'a'
#define VERSION 3

/** An item in storage: version, kind, recipient, these members, then its texts and its body. */
static const es_field FORM[] = {
    ES_FIELD(es_item, within_s, 4),
    ES_FIELD(es_item, newest, 1),
    ES_FIELD(es_item, order, 4),
    ES_FIELD(es_item, at, 8),
    ES_FIELD(es_item, above_size, 4),
    ES_FIELD(es_item, size, 4),
    ES_FIELD(es_item, id, ES_ULID_CHARACTERS),
    ES_FIELD(es_item, name, 2),
    ES_FIELD(es_item, stream, 2),
    ES_FIELD(es_item, body, 2),
};
/** Most bytes of texts and body that a record of this board can have besides ids and numbers. */
#define RECORD_BYTES (EARSHOT_TX - ES_TAG - ES_FRAME_HEADER)
#define FIELDS (sizeof FORM / sizeof FORM[0])
#define RECIPIENT_AT 2
#define FORM_AT (RECIPIENT_AT + ES_ID_CHARACTERS)
/** Bytes of the form that came with version 3, in their place two numbers that version 1 had. */
#define SINCE_3 5
#define ONLY_IN_1 8
#define HEADER_BYTES (FORM_AT + 5 + 4 + 8 + 8 + ES_ULID_CHARACTERS + 2 + 2 + 2)
/** The last kind that the outbox has. */
#define LAST_KIND (EARSHOT_ASK ? ES_ITEM_ANSWER : ES_ITEM_FILE)

static unsigned number_of(const earshot *board, const es_item *item) {
  return (unsigned)(item - board->outbox->items);
}

/** Bytes before the body of an item. */
static unsigned head_of(uint8_t kind) {
  static const uint8_t BYTES[] = {
    [ES_ITEM_FILE] = ES_HASH,
#if EARSHOT_ASK
    [ES_ITEM_ANSWER] = ES_ANSWER_HEAD,
#endif
  };
  return BYTES[kind];
}

size_t es_outbox_bytes(const es_item *item) {
  return (size_t)HEADER_BYTES + item->name + item->stream + item->body;
}

#if EARSHOT_ASK
/** Stores an answer, as one that waits or as one that was sent: `kind` is ES_ITEM_ANSWER or ES_ITEM_KEPT. */
static earshot_result store_answer(earshot *board, const es_item *item, es_item_kind kind) {
  uint8_t *value = board->outbox->bytes + item->offset;
  value[1] = (uint8_t)kind;
  return es_storage_put(board, ANSWER_KEY, item->place, value, es_outbox_bytes(item));
}
#endif

earshot_result es_outbox_store(earshot *board, const es_item *item) {
  if (!item->durable) return EARSHOT_OK;
  uint8_t *header = board->outbox->bytes + item->offset;
  es_writer writer = es_writer_on(header + FORM_AT, HEADER_BYTES - FORM_AT);
  header[0] = VERSION;
  header[1] = item->kind;
  es_copy(header + RECIPIENT_AT, item->contact->id, ES_ID_CHARACTERS);
  es_form_write(FORM, FIELDS, item, &writer);
#if EARSHOT_ASK
  if (item->kind == ES_ITEM_ANSWER) return store_answer(board, item, ES_ITEM_ANSWER);
#endif
  return es_storage_put(board, KEY, number_of(board, item), header, es_outbox_bytes(item));
}

/** Converts a value of an earlier version into the present form, if that fits; returns its length. */
static size_t upgrade(uint8_t *stored, size_t length, size_t room) {
  size_t had = stored[0] == 1 ? ONLY_IN_1 : 0;
  if (length < FORM_AT + had || stored[0] == 0 || stored[0] >= VERSION) return length;
  /* Questions had another form; no release had any. */
  if (stored[1] == ES_ITEM_QUESTION || length - had + SINCE_3 > room) return length;
  stored[0] = VERSION;
  memmove(stored + FORM_AT + SINCE_3, stored + FORM_AT + had, length - FORM_AT - had);
  es_put_u32(stored + FORM_AT, ES_KEPT_S);
  stored[FORM_AT + 4] = 0;
  return length - had + SINCE_3;
}

/** Reads a stored item without its recipient; false if it is invalid. */
static bool parse(es_item *item, uint8_t kind, const uint8_t *stored, size_t length) {
  if (length < HEADER_BYTES || stored[0] != VERSION || kind == ES_ITEM_FREE || kind > LAST_KIND) return false;
  es_form_read(FORM, FIELDS, item, stored + FORM_AT);
  unsigned head = head_of(kind);
  if (length != es_outbox_bytes(item) || item->body < head || item->above_size != 0 ||
      item->within_s > ES_KEPT_S)
    return false;
  if (kind == ES_ITEM_FILE) return item->body > head && stored[length - 1] == 0;
  return item->size == item->body - head;
}

/** Takes in a stored item that was read to the end of the used bytes; false if it is invalid. */
static bool take(earshot *board, es_item *item, uint8_t kind, size_t length) {
  char id[ES_ID_CHARACTERS + 1];
  uint8_t *stored = board->outbox->bytes + board->outbox->used;
  if (!parse(item, kind, stored, length)) return false;
  es_copy(id, stored + RECIPIENT_AT, ES_ID_CHARACTERS);
  id[ES_ID_CHARACTERS] = '\0';
  item->contact = es_contact_get(board, id);
  if (item->contact == NULL) return false;
  item->kind = kind;
  item->durable = true;
  item->offset = board->outbox->used;
  item->expires = es_after(board, 1000 * item->within_s);
  item->contact->waiting++;
  board->outbox->used = (uint16_t)(board->outbox->used + length);
  if (item->order >= board->outbox->next_order) board->outbox->next_order = item->order + 1;
  return true;
}

/** Reads a value to the end of the used bytes; returns its length, 0 if there is none. */
static size_t read_value(earshot *board, char letter, unsigned number) {
  es_outbox *outbox = board->outbox;
  uint8_t *to = outbox->bytes + outbox->used;
  size_t room = sizeof outbox->bytes - outbox->used;
  return upgrade(to, es_storage_get(board, letter, number, to, room), room);
}

#if EARSHOT_ASK
/** Notes the answers that storage has: before the outbox is full, for they are read into it. */
static void note_kept(earshot *board) {
  es_outbox *outbox = board->outbox;
  for (unsigned i = 0; i < EARSHOT_ANSWERS; i++) {
    es_item item;
    char question[ES_ULID_CHARACTERS + 1];
    size_t length = read_value(board, ANSWER_KEY, i);
    if (!parse(&item, ES_ITEM_ANSWER, outbox->bytes, length)) continue;
    es_copy(question, outbox->bytes + HEADER_BYTES + item.name + item.stream + 1, ES_ULID_CHARACTERS);
    es_kept *kept = &outbox->kept[i];
    if (es_mark_of(question, kept->mark) != EARSHOT_OK) continue;
    kept->order = item.order;
    kept->bytes = (uint16_t)length;
    if (item.order >= outbox->next_order) outbox->next_order = item.order + 1;
  }
}
#endif

static es_item *free_item(es_outbox *outbox) {
  for (es_item *item = outbox->items; item < outbox->items + EARSHOT_OUTBOX_MESSAGES; item++) {
    if (item->kind == ES_ITEM_FREE) return item;
  }
  return NULL;
}

#if EARSHOT_ASK
/** Takes the answer in this place into the outbox if it waits to be sent. */
static void take_waiting(earshot *board, unsigned place) {
  es_item *item = free_item(board->outbox);
  size_t length = item != NULL ? read_value(board, ANSWER_KEY, place) : 0;
  if (length == 0 || board->outbox->bytes[board->outbox->used + 1] != ES_ITEM_ANSWER) return;
  if (take(board, item, ES_ITEM_ANSWER, length)) item->place = (uint8_t)place;
}

earshot_result es_outbox_take_kept(earshot *board, es_kept *kept, const char *asker, const char *question) {
  es_outbox *outbox = board->outbox;
  es_item *item = free_item(outbox);
  if (item == NULL || kept->bytes > sizeof outbox->bytes - outbox->used) return EARSHOT_BUSY;
  uint8_t place = (uint8_t)(kept - outbox->kept);
  size_t length = read_value(board, ANSWER_KEY, place);
  const uint8_t *stored = outbox->bytes + outbox->used;
  es_item read;
  bool same =
      parse(&read, ES_ITEM_ANSWER, stored, length) &&
      es_same_bytes(stored + RECIPIENT_AT, asker, ES_ID_CHARACTERS) &&
      es_same_bytes(stored + HEADER_BYTES + read.name + read.stream + 1, question, ES_ULID_CHARACTERS);
  if (!same) return EARSHOT_ABSENT;
  es_clear(item, sizeof *item);
  if (!take(board, item, ES_ITEM_ANSWER, length)) return EARSHOT_BUSY;
  item->place = place;
  if (es_outbox_store(board, item) == EARSHOT_OK) return EARSHOT_OK;
  es_outbox_remove(board, item);
  return EARSHOT_BUSY;
}
#endif

void es_outbox_load(earshot *board) {
#if EARSHOT_ASK
  note_kept(board);
#endif
  es_outbox *outbox = board->outbox;
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    size_t length = read_value(board, KEY, i);
    uint8_t kind = length > 0 ? outbox->bytes[outbox->used + 1] : ES_ITEM_FREE;
    if (kind != ES_ITEM_ANSWER) (void)take(board, &outbox->items[i], kind, length);
  }
#if EARSHOT_ASK
  for (unsigned i = 0; i < EARSHOT_ANSWERS; i++) take_waiting(board, i);
#endif
}

/** Writes an item as it is in the outbox, and gives the lengths of its texts and its body. */
static void compose(es_item *item, const es_new_item *what, es_writer *writer) {
  es_write(writer, NULL, HEADER_BYTES);
  es_flat_escape(writer, what->name);
  size_t name_end = writer->length;
  es_flat_escape(writer, what->stream);
  size_t stream_end = writer->length;
  es_write(writer, what->head, what->head_length);
  if (what->body != NULL) es_write(writer, what->body, what->length);
  else es_flat_put_text(writer, what->text);
  item->name = (uint16_t)(name_end - HEADER_BYTES);
  item->stream = (uint16_t)(stream_end - name_end);
  item->body = (uint16_t)(writer->length - stream_end);
}

bool es_outbox_fits(const es_new_item *what) {
  es_item item;
  es_writer counter = es_writer_on(NULL, EARSHOT_OUTBOX_BYTES);
  compose(&item, what, &counter);
  bool has_parts = EARSHOT_PARTS && (what->item.kind == ES_ITEM_DOCUMENT || what->item.kind == ES_ITEM_FILE);
  return !counter.overflow && (has_parts || counter.length <= RECORD_BYTES + HEADER_BYTES);
}

es_item *es_outbox_add(earshot *board, es_contact *contact, const es_new_item *what) {
  es_outbox *outbox = board->outbox;
  es_item *item = free_item(outbox);
  if (item == NULL) return NULL;
  *item = what->item;
  es_writer writer = es_writer_on(outbox->bytes + outbox->used, sizeof outbox->bytes - outbox->used);
  compose(item, what, &writer);
  if (writer.overflow) {
    item->kind = ES_ITEM_FREE;
    return NULL;
  }
  contact->waiting++;
  item->contact = contact;
  item->order = outbox->next_order++;
  item->at = board->port->wall(board->port->context);
  item->expires = es_after(board, 1000 * item->within_s);
  es_new_ulid(board, item->id);
  es_copy_text(board->last_id, sizeof board->last_id, item->id);
  item->offset = outbox->used;
  if (item->kind != ES_ITEM_FILE) item->size = (uint32_t)(item->body - what->head_length);
  outbox->used = (uint16_t)(outbox->used + writer.length);
  return item;
}

/** Notes in storage that an item has ended. If that fails, it is sent again after a restart, and deduplicated by its id. */
static void end_stored(earshot *board, const es_item *item) {
  if (!item->durable) return;
#if EARSHOT_ASK
  if (item->kind == ES_ITEM_ANSWER) {
    (void)store_answer(board, item, ES_ITEM_KEPT);
    return;
  }
#endif
  (void)es_storage_put(board, KEY, number_of(board, item), NULL, 0);
}

void es_outbox_remove(earshot *board, es_item *item) {
  es_outbox *outbox = board->outbox;
  end_stored(board, item);
  size_t length = es_outbox_bytes(item);
  uint8_t *at = outbox->bytes + item->offset;
  memmove(at, at + length, outbox->used - item->offset - length);
  outbox->used = (uint16_t)(outbox->used - length);
  item->contact->waiting--;
  item->kind = ES_ITEM_FREE;
  /* Whoever waits for room learns of it: earshot_poll returns 0. */
  es_wake_now(board);
  for (es_item *other = NULL; (other = es_next_item(board, NULL, other)) != NULL;) {
    if (other->offset > item->offset) other->offset = (uint16_t)(other->offset - length);
  }
}

void es_outbox_take_back(earshot *board, es_item *item) {
#if EARSHOT_ASK
  if (item->kind == ES_ITEM_ANSWER) {
    (void)es_storage_put(board, ANSWER_KEY, item->place, NULL, 0);
    item->durable = false;
  }
#endif
  es_outbox_remove(board, item);
}

es_item *es_next_item(earshot *board, const es_contact *contact, es_item *item) {
  es_outbox *outbox = board->outbox;
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

es_item *es_outbox_find(earshot *board, const char *id) {
  es_item *item = NULL;
  while ((item = es_next_item(board, NULL, item)) != NULL && !es_same_text(item->id, id)) continue;
  return item;
}

/** Rank of an item that may be dropped, lowest first: the unsent ones, and of these the oldest. */
static uint32_t rank(const es_item *item) {
  return item->seq == 0 ? item->order : item->order | 1u << 31;
}

es_item *es_outbox_droppable(earshot *board) {
  es_item *first = NULL;
  for (es_item *item = NULL; (item = es_next_item(board, NULL, item)) != NULL;) {
    if (item->newest && (first == NULL || rank(item) < rank(first))) first = item;
  }
  return first;
}

es_item *es_outbox_numbered(earshot *board, const es_contact *contact, uint32_t seq) {
  es_item *item = NULL;
  if (seq == 0) return NULL;
  while ((item = es_next_item(board, contact, item)) != NULL && item->seq != seq) continue;
  return item;
}

static const uint8_t *texts_of(const earshot *board, const es_item *item) {
  return board->outbox->bytes + item->offset + HEADER_BYTES;
}

es_text es_item_name(const earshot *board, const es_item *item) {
  es_text name = {texts_of(board, item), item->name};
  return name;
}

es_text es_item_stream(const earshot *board, const es_item *item) {
  es_text stream = {item->stream > 0 ? texts_of(board, item) + item->name : NULL, item->stream};
  return stream;
}

const uint8_t *es_item_head(const earshot *board, const es_item *item) {
  return texts_of(board, item) + item->name + item->stream;
}

const uint8_t *es_item_body(const earshot *board, const es_item *item) {
  return es_item_head(board, item) + head_of(item->kind);
}

const char *es_item_file(const earshot *board, const es_item *item) {
  return (const char *)es_item_body(board, item);
}

earshot_result es_item_read(earshot *board, const es_item *item, uint32_t offset, uint8_t *bytes,
                            size_t length) {
  if (offset > item->size || length > item->size - offset) return EARSHOT_ARGUMENT;
  if (item->kind != ES_ITEM_FILE) {
    es_copy(bytes, es_item_body(board, item) + offset, length);
    return EARSHOT_OK;
  }
  const earshot_port *port = board->port;
  size_t got = 0;
  earshot_result result =
      port->storage->file_read(port->context, es_item_file(board, item), offset, bytes, length, &got);
  return result == EARSHOT_OK && got < length ? EARSHOT_IO : result;
}

earshot_result es_item_hash(earshot *board, const es_item *item, uint8_t hash[ES_HASH]) {
  if (item->kind != ES_ITEM_FILE) return es_sha256(es_item_body(board, item), item->size, NULL, 0, hash);
  es_copy(hash, es_item_head(board, item), ES_HASH);
  return EARSHOT_OK;
}

bool es_same_order(const earshot *board, const es_item *a, const es_item *b) {
  if (a->contact != b->contact) return false;
  if (a->kind == ES_ITEM_CHAT || b->kind == ES_ITEM_CHAT) return a->kind == b->kind;
  return a->stream > 0 && a->stream == b->stream &&
         es_same_bytes(es_item_stream(board, a).bytes, es_item_stream(board, b).bytes, a->stream);
}
