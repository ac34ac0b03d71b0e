/** The table of encrypted sessions. PROTOCOL.md 2.10 to 2.14, and 3.10. */
#ifndef EARSHOT_SESSION_H
#define EARSHOT_SESSION_H

#include "earshot.h"
#include "frame.h"
#include "handshake_payload.h"
#include "noise.h"
#include "record.h"
#include "times.h"

/** The answer to a message, until it is sent. */
typedef struct es_verdict {
  uint32_t seq;
  uint32_t
      detail; /**< for EARSHOT_NOT_JSON: offset of the first invalid byte; else 1 + place in `reasons`, or 0 */
  uint8_t result; /**< earshot_result: EARSHOT_OK, or the refusal */
} es_verdict;

/** An order that a temporary refusal blocks until the `void` of its number. */
typedef struct es_hold {
  uint32_t seq;
  uint32_t order; /**< see es_order_of; ES_NO_ORDER: a free place */
} es_hold;

/** Why a session closes or has ended: one of these, or an earshot_result. */
typedef enum es_reason {
  ES_NO_REASON = EARSHOT_OK, /**< it does not, or has not */
  ES_FULL = EARSHOT_FULL,
  ES_CLOSED = EARSHOT_CLOSED, /**< by the peer, or as we wanted */
  ES_IDLE = EARSHOT_CANNOT + 1,
  ES_REPLACED,
  ES_LEAVING,
  ES_SILENT,
  ES_STALLED,
  ES_GONE,
  ES_OUT_OF_NUMBERS,
  ES_NOT_AGREED,
} es_reason;

/** The document that a session sends in parts. */
typedef struct es_upload {
  uint32_t seq;    /**< kept until it is answered, even if its message is gone; 0: no document */
  uint32_t stream; /**< a hash of its stream; 0: none */
  bool wanted;     /**< a `want` has come */
  uint32_t offset;
  uint32_t until; /**< credit that the recipient granted; may exceed the size */
} es_upload;

typedef struct es_session {
  /* Frequently used members of four bytes or more first: small machines reach the first 128 bytes with less code. */
  char id[ES_ID_CHARACTERS + 1];
  int connection;
  es_time opened;
  es_time heard;  /**< last record */
  es_time active; /**< last chat, document or part, in or out */
  es_time pinged; /**< last ping */
  es_time wrote;  /**< when the connection last accepted bytes, or there were none to write */
  es_time close_by;
  es_time told;            /**< when a list of peers was heeded last; 0: never */
  earshot_address address; /**< of the peer */
  es_reason why;           /**< why it is closing */
  es_reason ended;         /**< why it has ended. Its place is in use until sessions.c has cleaned up */
  uint32_t boot;
  uint32_t pong_n;
  es_upload upload;
  uint32_t numbered; /**< last `seq` sent */
  uint32_t highest;  /**< highest `seq` received */
  /* The record that is being written. */
  size_t out;
  size_t out_sent;
  es_record in_record; /**< the record that is being read */

  bool used;
  bool initiator;
  bool attached; /**< the session of this peer that messages are sent through */
  bool brief;
  bool answers; /**< brief, but it is sent answers */
  bool can_ask; /**< it answers questions */
  bool close_sent;
  bool pong;
  bool ping;
  uint8_t unstored; /**< accepted messages whose ids are not stored yet: they must not be acknowledged */
  uint8_t verdict_count;
  uint8_t void_count;
  uint8_t orphan_count;
  uint16_t rx;
  uint16_t window;

  es_cipher send;
  es_cipher receive;
  es_verdict verdicts[ES_WINDOW]; /**< these and the downloads are all unanswered messages received */
  es_hold held[ES_WINDOW];
  uint32_t orphans[ES_WINDOW]; /**< unanswered numbers whose message is gone */
  /* Numbers to void. Each was unanswered when the last message was sent; one may be voided twice. */
  uint32_t voids[ES_WINDOW + 1];
  char name[ES_LABEL_BYTES + 1];
  uint8_t reasons_used;
  uint8_t reason; /**< 1 + place of the reason for the refusal that comes next; 0: none */
  /** Reasons that the application gave for its refusals, each with a NUL, escaped for JSON; until all are sent. */
  char reasons[EARSHOT_WHY];
  uint8_t rx_bytes[ES_RECORD_HEADER + EARSHOT_RX];
  uint8_t tx_bytes[ES_RECORD_HEADER + EARSHOT_TX];
} es_session;

/** The next session that has not ended, with this peer unless `id` is NULL; as es_next_contact. */
es_session *es_next_session(earshot *board, const char *id, es_session *session);
/** The session that messages to this peer are sent through, or NULL. */
es_session *es_session_find(earshot *board, const char *id);
/** Closes a session: sends answers, then `close` with this reason. */
void es_session_close(earshot *board, es_session *session, es_reason why);
/**
 * Ends a session at once, unless it has ended. Only marks it: es_next_session and es_session_find skip it, and sessions.c
 * frees it at the next poll.
 */
void es_session_end(es_session *session, es_reason why);
/** The text of a reason, for `close` and for the log. */
const char *es_reason_text(es_reason why);

#endif
