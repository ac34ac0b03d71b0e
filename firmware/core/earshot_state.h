/**
 * A board's memory, all of it. An application includes this only to set it aside (`static struct earshot
 * board;`); what is in here is nobody's business but the core's.
 */
#ifndef EARSHOT_STATE_H
#define EARSHOT_STATE_H

#include "contact.h"
#include "discovery.h"
#include "download.h"
#include "earshot.h"
#include "handshake.h"
#include "join_code.h"
#include "outbox.h"
#include "session.h"

/** Who a board is. */
typedef struct es_self {
  es_key announce_key; /**< ES_NO_KEY in an open group */
  char id[ES_ID_CHARACTERS + 1];
  es_key_pair identity;
  es_payload payload; /**< name, kind, app, boot, and what records it takes */
  es_group group;
  uint8_t prologue[16 + ES_WORD_MAX];
  size_t prologue_length;
} es_self;

_Static_assert(EARSHOT_RX >= 1024 && EARSHOT_RX <= 65535, "see earshot_config.h");
_Static_assert(EARSHOT_TX >= 1024 && EARSHOT_TX <= 65535, "see earshot_config.h");
_Static_assert(EARSHOT_OUTBOX_BYTES <= 65535, "places in the outbox have 16 bits");
_Static_assert(EARSHOT_OUTBOX_MESSAGES <= 255, "a contact counts its messages with 8 bits");
_Static_assert(EARSHOT_CONTACTS > EARSHOT_SESSIONS, "a session has a contact");
_Static_assert(EARSHOT_DOWNLOADS <= 10, "their files are numbered with one digit");

struct earshot {
  const earshot_port *port;
  earshot_ms now; /**< see es_now */
  earshot_ms wake;
  bool closing;
  bool cannot_keep;      /**< storage did not take what was done, the last time */
  bool mute;             /**< there were no random numbers: see es_random */
  earshot_ms compare_at; /**< no stored document is compared before: see es_stored */

  char last_id[ES_ULID_CHARACTERS + 1]; /**< see earshot_last_id */

  earshot_chat_handler on_chat;
  void *chat_context;
  earshot_document_handler on_document;
  void *document_context;
  earshot_sent_handler on_sent;
  void *sent_context;
  earshot_peer_handler on_peer;
  void *peer_context;
  earshot_numbers numbers;

  /* From what is small to what is large: small machines reach the beginning with less code. */
  es_self self;
  es_discovery discovery;
  es_peer roster[EARSHOT_ROSTER];
  es_contact contacts[EARSHOT_CONTACTS];
  es_outbox outbox;
  es_handshakes handshakes;
  es_session sessions[EARSHOT_SESSIONS];
  es_download downloads[EARSHOT_DOWNLOADS];

  /** A datagram on its way in or out; never kept from one call to the next. */
  uint8_t datagram[ES_ANNOUNCEMENT_MAX];
};

/** When the present call into the core began. Constant during it, so that all parts agree. */
static inline earshot_ms es_now(const earshot *board) {
  return board->now;
}

#endif
