/** What goes out next: voids, then chats, then documents, and parts when there is nothing else. */
#include "board.h"
#include "earshot_state.h"
#include "member.h"
#include "outbound.h"
#include "outbound_item.h"

/** Header and head of a part, at most. */
#define PART_OVERHEAD (ES_FRAME_HEADER + 48)
/** Less room than this in a record is not worth a part of its own. */
#define PART_MIN (2 * PART_OVERHEAD)

/** Has storage know that numbers are used, before they are. */
static bool reserve(earshot *board, es_contact *contact) {
  uint32_t before = contact->out.reserved;
  if (contact->out.next <= before) return true;
  contact->out.reserved = contact->out.next + ES_WINDOW - 1;
  if (es_contact_store(board, contact) == EARSHOT_OK) return true;
  contact->out.reserved = before;
  return false;
}

bool es_item_number(earshot *board, es_item *item) {
  es_contact *contact = item->contact;
  es_numbering *out = &contact->out;
  if (item->seq != 0) return true;
  if (out->next - out->upto > ES_WINDOW || out->next > UINT32_MAX - ES_WINDOW || !reserve(board, contact))
    return false;
  item->seq = out->next++;
  if (es_outbox_store(board, item) == EARSHOT_OK) return true;
  /* The number may have reached storage: nothing else gets it, and it is voided. */
  item->seq = 0;
  return false;
}

/** The highest number that may go out now. */
static uint32_t limit_of(const es_session *session, const es_numbering *out) {
  return out->upto + (session->window < ES_WINDOW ? session->window : ES_WINDOW);
}

static bool put_void(earshot *board, const es_session *session, es_contact *contact, es_writer *writer) {
  es_numbering *out = &contact->out;
  uint32_t limit = limit_of(session, out);
  if (!es_is_due(board, contact->void_again)) return false;
  for (uint32_t seq = out->upto + 1; seq < out->next && seq <= limit; seq++) {
    uint32_t bit = es_bit_of(out, seq);
    if (((out->done | out->flying) & bit) != 0 || es_outbox_numbered(board, contact, seq) != NULL) continue;
    es_frame frame;
    es_frame_begin(&frame, ES_VOID);
    frame.seq = seq;
    if (!es_frame_write(&frame, writer)) return false;
    out->flying |= bit;
    return true;
  }
  return false;
}

/** Whether an item has to wait for the one that is sent in parts. */
static bool waits_for_parts(earshot *board, const es_session *session, const es_item *item) {
  if (session->upload.seq == 0) return false;
  const es_item *large = es_outbox_numbered(board, item->contact, session->upload.seq);
  return large != NULL && es_same_order(board, large, item);
}

/** The message of these kinds that goes next: the lowest number, then the oldest without one. */
static es_item *next_item(earshot *board, const es_session *session, const es_contact *contact, bool chats) {
  es_item *next = NULL;
  for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;) {
    if (item->aside || (item->kind == ES_ITEM_CHAT) != chats || es_item_is_flying(item)) continue;
    if (waits_for_parts(board, session, item)) continue;
    if (item->kind == ES_ITEM_FILE && session->upload.seq != 0) continue;
    bool better = next == NULL || (item->seq != 0 && (next->seq == 0 || item->seq < next->seq)) ||
                  (item->seq == 0 && next->seq == 0 && item->order < next->order);
    if (better) next = item;
  }
  return next;
}

/** A chat or a document as a frame, its body not among it. */
static void describe(const earshot *board, const es_item *item, es_frame *frame) {
  es_frame_begin(frame, item->kind == ES_ITEM_CHAT ? ES_CHAT : ES_DOCUMENT);
  frame->to = item->to_all ? ES_TO_ALL : ES_TO_YOU;
  frame->seq = item->seq;
  frame->at = item->at;
  frame->size = item->size;
  frame->name = es_item_name(board, item);
  frame->stream = es_item_stream(board, item);
  memcpy(frame->id, item->id, sizeof frame->id);
}

