#include "download.h"

#if EARSHOT_PARTS

#include "board.h"
#include "earshot_state.h"
#include "member.h"
#include "order.h"
#include "received.h"
#include "verdict.h"

/**
 * A download without progress for so long does not keep its session open, and is evicted for another one.
 */
#define STALLED_MS 60000
#define CREDIT (EARSHOT_RX - ES_TAG - ES_PART_OVERHEAD)

_Static_assert(EARSHOT_DOCUMENT_MAX <= ES_DOCUMENT_LIMIT, "no document is larger");

static void forget(earshot *board, es_download *d) {
  board->port->storage->file_remove(board->port->context, d->part);
  es_hash_abort(&d->hash);
  d->used = false;
}

ES_SHARED static earshot_result restart(earshot *board, es_download *download) {
  download->got = download->until = 0;
  download->active = es_now(board);
  es_json_begin(&download->json);
  return es_hash_begin(&download->hash);
}

/** The download in use after `d`, the first if that is NULL; only of this session, unless that is NULL. */
static es_download *next(earshot *board, const es_session *session, es_download *d) {
  d = d == NULL ? board->downloads : d + 1;
  for (; d < board->downloads + EARSHOT_DOWNLOADS; d++) {
    if (d->used && (session == NULL || d->session == session)) return d;
  }
  return NULL;
}

static es_download *find_number(earshot *board, const es_session *session, uint32_t seq) {
  es_download *d = NULL;
  while ((d = next(board, session, d)) != NULL && d->seq != seq) continue;
  return d;
}

/** The download of a document that has begun already, through any session. */
static es_download *find_bytes(earshot *board, const char *file, const es_frame *head, const uint8_t *hash) {
  for (es_download *d = NULL; (d = next(board, NULL, d)) != NULL;) {
    bool same = d->size == head->size && es_same_bytes(d->sha256, hash, ES_HASH);
    if (same && es_same_text(d->file, file)) return d;
  }
  return NULL;
}

/** Detaches a download from its session; the document may come again through another one. */
static void put_off(earshot *board, es_download *d) {
  if (d->session != NULL) es_verdict_refuse(d->session, d->seq, d->order, EARSHOT_BUSY, 0);
  d->session = NULL;
  es_wake_now(board);
}

/** A place for another download: a free one, else that of a stalled one. */
static es_download *take_place(earshot *board) {
  es_download *oldest = NULL;
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    es_download *d = &board->downloads[i];
    if (!d->used) return d;
    if (d->session != NULL && !es_has_passed(board, d->active, STALLED_MS)) continue;
    if (oldest == NULL || d->active < oldest->active) oldest = d;
  }
  if (oldest == NULL) return NULL;
  put_off(board, oldest);
  forget(board, oldest);
  return oldest;
}

/** Grants credit for as much as one record holds. */
ES_SHARED static void want(es_download *d) {
  d->until = d->size - d->got > CREDIT ? d->got + CREDIT : d->size;
  d->want = true;
}

es_download *es_download_wanting(earshot *board, const es_session *session) {
  es_download *d = NULL;
  while ((d = next(board, session, d)) != NULL && !d->want) continue;
  return d;
}

/** Sets up a new download in that place. */
static earshot_result set_up(earshot *board, es_download *d, const char *file, const es_frame *head,
                             const uint8_t hash[ES_HASH]) {
  es_clear(d, sizeof *d);
  es_copy(d->part, "partia0", sizeof d->part);
  d->part[6] = (char)('0' + (d - board->downloads));
  d->size = (uint32_t)head->size;
  es_copy_text(d->file, sizeof d->file, file);
  es_copy_text(d->id, sizeof d->id, head->id);
  es_copy(d->sha256, hash, ES_HASH);
  earshot_result result = restart(board, d);
  d->used = result == EARSHOT_OK;
  return result;
}

/** Offers a document whose file is finished to the application. */
static earshot_result offer(earshot *board, const es_download *d) {
  earshot_received document = {
      .from = {d->session->id, d->session->name},
      .id = d->id,
      .name = d->name,
      .stream = d->stream[0] != '\0' ? d->stream : NULL,
      .size = d->size,
      .file = d->file,
  };
  return es_offer(board, d->session, &document);
}

/** The download of a document, resumed or new; NULL if there is no place. */
static es_download *place_of(earshot *board, const char *file, const es_frame *head,
                             const uint8_t hash[ES_HASH]) {
  es_download *d = find_bytes(board, file, head, hash);
  if (d != NULL) put_off(board, d);
  else d = take_place(board);
  if (d == NULL || d->used) return d;
  return set_up(board, d, file, head, hash) == EARSHOT_OK ? d : NULL;
}

