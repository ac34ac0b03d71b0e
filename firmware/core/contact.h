/**
 * Contacts: the peers that messages go to or came from, and both numberings with each of them (PROTOCOL.md
 * section 4.8). Kept in storage, where there is one, under the keys p0, p1, …
 */
#ifndef EARSHOT_CONTACT_H
#define EARSHOT_CONTACT_H

#include "earshot.h"
#include "window.h"

/** Our numbering towards a peer. Of the 32 numbers beyond `upto`, the lowest bit stands for `upto` + 1. */
typedef struct es_numbering {
  uint32_t epoch;
  uint32_t upto;     /**< every number up to this one is done */
  uint32_t next;     /**< the first that was not given to anything */
  uint32_t reserved; /**< what storage knows as used: none above may be */
  uint32_t done;     /**< done beyond `upto` */
  uint32_t flying;   /**< sent in this session, and not answered */
} es_numbering;

typedef struct es_contact {
  char id[ES_ID_CHARACTERS + 1]; /**< empty: a free entry */
  es_window in;                  /**< theirs towards us, as storage has it */
  es_numbering out;
  /** Pause before what was put aside is tried again, milliseconds; 0: nothing is aside. */
  uint32_t retry_wait;
  earshot_ms retry_at;
  earshot_ms void_again; /**< no void goes before this: one was refused */
  uint8_t failures;      /**< attempts to dial that failed, one after another, as far as they count */
  earshot_ms next_dial;
  earshot_ms used_at;
} es_contact;

/** Reads what storage has. */
void es_contacts_load(earshot *board);
/** The entry in use behind this one, the first where it is NULL; NULL behind the last. */
es_contact *es_next_contact(earshot *board, es_contact *contact);
/** NULL where there is none. */
es_contact *es_contact_find(earshot *board, const char *id);
/** The same; makes one where there is none. NULL where all entries are in use. */
es_contact *es_contact_get(earshot *board, const char *id);
/** Makes it durable; EARSHOT_OK where there is no storage. */
earshot_result es_contact_store(const earshot *board, const es_contact *contact);
/** Begins our numbering anew. */
void es_contact_renumber(earshot *board, es_contact *contact);

#endif
