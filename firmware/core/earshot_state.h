/**
 * All memory of a board. An application includes this only to allocate it (`static struct earshot board;`); the members
 * are private to the core.
 */
#ifndef EARSHOT_STATE_H
#define EARSHOT_STATE_H

#include <psa/crypto.h>
#include <string.h>

#include "earshot.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "answering.h"
#include "contact.h"
#include "discovery.h"
#include "download.h"
#include "handshake.h"
#include "join_code.h"
#include "outbox.h"
#include "session.h"
#include "ways.h"

/** Identity, group and description of a board. */
typedef struct es_self {
  es_key announce_key; /**< ES_NO_KEY in an open group */
  char id[ES_ID_CHARACTERS + 1];
  es_key_pair identity;
  es_payload payload; /**< name, kind, app, boot, and the limits of its records */
  es_group group;
  uint8_t prologue[16 + ES_WORD_MAX];
  size_t prologue_length;
} es_self;

/** Large parts. */
typedef struct es_tables {
  es_peer roster[EARSHOT_ROSTER];
  es_contact contacts[EARSHOT_CONTACTS];
  es_outbox outbox;
  es_handshakes handshakes;
  es_session sessions[EARSHOT_SESSIONS];
#if EARSHOT_HEARSAY
  es_ways ways;
#endif
#if EARSHOT_PARTS
  es_download downloads[EARSHOT_DOWNLOADS];
#endif
  /** The datagram that is being read or written; unused between calls. */
  uint8_t datagram[ES_ANNOUNCEMENT_MAX];
} es_tables;

/** `started` of a board that is: memory that earshot_init has not seen has another value. */
#define ES_STARTED 0x6561727du

struct earshot {
  uint32_t started; /**< ES_STARTED until the keys are destroyed */
  bool busy;        /**< it is polled: handlers must not call it again in certain ways */
  bool dropping;    /**< it tells a handler of a message that was dropped for a newer one */
  const earshot_port *port;
  earshot_ms clock_begins; /**< what the port's clock shows at 0 of ours */
  es_time now;             /**< see es_now */
  es_time wake;

  /* Where each of `tables` begins: to compute that takes a small machine ten bytes of code each time, to read it two. */
  es_peer *roster;
  es_contact *contacts;
  es_outbox *outbox;
  es_handshakes *handshakes;
  es_session *sessions;
#if EARSHOT_HEARSAY
  es_ways *ways;
#endif
#if EARSHOT_PARTS
  es_download *downloads;
#endif
  uint8_t *datagram;

  bool closing;
  bool cannot_keep;   /**< the last write of a contact to storage failed */
  bool mute;          /**< random numbers failed: see es_random */
  es_time compare_at; /**< no stored document is compared before this: see es_stored */

  es_session *offering; /**< whose document the application's handler looks at; NULL: none */

  char last_id[ES_ULID_CHARACTERS + 1]; /**< see earshot_last_id */

  earshot_chat_handler on_chat;
  void *chat_context;
  earshot_document_handler on_document;
  void *document_context;
  earshot_sent_handler on_sent;
  void *sent_context;
  earshot_peer_handler on_peer;
  void *peer_context;
#if EARSHOT_ASK
  earshot_ask_handler on_ask;
  void *ask_context;
  earshot_answer_handler on_answer;
  void *answer_context;
  es_answering answering;
#endif
  earshot_numbers numbers;

  es_self self;
  es_discovery discovery;
  es_tables tables;
};

/** The time at which the present call into the core began, so that all parts of it agree. */
static inline es_time es_now(const earshot *board) {
  return board->now;
}

/** Makes earshot_poll ask to be called again at once. */
static inline void es_wake_now(earshot *board) {
  board->wake = board->now;
}

/** True if so many milliseconds have passed since a time. */
static inline bool es_has_passed(const earshot *board, es_time since, uint32_t ms) {
  return board->now >= since + ms;
}

/** The time in so many milliseconds. */
static inline es_time es_after(const earshot *board, uint32_t ms) {
  return board->now + ms;
}

#ifdef __cplusplus
}
#endif

#endif
