/** Writes outgoing frames by priority: voids, chats, documents, then parts. */
#include "board.h"
#include "earshot_state.h"
#include "member.h"
#include "outbound.h"
#include "outbound_item.h"

#if EARSHOT_PARTS
/** Least room in a record, bytes, for which a part is written. */
#define PART_MIN (2 * ES_PART_OVERHEAD)
#endif

/** True if the window has room for one more message; closes the session if it has no numbers left. */
static bool has_window(earshot *board, es_session *session, const es_contact *contact) {
  unsigned unanswered = session->orphan_count;
  for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;)
    unanswered += item->seq != 0;
  if (session->numbered == UINT32_MAX) es_session_close(board, session, ES_OUT_OF_NUMBERS);
  return session->why == ES_NO_REASON && unanswered < ES_WINDOW && unanswered < session->window;
}

static bool put_void(es_session *session, es_writer *writer) {
  es_frame frame;
  es_frame_begin(&frame, ES_VOID);
  frame.seq = session->voids[0];
  if (!es_frame_write(&frame, writer)) return false;
  session->void_count--;
  memmove(session->voids, session->voids + 1, session->void_count * sizeof session->voids[0]);
  return true;
}

/** Fills in the frame of a chat or document, without its body. */
static void describe(const earshot *board, const es_session *session, const es_item *item, es_frame *frame) {
  es_frame_begin(frame, item->kind == ES_ITEM_CHAT ? ES_CHAT : ES_DOCUMENT);
  frame->to = item->to_all ? ES_TO_ALL : ES_TO_YOU;
  frame->seq = session->numbered + 1;
  frame->at = item->at;
  frame->size = item->size;
  frame->name = es_item_name(board, item);
  frame->stream = es_item_stream(board, item);
  es_copy(frame->id, item->id, sizeof frame->id);
#if EARSHOT_ASK
  frame->ask = item->kind == ES_ITEM_QUESTION;
  if (item->kind != ES_ITEM_ANSWER) return;
  const uint8_t *head = es_item_head(board, item);
  es_copy(frame->re, head + 1, ES_ULID_CHARACTERS);
  earshot_result code = head[0] == ES_CODE_FAILED ? EARSHOT_FAILED : EARSHOT_NO_ANSWER;
  if (head[0] != ES_CODE_NONE) es_copy_text(frame->code, sizeof frame->code, earshot_result_name(code));
#endif
}

/** A hash of the stream of a message, 0 if it has none. If two streams have the same, one waits for the other. */
static uint32_t stream_number(const earshot *board, const es_item *item) {
  es_text stream = es_item_stream(board, item);
  uint32_t number = 0;
  for (size_t i = 0; i < stream.length; i++) number = (number * 31 + stream.bytes[i]) | 1;
  return number;
}

/** True if an older message of the same order is unsent, or a document of the same stream is being sent in parts. */
static bool must_wait(earshot *board, const es_session *session, const es_item *item) {
  if (item->stream > 0 && stream_number(board, item) == session->upload.stream) return true;
  for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) {
    if (other->seq == 0 && other->order < item->order) return true;
  }
  return false;
}

/** True if the recipient takes messages of this kind through this session. */
static bool may_be_sent(const es_session *session, const es_item *item) {
#if EARSHOT_ASK
  if (session->brief) return item->kind == ES_ITEM_ANSWER;
  return item->kind != ES_ITEM_QUESTION || (!item->asked && session->can_ask);
#else
  (void)session, (void)item;
  return true;
#endif
}

/** The oldest chat, or document if `chats` is false, that may be sent now. */
static es_item *next_item(earshot *board, const es_session *session, const es_contact *contact, bool chats) {
  es_item *next = NULL;
  for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;) {
    if (item->deferred || item->seq != 0 || (item->kind == ES_ITEM_CHAT) != chats) continue;
    if (!may_be_sent(session, item)) continue;
    if (next != NULL && next->order < item->order) continue;
    if (item->kind == ES_ITEM_FILE && session->upload.seq != 0) continue;
    if (!must_wait(board, session, item)) next = item;
  }
  return next;
}

