#include "download.h"

#include "board.h"
#include "earshot_state.h"
#include "inbound.h"
#include "member.h"
#include "order.h"
#include "received.h"

/**
 * A download that brings nothing for so long does not keep its session open, and gives way to another one.
 */
#define STALLED_MS 60000
/** Bytes of a `part` frame besides its piece, at most: header and head. */
#define PART_OVERHEAD (ES_FRAME_HEADER + 48)

static void part_name(const earshot *board, const es_download *download, char name[8]) {
  memcpy(name, "partial", 7);
  name[6] = (char)('0' + (download - board->downloads));
  name[7] = '\0';
}

static void forget(earshot *board, es_download *download) {
  char name[8];
  part_name(board, download, name);
  board->port->storage->file_remove(board->port->context, name);
  es_hash_abort(&download->hash);
  download->used = false;
}

static earshot_result restart(earshot *board, es_download *download) {
  download->got = download->until = 0;
  download->active = es_now(board);
  es_json_begin(&download->json);
  return es_hash_begin(&download->hash);
}

static es_download *find_bytes(earshot *board, const es_session *session, const es_frame *head,
                               const uint8_t *hash) {
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    es_download *d = &board->downloads[i];
    if (d->used && strcmp(d->sender, session->id) == 0 && strcmp(d->id, head->id) == 0 &&
        d->size == head->size && memcmp(d->sha256, hash, ES_HASH) == 0) {
      return d;
    }
  }
  return NULL;
}

/** A place for another download: a free one, else that of one which nobody sends any more. */
static es_download *take_place(earshot *board) {
  es_download *oldest = NULL;
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    es_download *d = &board->downloads[i];
    if (!d->used) return d;
    if (d->session != NULL && es_now(board) < d->active + STALLED_MS) continue;
    if (oldest == NULL || d->active < oldest->active) oldest = d;
  }
  if (oldest != NULL) forget(board, oldest);
  return oldest;
}

static earshot_result begin(earshot *board, es_session *session, const es_frame *head, es_download **found) {
  uint8_t hash[ES_HASH];
  es_sha256_bytes(head->sha256, hash);
  es_download *d = find_bytes(board, session, head, hash);
  if (d == NULL) {
    d = take_place(board);
    if (d == NULL) return EARSHOT_BUSY;
    memset(d, 0, sizeof *d);
    if (restart(board, d) != EARSHOT_OK) return EARSHOT_BUSY;
    d->used = true;
    d->size = head->size;
    es_copy_text(d->sender, sizeof d->sender, session->id);
    es_copy_text(d->id, sizeof d->id, head->id);
    memcpy(d->sha256, hash, ES_HASH);
  }
  es_text_decode(head->name, d->name, sizeof d->name, NULL);
  d->stream[0] = '\0';
  if (head->stream.bytes != NULL) es_text_decode(head->stream, d->stream, sizeof d->stream, NULL);
  d->order = es_order_of(head);
  d->session = session;
  d->seq = head->seq;
  d->active = es_now(board);
  *found = d;
  return EARSHOT_OK;
}

/** Gives credit for as much as one record holds. */
static void want(es_session *session, es_download *d) {
  uint64_t until = d->got + EARSHOT_RX - ES_TAG - PART_OVERHEAD;
  d->until = until < d->size ? until : d->size;
  session->want = true;
  session->want_seq = d->seq;
  session->want_offset = d->got;
  session->want_until = d->until;
}

static void refuse(es_session *session, const es_download *d, earshot_result code, uint32_t detail) {
  if (d->order != ES_NO_ORDER && (code == EARSHOT_BUSY || code == EARSHOT_QUOTA)) {
    session->held[d->seq % ES_WINDOW] = d->order;
  }
  es_session_refuse(session, d->seq, code, detail);
}

/**
 * What storage has under the name of a document: EARSHOT_ABSENT, EARSHOT_OK where it is this one,
 * EARSHOT_REFUSED.
 */
static earshot_result look_up(earshot *board, const char *file, const es_frame *head) {
  const earshot_port *port = board->port;
  uint64_t size;
  earshot_result result = port->storage->file_size(port->context, file, &size);
  if (result != EARSHOT_OK) return result == EARSHOT_ABSENT ? result : EARSHOT_BUSY;
  if (size != head->size) return EARSHOT_REFUSED;
  es_hash hash = PSA_HASH_OPERATION_INIT;
  uint8_t digest[ES_HASH];
  uint8_t expected[ES_HASH];
  es_sha256_bytes(head->sha256, expected);
  result = es_hash_begin(&hash);
  for (uint64_t at = 0; result == EARSHOT_OK && at < size;) {
    uint8_t piece[256];
    size_t got = 0;
    result = port->storage->file_read(port->context, file, at, piece, sizeof piece, &got);
    if (result == EARSHOT_OK && got == 0) result = EARSHOT_IO;
    if (result == EARSHOT_OK) result = es_hash_add(&hash, piece, got);
    at += got;
  }
  if (result == EARSHOT_OK) result = es_hash_end(&hash, digest);
  es_hash_abort(&hash);
  if (result != EARSHOT_OK) return EARSHOT_BUSY;
  return memcmp(digest, expected, ES_HASH) == 0 ? EARSHOT_OK : EARSHOT_REFUSED;
}