/**
 * Announces a document that fits no record; `hex` has room for its hash. Only one at a time: its parts come
 * before the next one.
 */
static bool announce(earshot *board, es_session *session, es_item *item, es_frame *frame,
                     uint8_t hex[2 * ES_HASH], es_writer *writer) {
  uint8_t hash[ES_HASH];
  es_writer text = es_writer_on(hex, 2 * ES_HASH);
  if (session->upload.seq != 0 || es_item_hash(board, item, hash) != EARSHOT_OK) return false;
  es_write_hex(&text, hash, sizeof hash);
  frame->sha256 = (es_text){hex, text.length};
  frame->length = 0;
  if (!es_frame_write(frame, writer)) return false;
  es_clear(&session->upload, sizeof session->upload);
  session->upload.seq = item->seq;
  return true;
}

static bool put_message(earshot *board, es_session *session, es_item *item, es_writer *writer) {
  uint8_t hex[2 * ES_HASH];
  es_frame frame;
  describe(board, item, &frame);
  if (item->kind != ES_ITEM_FILE) {
    frame.body = es_item_body(board, item);
    frame.length = item->body;
    if (es_frame_write(&frame, writer)) return true;
  }
  /* Only an empty record shows that it fits none. */
  return item->kind != ES_ITEM_CHAT && writer->length == 0 &&
         announce(board, session, item, &frame, hex, writer);
}

/** Writes the next message of these kinds. */
static bool put_next(earshot *board, es_session *session, es_contact *contact, bool chats,
                     es_writer *writer) {
  es_item *item = next_item(board, session, contact, chats);
  if (item == NULL || !es_item_number(board, item)) return false;
  if (item->seq > limit_of(session, &contact->out)) return false;
  if (put_message(board, session, item, writer)) {
    contact->out.flying |= es_bit_of(&contact->out, item->seq);
    return true;
  }
  bool never_fits = writer->length == 0 && session->upload.seq == 0;
  if (never_fits) es_item_ended(board, item, EARSHOT_TOO_LONG, "it does not fit the recipient's record");
  return false;
}

/** A file that was to be sent in parts cannot be read any more. */
static void lost(earshot *board, es_session *session, es_contact *contact, es_item *item) {
  contact->out.flying &= ~es_bit_of(&contact->out, item->seq);
  session->upload.seq = 0;
  es_item_ended(board, item, EARSHOT_IO, "its file is unreadable");
}

/** Writes the next part of what is sent in parts, as large as the record and the credit let it be. */
static bool put_part(earshot *board, es_session *session, es_contact *contact, es_writer *writer) {
  es_upload *upload = &session->upload;
  if (upload->seq == 0 || upload->offset >= upload->until) return false;
  es_item *item = es_outbox_numbered(board, contact, upload->seq);
  if (item == NULL) return false;
  size_t room = writer->capacity - writer->length;
  if (room < PART_MIN) return false;
  uint32_t credit = upload->until - upload->offset;
  es_frame frame;
  es_frame_begin(&frame, ES_PART);
  frame.seq = upload->seq;
  frame.offset = upload->offset;
  frame.length = credit < room - PART_OVERHEAD ? credit : room - PART_OVERHEAD;
  size_t before = writer->length;
  if (!es_frame_write(&frame, writer)) return false;
  uint8_t *body = writer->bytes + writer->length - frame.length;
  if (es_item_read(board, item, upload->offset, body, frame.length) == EARSHOT_OK) {
    upload->offset += (uint32_t)frame.length;
    return true;
  }
  writer->length = before;
  lost(board, session, contact, item);
  return false;
}

bool es_outbound_frame(earshot *board, es_session *session, es_writer *writer) {
  es_contact *contact = es_outbound_contact(board, session);
  if (contact == NULL) return false;
  return put_void(board, session, contact, writer) || put_next(board, session, contact, true, writer) ||
         put_next(board, session, contact, false, writer) || put_part(board, session, contact, writer);
}
