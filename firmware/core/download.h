/** Received documents that come in parts: PROTOCOL.md 3.13. */
#ifndef EARSHOT_DOWNLOAD_H
#define EARSHOT_DOWNLOAD_H

#include "contact.h"
#include "crypto.h"
#include "json_check.h"
#include "received.h"
#include "session.h"
#include "times.h"

/** A document on its way in. It outlives sessions, so that a transfer resumes after a broken link. */
typedef struct es_download {
  bool used;
  bool began_anew; /**< its hash was wrong once */
  bool want;       /**< a `want` with `until` is to be sent */
  uint32_t order;  /**< its order, as es_order_of says it */
  uint32_t size;
  uint32_t got;
  uint32_t until;      /**< credit granted: the sender may send up to this offset */
  es_session *session; /**< that it comes through now, or NULL */
  uint32_t seq;
  es_time active;
  char part[8];            /**< name of its file until it is whole */
  char file[ES_FILE_NAME]; /**< and then */
  char id[ES_ULID_CHARACTERS + 1];
  uint8_t mark[ES_MARK];
  uint8_t sha256[ES_HASH];
  es_json_check json;
  es_hash hash;
  char name[ES_NAME_MAX + 1];
  char stream[ES_NAME_MAX + 1]; /**< empty: none */
} es_download;

#if EARSHOT_PARTS
/**
 * Begins or resumes a document whose frame came without a body. EARSHOT_AGAIN: its parts are requested; EARSHOT_OK:
 * storage has it already; otherwise the reason to refuse it.
 */
earshot_result es_download_begin(earshot *board, es_session *session, const es_frame *frame,
                                 const uint8_t mark[ES_MARK]);
void es_download_part(earshot *board, es_session *session, const es_frame *frame);
/** The sender gave this message up. */
void es_download_void(earshot *board, const es_session *session, uint32_t seq);
/** Number of documents that come through this session. */
unsigned es_download_count(earshot *board, const es_session *session);
/** The session ended: the bytes received stay, for the next one. */
void es_download_detach(earshot *board, const es_session *session);
/** A download of this session for which a `want` is to be sent, or NULL. */
es_download *es_download_wanting(earshot *board, const es_session *session);
/** True if a document that comes through this session has made progress lately. */
bool es_download_is_busy(earshot *board, const es_session *session);
#else
static inline earshot_result es_download_begin(earshot *board, es_session *session, const es_frame *frame,
                                               const uint8_t mark[ES_MARK]) {
  (void)board, (void)session, (void)frame, (void)mark;
  return EARSHOT_TOO_LONG;
}
static inline void es_download_part(earshot *board, es_session *session, const es_frame *frame) {
  (void)board, (void)session, (void)frame;
}
static inline void es_download_void(earshot *board, const es_session *session, uint32_t seq) {
  (void)board, (void)session, (void)seq;
}
static inline unsigned es_download_count(earshot *board, const es_session *session) {
  (void)board, (void)session;
  return 0;
}
static inline void es_download_detach(earshot *board, const es_session *session) {
  (void)board, (void)session;
}
static inline es_download *es_download_wanting(earshot *board, const es_session *session) {
  (void)board, (void)session;
  return NULL;
}
static inline bool es_download_is_busy(earshot *board, const es_session *session) {
  (void)board, (void)session;
  return false;
}
#endif

#endif