void es_download_begin(earshot *board, es_session *session, const es_frame *frame) {
  char file[ES_FILE_NAME];
  es_download *d = NULL;
  earshot_result result = EARSHOT_ABSENT;
  es_file_name(session->id, frame->id, file);
  if (board->port->storage == NULL || frame->size > EARSHOT_DOCUMENT_MAX) result = EARSHOT_TOO_LONG;
  else result = look_up(board, file, frame);
  if (result == EARSHOT_OK) {
    es_inbound_done(session, frame->seq);
    return;
  }
  if (result == EARSHOT_ABSENT) result = begin(board, session, frame, &d);
  if (result == EARSHOT_OK) want(session, d);
  else es_inbound_refuse(session, frame, result, 0);
}

/** All bytes have come: EARSHOT_OK, or why they are not taken. EARSHOT_AGAIN: they begin anew. */
static earshot_result finish(earshot *board, es_download *d) {
  uint8_t digest[ES_HASH];
  char from[8];
  char file[ES_FILE_NAME];
  const earshot_port *port = board->port;
  if (es_hash_end(&d->hash, digest) != EARSHOT_OK) return EARSHOT_BUSY;
  if (memcmp(digest, d->sha256, ES_HASH) != 0) {
    if (d->began_anew) return EARSHOT_CORRUPT;
    d->began_anew = true;
    return restart(board, d) == EARSHOT_OK ? EARSHOT_AGAIN : EARSHOT_BUSY;
  }
  if (es_json_end(&d->json) != EARSHOT_OK) return EARSHOT_NOT_JSON;
  part_name(board, d, from);
  es_file_name(d->sender, d->id, file);
  if (port->storage->file_finish(port->context, from, file) != EARSHOT_OK) return EARSHOT_BUSY;
  earshot_received document = {
      .from = {d->sender, d->session->name},
      .id = d->id,
      .name = d->name,
      .stream = d->stream[0] != '\0' ? d->stream : NULL,
      .body = NULL,
      .size = d->size,
      .file = file,
  };
  return es_offer(board, &document);
}

static earshot_result take(earshot *board, es_download *d, const es_frame *frame) {
  const earshot_port *port = board->port;
  char name[8];
  part_name(board, d, name);
  if (es_json_add(&d->json, frame->body, frame->length) != EARSHOT_OK) return EARSHOT_NOT_JSON;
  if (es_hash_add(&d->hash, frame->body, frame->length) != EARSHOT_OK) return EARSHOT_BUSY;
  earshot_result result = port->storage->file_write(port->context, name, d->got, frame->body, frame->length);
  if (result != EARSHOT_OK) return result == EARSHOT_QUOTA ? result : EARSHOT_BUSY;
  d->got += frame->length;
  d->active = es_now(board);
  return d->got == d->size ? finish(board, d) : EARSHOT_AGAIN;
}

void es_download_part(earshot *board, es_session *session, const es_frame *frame) {
  es_download *d = NULL;
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    es_download *other = &board->downloads[i];
    if (other->used && other->session == session && other->seq == frame->seq) d = other;
  }
  if (d == NULL || !session->receives || frame->offset != d->got || frame->length > d->until - d->got) return;
  earshot_result result = take(board, d, frame);
  if (result == EARSHOT_AGAIN) {
    if (d->got == d->until) want(session, d);
    return;
  }
  if (result == EARSHOT_OK) es_inbound_done(session, d->seq);
  else refuse(session, d, result, d->json.offset);
  forget(board, d);
}

void es_download_void(earshot *board, const es_session *session, uint32_t seq) {
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    es_download *d = &board->downloads[i];
    if (d->used && d->session == session && d->seq == seq) d->session = NULL;
  }
}

void es_download_relieve(earshot *board, es_session *session) {
  unsigned done = 0;
  for (uint16_t beyond = session->in.beyond; beyond != 0; beyond &= (uint16_t)(beyond - 1)) done++;
  if (done <= ES_WINDOW / 2) return;
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    es_download *d = &board->downloads[i];
    if (!d->used || d->session != session || d->seq != session->in.upto + 1) continue;
    refuse(session, d, EARSHOT_BUSY, 0);
    d->session = NULL;
  }
}

void es_download_detach(earshot *board, const es_session *session) {
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    if (board->downloads[i].session == session) board->downloads[i].session = NULL;
  }
}

bool es_download_is_busy(const earshot *board, const es_session *session) {
  for (unsigned i = 0; i < EARSHOT_DOWNLOADS; i++) {
    const es_download *d = &board->downloads[i];
    if (d->used && d->session == session && es_now(board) < d->active + STALLED_MS) return true;
  }
  return false;
}