earshot_result es_download_begin(earshot *board, es_session *session, const es_frame *frame,
                                 const uint8_t mark[ES_MARK]) {
  char file[ES_FILE_NAME];
  uint8_t hash[ES_HASH];
  earshot_result result = EARSHOT_TOO_LONG;
  es_file_name(session->id, frame->id, file);
  es_sha256_bytes(frame->sha256, hash);
  if (board->port->storage != NULL && frame->size <= EARSHOT_DOCUMENT_MAX)
    result = es_stored(board, file, (uint32_t)frame->size, hash);
  if (result != EARSHOT_OK && result != EARSHOT_ABSENT) return result;
  es_download *d = place_of(board, file, frame, hash);
  if (d == NULL) return EARSHOT_BUSY;
  es_text_decode(frame->name, d->name, sizeof d->name);
  es_text_decode(frame->stream, d->stream, sizeof d->stream);
  es_copy(d->mark, mark, ES_MARK);
  d->order = es_order_of(frame);
  d->session = session;
  d->seq = frame->seq;
  want(d);
  if (result == EARSHOT_ABSENT) return EARSHOT_AGAIN;
  /* The power failed before its id was stored: perhaps the application was not told. */
  forget(board, d);
  return offer(board, d);
}

/** Finishes a document once all bytes have come: EARSHOT_OK, or the refusal. EARSHOT_AGAIN: it starts over. */
static earshot_result finish(earshot *board, es_download *d) {
  uint8_t digest[ES_HASH];
  const earshot_port *port = board->port;
  if (es_hash_end(&d->hash, digest) != EARSHOT_OK) return EARSHOT_BUSY;
  if (!es_same_bytes(digest, d->sha256, ES_HASH)) {
    if (d->began_anew) return EARSHOT_CORRUPT;
    d->began_anew = true;
    return restart(board, d) == EARSHOT_OK ? EARSHOT_AGAIN : EARSHOT_BUSY;
  }
  if (es_json_end(&d->json) != EARSHOT_OK) return EARSHOT_NOT_JSON;
  /* A document stored under this id meanwhile stays; the application has it. */
  earshot_result result = es_stored(board, d->file, d->size, d->sha256);
  if (result == EARSHOT_OK || result == EARSHOT_REFUSED) return result;
  if (result == EARSHOT_ABSENT) result = port->storage->file_finish(port->context, d->part, d->file);
  return result == EARSHOT_OK ? offer(board, d) : EARSHOT_BUSY;
}

static earshot_result take(earshot *board, es_download *d, const es_frame *frame) {
  const earshot_port *port = board->port;
  if (es_json_add(&d->json, frame->body, frame->length) != EARSHOT_OK) return EARSHOT_NOT_JSON;
  if (es_hash_add(&d->hash, frame->body, frame->length) != EARSHOT_OK) return EARSHOT_BUSY;
  earshot_result result =
      port->storage->file_write(port->context, d->part, d->got, frame->body, frame->length);
  if (result != EARSHOT_OK) return result == EARSHOT_QUOTA ? result : EARSHOT_BUSY;
  d->got += (uint32_t)frame->length;
  return d->got == d->size ? finish(board, d) : EARSHOT_AGAIN;
}

void es_download_part(earshot *board, es_session *session, const es_frame *frame) {
  es_download *d = find_number(board, session, frame->seq);
  if (d == NULL || frame->offset != d->got || frame->length > d->until - d->got) return;
  earshot_result result = take(board, d, frame);
  if (result == EARSHOT_AGAIN) {
    if (d->got < d->until) return;
    d->active = es_now(board);
    want(d);
    return;
  }
  /* Freed first: answers and downloads together must not exceed the window. */
  d->session = NULL;
  if (result == EARSHOT_OK) es_verdict_take(board, session, d->seq, d->mark, true);
  else es_verdict_refuse(session, d->seq, d->order, result, d->json.offset);
  forget(board, d);
}

void es_download_void(earshot *board, const es_session *session, uint32_t seq) {
  es_download *d = find_number(board, session, seq);
  if (d == NULL) return;
  es_verdict_refuse(d->session, seq, ES_NO_ORDER, EARSHOT_BUSY, 0);
  forget(board, d);
}

unsigned es_download_count(earshot *board, const es_session *session) {
  unsigned count = 0;
  for (es_download *d = NULL; (d = next(board, session, d)) != NULL;) count++;
  return count;
}

void es_download_detach(earshot *board, const es_session *session) {
  for (es_download *d = NULL; (d = next(board, session, d)) != NULL;) d->session = NULL;
}

bool es_download_is_busy(earshot *board, const es_session *session) {
  for (es_download *d = NULL; (d = next(board, session, d)) != NULL;) {
    if (!es_has_passed(board, d->active, STALLED_MS)) return true;
  }
  return false;
}

#endif
