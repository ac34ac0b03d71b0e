/** One encrypted session: records in and out, answers, pings, its end. PROTOCOL.md sections 4.5 to 4.11. */
#ifndef EARSHOT_SESSION_H
#define EARSHOT_SESSION_H

#include "earshot.h"
#include "frame.h"
#include "handshake_payload.h"
#include "noise.h"
#include "record.h"
#include "window.h"

/** Acknowledgements that wait; while there is no room for another one, nothing more is read. */
#define ES_ACKS 32

/** A refusal, which waits to be told. Each number of the window has a place of its own. */
typedef struct es_refusal {
  uint32_t seq;
  bool waits;
  uint8_t code;    /**< earshot_result */
  uint32_t detail; /**< of EARSHOT_NOT_JSON: offset of the first wrong byte */
} es_refusal;

/** What this session sends in parts. */
typedef struct es_upload {
  uint32_t seq; /**< 0: nothing */
  bool wanted;  /**< a `want` has come */
  uint32_t offset;
  uint32_t until; /**< credit */
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
  const char *why; /**< why it is closing; NULL: it is not */
  uint32_t boot;
  uint32_t pong_n;
  es_upload upload;
  /* How much of the plaintext of the record on its way in has taken effect. */
  size_t plain; /**< 0: none is deciphered */
  size_t applied;
  /* The record on its way out. */
  size_t out;
  size_t out_sent;
  es_record in_record; /**< on its way in */
  /* The sender's numbering towards us, as far as it is done; storage may be a record behind. */
  es_window in;
  bool unstored; /**< something of `in` is not in storage yet: no ack may go out */

  bool used;
  bool initiator;
  bool attached;   /**< the one of this peer that is sent through */
  bool told;       /**< our epoch was told, or is about to be */
  bool agreed;     /**< our epoch was answered by `have` */
  bool renumbered; /**< this session made us begin a new epoch */
  bool brief;
  bool receives; /**< it told its epoch, and no other session with this peer did after it */
  bool close_sent;
  /* Answers: state, not a queue. */
  bool tell_epoch;
  bool tell_have;
  bool tell_acks;
  bool pong;
  bool ping;
  uint8_t acks;
  uint16_t rx;
  uint16_t window;

  es_cipher send;
  es_cipher receive;
  uint32_t ack[ES_ACKS];
  es_refusal refusals[ES_WINDOW];
  /** By number: order that a refusal holds up until the void of that number; 0: none. */
  uint32_t held[ES_WINDOW];
  char name[ES_LABEL_BYTES + 1];
  uint8_t rx_bytes[ES_RECORD_HEADER + EARSHOT_RX];
  uint8_t tx_bytes[ES_RECORD_HEADER + EARSHOT_TX];
} es_session;

/** Reads, obeys, answers and writes as far as that goes now. */
void es_session_poll(earshot *board, es_session *session);
/** Ends it in good order: answers go out, then `close` with this reason, a literal. */
void es_session_close(earshot *board, es_session *session, const char *why);
/** Ends it at once. */
void es_session_end(earshot *board, es_session *session, const char *why);
/** Has a number acknowledged, once storage knows of it. */
void es_session_ack(es_session *session, uint32_t seq);
/** Whether something sent or received through it is not acknowledged yet. */
bool es_session_is_busy(earshot *board, const es_session *session);
/** Bytes of the largest plaintext that both sides can handle. */
size_t es_session_capacity(const es_session *session);

#endif