#if EARSHOT_PARTS
/**
 * Announces a document that does not fit a record; `hex` is a buffer for its hash. One at a time: the next one waits
 * until it is answered.
 */
static bool announce(earshot *board, es_session *session, const es_item *item, es_frame *frame,
                     uint8_t hex[2 * ES_HASH], es_writer *writer) {
  uint8_t hash[ES_HASH];
  es_writer text = es_writer_on(hex, 2 * ES_HASH);
  if (session->upload.seq != 0 || es_item_hash(board, item, hash) != EARSHOT_OK) return false;
  es_write_hex(&text, hash, sizeof hash);
  frame->sha256 = (es_text){hex, text.length};
  frame->length = 0;
  if (!es_frame_write(frame, writer)) return false;
  es_clear(&session->upload, sizeof session->upload);
  session->upload.seq = frame->seq;
  session->upload.stream = stream_number(board, item);
  return true;
}
#endif

static bool put_message(earshot *board, es_session *session, const es_item *item, es_writer *writer) {
  es_frame frame;
  describe(board, session, item, &frame);
  if (item->kind != ES_ITEM_FILE) {
    frame.body = es_item_body(board, item);
    frame.length = item->size;
    if (es_frame_write(&frame, writer)) return true;
  }
#if EARSHOT_PARTS
  uint8_t hex[2 * ES_HASH];
  /* Only an empty record shows that the document does not fit any. */
  if (item->kind != ES_ITEM_CHAT && writer->length == 0)
    return announce(board, session, item, &frame, hex, writer);
#endif
  return false;
}

/** Writes the next chat, or document if `chats` is false. */
static bool put_next(earshot *board, es_session *session, const es_contact *contact, bool chats,
                     es_writer *writer) {
  es_item *item = next_item(board, session, contact, chats);
  if (item == NULL || !has_window(board, session, contact)) return false;
  if (put_message(board, session, item, writer)) {
    item->seq = ++session->numbered;
    return true;
  }
  bool never_fits = writer->length == 0 && session->upload.seq == 0;
  if (never_fits) es_item_ended(board, item, EARSHOT_TOO_LONG, "it does not fit the recipient's record");
  return false;
}

#if EARSHOT_PARTS
/** Writes the next part of a document, as large as the record and the credit allow. */
static bool put_part(earshot *board, es_session *session, const es_contact *contact, es_writer *writer) {
  es_upload *upload = &session->upload;
  es_item *item = es_outbox_numbered(board, contact, upload->seq);
  if (item == NULL) return false;
  uint32_t until = upload->until < item->size ? upload->until : item->size;
  size_t room = writer->capacity - writer->length;
  if (upload->offset >= until || room < PART_MIN) return false;
  uint32_t credit = until - upload->offset;
  es_frame frame;
  es_frame_begin(&frame, ES_PART);
  frame.seq = upload->seq;
  frame.offset = upload->offset;
  frame.length = credit < room - ES_PART_OVERHEAD ? credit : room - ES_PART_OVERHEAD;
  size_t before = writer->length;
  if (!es_frame_write(&frame, writer)) return false;
  uint8_t *body = writer->bytes + writer->length - frame.length;
  if (es_item_read(board, item, upload->offset, body, frame.length) == EARSHOT_OK) {
    upload->offset += (uint32_t)frame.length;
    return true;
  }
  writer->length = before;
  es_item_given_up(board, item, EARSHOT_IO, "its file is unreadable");
  return false;
}
#endif

bool es_outbound_frame(earshot *board, es_session *session, es_writer *writer) {
  const es_contact *contact = es_outbound_contact(board, session);
  if (contact == NULL) return false;
  if (session->void_count > 0) return put_void(session, writer);
  if (put_next(board, session, contact, true, writer)) return true;
  if (put_next(board, session, contact, false, writer)) return true;
#if EARSHOT_PARTS
  return put_part(board, session, contact, writer);
#else
  return false;
#endif
}
