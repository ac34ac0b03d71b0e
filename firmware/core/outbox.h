/**
 * The outbox: messages that wait for their acknowledgement, oldest first. In memory; those that have to
 * survive a restart in storage as well, under the keys m0, m1, …
 */
#ifndef EARSHOT_OUTBOX_H
#define EARSHOT_OUTBOX_H

#include "contact.h"
#include "crypto.h"
#include "flat_json.h"

/** What an item is. */
typedef enum es_item_kind { ES_ITEM_FREE, ES_ITEM_CHAT, ES_ITEM_DOCUMENT, ES_ITEM_FILE } es_item_kind;

typedef struct es_item {
  uint8_t kind;
  bool to_all;
  bool durable;        /**< kept in storage */
  bool deferred;       /**< refused for now, or behind one that was */
  bool trial;          /**< the one of its order that tries again */
  uint8_t refusals;    /**< for now, one after another */
  uint16_t offset;     /**< in `bytes`: room for its form in storage, then name, stream, body */
  es_contact *contact; /**< the recipient */
  uint32_t seq;        /**< in the session with the recipient; 0: not sent, or refused */
  uint32_t order;      /**< age: smaller is older */
  uint16_t name;       /**< lengths; name and stream are kept as they stand in JSON */
  uint16_t stream;     /**< 0: none */
  uint64_t at;         /**< wall clock, 0 where it was not known */
  uint64_t size;       /**< of the document, ES_DOCUMENT_LIMIT at most */
  earshot_ms expires;
  earshot_ms retry_at;
  uint16_t body; /**< of a file: its SHA-256, its name in storage and a NUL */
  char id[ES_ULID_CHARACTERS + 1];
} es_item;

typedef struct es_outbox {
  es_item items[EARSHOT_OUTBOX_MESSAGES];
  uint32_t next_order;
  uint16_t used;
  uint8_t bytes[EARSHOT_OUTBOX_BYTES];
} es_outbox;

/** What es_outbox_add takes. */
typedef struct es_new_item {
  es_item item;        /**< kind, to_all, durable, size and expires; the outbox fills in the rest */
  const char *name;    /**< not NULL */
  const char *stream;  /**< not NULL; empty: none */
  const uint8_t *hash; /**< of a file; NULL: none */
  const void *body;
  size_t length;
} es_new_item;

/** Reads what storage has; after es_contacts_load. */
void es_outbox_load(earshot *board);
/** NULL where there is no room. */
es_item *es_outbox_add(earshot *board, es_contact *contact, const es_new_item *what);
/** Writes a durable item to storage; EARSHOT_OK for any other. */
earshot_result es_outbox_store(earshot *board, const es_item *item);
/** Forgets an item, in storage first. */
void es_outbox_remove(earshot *board, es_item *item);

/** The item for this contact, for anybody where that is NULL, behind `item`; as es_next_contact. */
es_item *es_next_item(earshot *board, const es_contact *contact, es_item *item);
/** The same among those of the order of `like`, itself left out. */
es_item *es_next_alike(earshot *board, const es_item *like, es_item *item);
/** The one that was sent under this number, and is not answered. */
es_item *es_outbox_numbered(earshot *board, const es_contact *contact, uint32_t seq);

/** As they stand in JSON; `bytes` NULL where it is of no stream. */
es_text es_item_name(const earshot *board, const es_item *item);
es_text es_item_stream(const earshot *board, const es_item *item);
const uint8_t *es_item_body(const earshot *board, const es_item *item);
/** Of an item of kind ES_ITEM_FILE. */
const char *es_item_file(const earshot *board, const es_item *item);
/** Reads `length` bytes of the document at `offset`, from memory or from storage. */
earshot_result es_item_read(earshot *board, const es_item *item, uint64_t offset, uint8_t *bytes,
                            size_t length);
/** SHA-256 of the document. */
earshot_result es_item_hash(earshot *board, const es_item *item, uint8_t hash[ES_HASH]);
/** Whether both are for one recipient and of one order: chats, or documents of one stream. */
bool es_same_order(const earshot *board, const es_item *a, const es_item *b);

#endif
