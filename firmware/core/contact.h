/**
 * Contacts: the peers that messages go to or came from, and by which ids their latest messages are known
 * (PROTOCOL.md 3.11). Those that a message came from or was taken by are kept in storage, if there is
 * one, under the keys p0, p1, …
 */
#ifndef EARSHOT_CONTACT_H
#define EARSHOT_CONTACT_H

#include "earshot.h"
#include "protocol_limits.h"
#include "times.h"

/** Messages that are remembered of each sender; if both were taken, half of them chats and half documents. */
#define ES_KNOWN 32
/** Bytes remembered of a message id: the beginning of its SHA-256. */
#define ES_MARK 4

typedef struct es_contact {
  char id[ES_ID_CHARACTERS + 1]; /**< empty: a free entry */
  uint8_t failures;              /**< failed attempts to dial in a row, up to a limit */
  bool stored : 1;               /**< storage has it */
  uint8_t waiting : 7;           /**< messages in the outbox for it */
  uint8_t count;                 /**< messages remembered */
  uint32_t documents; /**< which of them are documents, the lowest bit the newest; others are chats */
  uint8_t known[ES_KNOWN][ES_MARK]; /**< newest first */
  es_time next_dial;
  es_time used_at;
} es_contact;

/** Reads the contacts from storage. */
void es_contacts_load(earshot *board);
/** The entry in use after this one, the first if it is NULL; NULL after the last. */
es_contact *es_next_contact(earshot *board, es_contact *contact);
/** Finds one by its id; NULL if there is none. */
es_contact *es_contact_find(earshot *board, const char *id);
/** The same; makes one if there is none. NULL if all entries are in use. */
es_contact *es_contact_get(earshot *board, const char *id);
/** Makes it durable with what is remembered; EARSHOT_OK if there is no storage. */
earshot_result es_contact_store(const earshot *board, es_contact *contact);

/** Computes the mark that is remembered of a message id. EARSHOT_CRYPTO. */
earshot_result es_mark_of(const char *id, uint8_t mark[ES_MARK]);
bool es_contact_knows(const es_contact *contact, const uint8_t mark[ES_MARK]);
/**
 * Remembers an accepted message in place of the oldest. Neither kind displaces more than half of the marks: documents
 * that are retransmitted after a broken link come after all chats that wait.
 */
void es_contact_remember(es_contact *contact, const uint8_t mark[ES_MARK], bool document);
/** Forgets the latest marks again, because storage failed. */
void es_contact_take_back(es_contact *contact, unsigned count);

#endif
