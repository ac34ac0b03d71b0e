/**
 * The outbox: messages that wait for an acknowledgement. All are in memory; durable ones are in storage as well, under
 * the keys m0, m1, … Answers are there under a0, a1, …, and stay after they were sent: those to the last questions.
 */
#ifndef EARSHOT_OUTBOX_H
#define EARSHOT_OUTBOX_H

#include "contact.h"
#include "crypto.h"
#include "flat_json.h"
#include "times.h"

/** The kind of an item. */
typedef enum es_item_kind {
  ES_ITEM_FREE,
  ES_ITEM_CHAT,
  ES_ITEM_DOCUMENT,
  ES_ITEM_FILE,
  ES_ITEM_QUESTION, /**< stays until it is answered */
  ES_ITEM_ANSWER,
  ES_ITEM_KEPT, /**< in storage only: an answer that was sent */
} es_item_kind;

/**
 * Bytes before the body of each kind: of a file its SHA-256 (the body is its name in storage and a NUL), of an answer its
 * es_answer_code and the id of the question.
 */
/** The first byte of an answer: what its `code` says. */
typedef enum es_answer_code { ES_CODE_NONE, ES_CODE_FAILED, ES_CODE_NO_ANSWER } es_answer_code;
#define ES_ANSWER_HEAD (1 + ES_ULID_CHARACTERS)

typedef struct es_item {
  uint8_t kind;
  bool to_all;
  bool durable;        /**< kept in storage */
  bool lazy;           /**< is to be kept in storage, once it has waited for a while */
  bool deferred;       /**< refused temporarily, or after one of its order that was */
  bool trial;          /**< the one of its order that is retried */
  uint16_t offset;     /**< in `bytes`: the header of its value in storage, then name, stream, body */
  es_contact *contact; /**< the recipient */
  uint32_t seq;        /**< in the session with the recipient; 0: not sent, or refused */
  uint32_t order;      /**< age: smaller is older */
  uint16_t name;       /**< length of the name, which is escaped for JSON, as the stream is */
  uint16_t stream;     /**< length of the stream; 0: none */
  uint64_t at;         /**< wall clock, milliseconds since 1970; 0: not known */
  uint32_t size;       /**< of the document */
  uint32_t above_size; /**< 0: storage has the size as a number of 64 bits */
  uint32_t within_s;   /**< its time to live; `expires` is when it ends, since the board is up */
  es_time expires;
  es_time retry_at;
  uint16_t body; /**< length of the body with the bytes before it */
  char id[ES_ULID_CHARACTERS + 1];
  bool asked;       /**< a question that was acknowledged: its answer is awaited */
  uint8_t place;    /**< of an answer: in es_outbox.kept */
  uint8_t refusals; /**< temporary ones in a row */
  uint8_t newest;   /**< 1: may be dropped for a newer one */
} es_item;

/** An answer in storage. */
typedef struct es_kept {
  uint32_t order;        /**< age: smaller is older */
  uint16_t bytes;        /**< of its value in storage; 0: the place is free */
  uint8_t mark[ES_MARK]; /**< of its question */
} es_kept;

typedef struct es_outbox {
  es_item items[EARSHOT_OUTBOX_MESSAGES];
#if EARSHOT_ASK
  es_kept kept[EARSHOT_ANSWERS];
#endif
  uint32_t next_order;
  uint16_t used;
  uint8_t bytes[EARSHOT_OUTBOX_BYTES];
} es_outbox;

/** A message to add to the outbox. */
typedef struct es_new_item {
  es_item
      item; /**< kind, to_all, durable, lazy, size, within_s, newest and place; the outbox fills in the rest */
  const char *name;   /**< not NULL */
  const char *stream; /**< not NULL; empty: none */
  const void *head;   /**< the bytes before the body */
  size_t head_length;
  const void *body; /**< NULL: `text` */
  size_t length;
  const char *text; /**< becomes a JSON string */
} es_new_item;

/** Reads the durable items from storage; call it after es_contacts_load. */
void es_outbox_load(earshot *board);
/** True if a message fits an empty outbox, and if it cannot go in parts a record of this board. */
bool es_outbox_fits(const es_new_item *what);
/** Adds a message; NULL if there is no room. */
es_item *es_outbox_add(earshot *board, es_contact *contact, const es_new_item *what);
#if EARSHOT_ASK
/**
 * Takes an answer from storage into the outbox again. EARSHOT_BUSY if there is no room; EARSHOT_ABSENT if it is gone or
 * not that of this peer's question.
 */
earshot_result es_outbox_take_kept(earshot *board, es_kept *kept, const char *asker, const char *question);
#endif
/** Writes a durable item to storage; EARSHOT_OK for any other. */
earshot_result es_outbox_store(earshot *board, const es_item *item);
/** Bytes of an item in storage. */
size_t es_outbox_bytes(const es_item *item);
/** Removes an item that could not be stored. */
void es_outbox_take_back(earshot *board, es_item *item);
/** Removes an item, from storage first. */
void es_outbox_remove(earshot *board, es_item *item);

/** The item after `item` for this contact, or for any contact if that is NULL; as es_next_contact. */
es_item *es_next_item(earshot *board, const es_contact *contact, es_item *item);
/** The same among the items of the order of `like`, except `like`. */
es_item *es_next_alike(earshot *board, const es_item *like, es_item *item);
/** The item of this id; NULL if there is none. */
es_item *es_outbox_find(earshot *board, const char *id);
/** The oldest item that may be dropped, an unsent one if there is any; NULL if there is none. */
es_item *es_outbox_droppable(earshot *board);
/** The unanswered item that was sent under this number; NULL if there is none. */
es_item *es_outbox_numbered(earshot *board, const es_contact *contact, uint32_t seq);

/** Name and stream, escaped for JSON; `bytes` is NULL if it belongs to no stream. */
es_text es_item_name(const earshot *board, const es_item *item);
es_text es_item_stream(const earshot *board, const es_item *item);
/** The body, and the bytes before it. */
const uint8_t *es_item_body(const earshot *board, const es_item *item);
const uint8_t *es_item_head(const earshot *board, const es_item *item);
/** Name in storage of an item of kind ES_ITEM_FILE. */
const char *es_item_file(const earshot *board, const es_item *item);
/** Reads `length` bytes of the document at `offset`, from memory or from storage. */
earshot_result es_item_read(earshot *board, const es_item *item, uint32_t offset, uint8_t *bytes,
                            size_t length);
/** SHA-256 of the document. */
earshot_result es_item_hash(earshot *board, const es_item *item, uint8_t hash[ES_HASH]);
/** True if both have the same recipient and the same order: both are chats, or documents of one stream. */
bool es_same_order(const earshot *board, const es_item *a, const es_item *b);

#endif
