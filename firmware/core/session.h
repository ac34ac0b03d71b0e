/** The table of encrypted sessions: what each has to do, and how it ends. PROTOCOL.md 2.10 to 2.14, and 3.10. */
#ifndef EARSHOT_SESSION_H
#define EARSHOT_SESSION_H

#include "earshot.h"
#include "frame.h"
#include "handshake_payload.h"
#include "noise.h"
#include "record.h"

/** The answer to a message, which waits to be told. */
typedef struct es_verdict {
  uint32_t seq;
  uint32_t detail; /**< of EARSHOT_NOT_JSON: offset of the first wrong byte */
  uint8_t result;  /**< earshot_result: EARSHOT_OK, or why it is not taken */
} es_verdict;

/** An order that a refusal holds up until the void of its number. */
typedef struct es_hold {
  uint32_t seq;
  uint32_t order; /**< as es_order_of says it; ES_NO_ORDER: a free place */
} es_hold;

/** What this session sends in parts. */
typedef struct es_upload {
  uint32_t seq;    /**< until it is answered, even if its message is gone; 0: nothing */
  uint32_t stream; /**< a number for its stream; 0: none */
  bool wanted;     /**< a `want` has come */
  uint32_t offset;
  uint64_t until; /**< credit as the recipient gave it; may lie beyond the end */
} es_upload;

typedef struct es_session {
  /* First what is used much and has four bytes or more: small machines reach the first 128 with less code. */
  char id[ES_ID_CHARACTERS + 1];
  int connection;
  earshot_ms opened;
  earshot_ms heard;  /**< last record */
  earshot_ms active; /**< last chat, document or part, in or out */
  earshot_ms pinged; /**< last ping */
  earshot_ms wrote;  /**< when the connection last took something, or there was nothing to take */
  earshot_ms close_by;
  earshot_address address; /**< of the other side */
  const char *why;         /**< why it is closing; NULL: it is not */
  const char
      *ended; /**< why it has ended; NULL: it has not. Its place is in use until sessions.c has cleaned up */
  uint32_t boot;
  uint32_t pong_n;
  es_upload upload;
  uint32_t numbered; /**< the number that was sent last */
  uint32_t highest;  /**< the highest that came */
  /* The record on its way out. */
  size_t out;
  size_t out_sent;
  es_record in_record; /**< on its way in */

  bool used;
  bool initiator;
  bool attached; /**< the one of this peer that is sent through */
  bool brief;
  bool close_sent;
  bool pong;
  bool ping;
  uint8_t unstored; /**< messages taken that storage does not know of yet: no answer may go out */
  uint8_t verdict_count;
  uint8_t void_count;
  uint8_t orphan_count;
  uint16_t rx;
  uint16_t window;

  es_cipher send;
  es_cipher receive;
  es_verdict verdicts[ES_WINDOW]; /**< with the downloads, all that is not answered */
  es_hold held[ES_WINDOW];
  uint32_t orphans[ES_WINDOW]; /**< numbers sent and not answered whose message is gone */
  /* Numbers to be voided. Each was unanswered when the last message was sent; one is voided twice. */
  uint32_t voids[ES_WINDOW + 1];
  char name[ES_LABEL_BYTES + 1];
  uint8_t rx_bytes[ES_RECORD_HEADER + EARSHOT_RX];
  uint8_t tx_bytes[ES_RECORD_HEADER + EARSHOT_TX];
} es_session;

/** The session behind this one, with this peer if `id` is not NULL, of those that have not ended; as es_next_contact. */
es_session *es_next_session(earshot *board, const char *id, es_session *session);
/** The session through which this peer is sent to, or NULL. */
es_session *es_session_find(earshot *board, const char *id);
/** Ends it in good order: sends answers, then `close` with this reason, a literal. */
void es_session_close(earshot *board, es_session *session, const char *why);
/**
 * Ends it at once, for this reason, a literal, unless it has ended. Only marks it: nothing finds it any more, and
 * sessions.c cleans up behind it before it does anything else.
 */
void es_session_end(es_session *session, const char *why);

#endif
