/** Numbers of what we send, and what becomes of them. What goes out next is in outbound_frame.c. */
#include "outbound.h"

#include "board.h"
#include "earshot_state.h"
#include "outbound_item.h"
#include "refusal.h"
#include "sessions.h"

#define VOID_AGAIN_MS 1000
#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS 60000

uint32_t es_bit_of(const es_numbering *out, uint32_t seq) {
  if (seq <= out->upto || seq >= out->next || seq - out->upto > 32) return 0;
  return 1u << (seq - out->upto - 1);
}

/** Takes a number out of those that were sent and not answered. */
static void land(es_item *item) {
  es_numbering *out = &item->contact->out;
  out->flying &= ~es_bit_of(out, item->seq);
}

/** Tells the application how a message ended, and forgets it. Its number is voided, unless it is done. */
void es_item_ended(earshot *board, es_item *item, earshot_result result, const char *why) {
  es_contact *contact = item->contact;
  const es_peer *peer = es_roster_find(board, contact->id);
  char id[ES_ULID_CHARACTERS + 1];
  char recipient[ES_ID_CHARACTERS + 1];
  memcpy(id, item->id, sizeof id);
  /* Of its own: what the handler says to others may take the contact's place. */
  memcpy(recipient, contact->id, sizeof recipient);
  if (result == EARSHOT_OK) board->numbers.delivered++;
  else if (result != EARSHOT_EXPIRED) board->numbers.refused++;
  /* What is behind one that tried alone, and is not taken for good, need not wait any longer. */
  if (item->trial) contact->retry_at = es_now(board);
  es_outbox_remove(board, item);
  earshot_peer to = {recipient, peer != NULL ? peer->name : ""};
  if (board->on_sent != NULL) board->on_sent(board->sent_context, id, to, result, why);
}

/** Whether an older message of the same order was put aside, or is trying again. */
static bool is_behind(earshot *board, const es_item *item) {
  for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) {
    if (other->order < item->order && (other->aside || other->trial)) return true;
  }
  return false;
}

static void retry_later(earshot *board, es_contact *contact, bool again) {
  uint32_t wait = contact->retry_wait;
  if (wait == 0) wait = RETRY_FIRST_MS;
  else if (again) wait *= 2;
  if (wait > RETRY_MAX_MS) wait = RETRY_MAX_MS;
  contact->retry_wait = wait;
  contact->retry_at = es_after(board, wait);
}

/** Takes its number from a message; storage knows before the number is voided. */
static void take_number(earshot *board, es_item *item) {
  uint32_t seq = item->seq;
  if (seq == 0) return;
  land(item);
  item->seq = 0;
  /* Else it keeps the number, tries again under it, and loses it when it is refused again. */
  if (es_outbox_store(board, item) != EARSHOT_OK) item->seq = seq;
}

static void put_aside(earshot *board, es_item *item) {
  take_number(board, item);
  item->aside = true;
  item->trial = false;
}

bool es_item_is_flying(const es_item *item) {
  const es_numbering *out = &item->contact->out;
  return (es_bit_of(out, item->seq) & out->flying) != 0;
}

/* Beginnings and ends of sessions. */

/** Begins a new numbering: what is not done gets its numbers from 1 on, in its order. */
static earshot_result begin_anew(earshot *board, es_contact *contact) {
  es_contact_renumber(board, contact);
  for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;) item->seq = 0;
  return es_contact_store(board, contact);
}

void es_outbound_attach(earshot *board, es_session *session) {
  es_contact *contact = es_contact_find(board, session->id);
  bool wanted = contact != NULL && es_next_item(board, contact, NULL) != NULL;
  /* Numbers end somewhere: the beginning of a session is the time to begin anew, long before. */
  if (wanted && contact->out.next > UINT32_MAX / 2) wanted = begin_anew(board, contact) == EARSHOT_OK;
  session->told = session->tell_epoch = wanted && !session->brief;
}

void es_outbound_detach(earshot *board, es_session *session) {
  es_contact *contact = es_contact_find(board, session->id);
  es_clear(&session->upload, sizeof session->upload);
  session->agreed = session->told = session->tell_epoch = false;
  if (contact != NULL) contact->out.flying = 0;
}

/**
 * How many numbers beyond `upto` a `have` gives account of, up to the last one that is done; `done`: which of
 * the first 32.
 */
static uint32_t read_bitmap(const es_frame *have, uint32_t *done) {
  uint32_t shown = 0;
  *done = 0;
  for (uint32_t bit = 0; bit < have->length * 8; bit++) {
    if ((have->body[bit / 8] & 0x80 >> bit % 8) == 0) continue;
    if (bit < 32) *done |= 1u << bit;
    shown = bit + 1;
  }
  return shown;
}

/**
 * Our numbers and the recipient's memory do not fit: what is not done is numbered anew. Once in a session.
 */
static void renumber(earshot *board, es_session *session, es_contact *contact) {
  if (session->renumbered) {
    es_session_end(board, session, "numbers do not fit");
    return;
  }
  session->renumbered = true;
  session->agreed = false;
  session->tell_epoch = begin_anew(board, contact) == EARSHOT_OK;
  if (!session->tell_epoch) es_session_end(board, session, "storage failed");
}

static void advance(es_numbering *out) {
  for (; (out->done & 1) != 0; out->upto++) {
    out->done >>= 1;
    out->flying >>= 1;
  }
}

/** A number is done there: the message that has it, if any, is delivered. */
static void settle(earshot *board, es_contact *contact, uint32_t seq) {
  es_item *item = es_outbox_numbered(board, contact, seq);
  if (item == NULL) return;
  if (item->trial) {
    for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) other->aside = false;
    contact->retry_wait = 0;
  }
  es_item_ended(board, item, EARSHOT_OK, "");
}

/** Takes the numbers of what would now arrive before an older message of its order. */
static void restore_order(earshot *board, const es_contact *contact) {
  /* Twice: what loses its number may lie behind a younger one that was looked at before. */
  for (unsigned round = 0; round < 2; round++) {
    for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;) {
      for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) {
        if (other->order < item->order && other->seq - 1u >= item->seq) take_number(board, item);
      }
    }
  }
}

void es_outbound_have(earshot *board, es_session *session, const es_frame *frame) {
  es_contact *contact = es_contact_find(board, session->id);
  if (contact == NULL || !session->attached || !session->told || frame->epoch != contact->out.epoch) return;
  es_numbering *out = &contact->out;
  if (session->tell_epoch) return;
  uint32_t done;
  uint32_t shown = read_bitmap(frame, &done);
  uint32_t seq = out->upto;
  if (frame->upto < seq || frame->upto > out->reserved || shown > out->reserved - frame->upto) {
    renumber(board, session, contact);
    return;
  }
  uint32_t highest = frame->upto + shown;
  out->upto = frame->upto;
  out->done = done;
  out->flying = 0;
  if (out->next <= highest) out->next = highest + 1;
  while (seq++ < highest && session->used) {
    if (seq <= frame->upto || (done >> (seq - frame->upto - 1) & 1) != 0) settle(board, contact, seq);
  }
  advance(out);
  /* Told again amid a document in parts, which begins anew with its head. */
  session->upload.seq = 0;
  session->agreed = true;
  restore_order(board, contact);
}

es_contact *es_outbound_contact(earshot *board, const es_session *session) {
  return session->agreed ? es_contact_find(board, session->id) : NULL;
}

static void upload_ended(es_session *session, uint32_t seq) {
  if (session->upload.seq == seq) session->upload.seq = 0;
}

void es_outbound_ack(earshot *board, es_session *session, const es_frame *frame) {
  es_contact *contact = es_outbound_contact(board, session);
  if (contact == NULL) return;
  es_numbering *out = &contact->out;
  for (size_t i = 0; i < frame->length; i += 4) {
    uint32_t seq = es_get_u32(frame->body + i);
    uint32_t bit = es_bit_of(out, seq) & out->flying;
    if (bit == 0) continue;
    out->done |= bit;
    out->flying &= ~bit;
    upload_ended(session, seq);
    settle(board, contact, seq);
  }
  advance(out);
}

/** Refused for now: put aside, with what is of its order, younger, and not on its way. */
static void refused_for_now(earshot *board, es_item *item) {
  retry_later(board, item->contact, item->trial);
  put_aside(board, item);
  for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) {
    if (other->order > item->order && !es_item_is_flying(other)) put_aside(board, other);
  }
}

void es_outbound_nak(earshot *board, es_session *session, const es_frame *frame) {
  es_contact *contact = es_outbound_contact(board, session);
  if (contact == NULL) return;
  es_numbering *out = &contact->out;
  uint32_t bit = es_bit_of(out, frame->seq) & out->flying;
  if (bit == 0) return;
  upload_ended(session, frame->seq);
  es_item *item = es_outbox_numbered(board, contact, frame->seq);
  earshot_result result = es_refusal_of(frame->code);
  if (item != NULL && (result == EARSHOT_QUOTA || result == EARSHOT_BUSY)) {
    refused_for_now(board, item);
    return;
  }
  out->flying &= ~bit;
  if (item == NULL) {
    contact->void_again = es_after(board, VOID_AGAIN_MS);
    return;
  }
  char why[ES_WHY_MAX + 1];
  es_text_decode(frame->why, why, sizeof why);
  es_item_ended(board, item, result, why);
}

void es_outbound_want(earshot *board, es_session *session, const es_frame *frame) {
  const es_contact *contact = es_outbound_contact(board, session);
  es_upload *upload = &session->upload;
  if (contact == NULL || frame->seq != upload->seq) return;
  const es_item *item = es_outbox_numbered(board, contact, frame->seq);
  if (item == NULL || frame->offset > item->size) return;
  if (!upload->wanted || frame->until <= upload->until) upload->offset = (uint32_t)frame->offset;
  upload->until = (uint32_t)(frame->until < item->size ? frame->until : item->size);
  upload->wanted = true;
}

/* What waits. */

/** Whether an older message of the same order has no number: then this one must not get one before. */
static bool would_overtake(earshot *board, const es_item *item) {
  for (es_item *other = NULL; (other = es_next_alike(board, item, other)) != NULL;) {
    if (other->order < item->order && other->seq == 0) return true;
  }
  return false;
}

earshot_result es_outbound_added(earshot *board, es_item *item) {
  es_session *session = es_sessions_find(board, item->contact->id);
  item->aside = is_behind(board, item);
  if (session != NULL && !session->told && !session->brief) session->told = session->tell_epoch = true;
  es_wake_now(board);
  if (!item->durable) return EARSHOT_OK;
  /* With its number at once, it is written to storage only once. */
  if (!item->aside && !would_overtake(board, item) && es_item_number(board, item)) return EARSHOT_OK;
  earshot_result result = es_outbox_store(board, item);
  if (result != EARSHOT_OK) es_outbox_remove(board, item);
  return result;
}

/** Whether something waits for this contact that was put aside; or, with false, something that was not. */
static bool any_waits(earshot *board, const es_contact *contact, bool aside) {
  es_item *item = NULL;
  while ((item = es_next_item(board, contact, item)) != NULL && item->aside != aside) continue;
  return item != NULL;
}

bool es_outbound_wants_session(earshot *board, const es_contact *contact) {
  return any_waits(board, contact, false);
}

bool es_outbound_is_busy(earshot *board, const es_contact *contact) {
  return contact->out.flying != 0 || es_outbound_wants_session(board, contact);
}

/** Has the oldest of every order that was put aside try again, alone. */
static void try_again(earshot *board, es_contact *contact) {
  for (es_item *item = NULL; (item = es_next_item(board, contact, item)) != NULL;) {
    if (!item->aside || is_behind(board, item)) continue;
    item->aside = false;
    item->trial = true;
  }
}

static void drop_expired(earshot *board) {
  for (es_item *item = NULL; (item = es_next_item(board, NULL, item)) != NULL;) {
    if (!es_is_due(board, item->expires)) continue;
    land(item);
    es_item_ended(board, item, EARSHOT_EXPIRED, "");
  }
}

void es_outbound_poll(earshot *board) {
  drop_expired(board);
  for (es_contact *contact = NULL; (contact = es_next_contact(board, contact)) != NULL;) {
    if (!any_waits(board, contact, true)) continue;
    /* Those of an order that nothing tries for any more, because what did has ended, begin anew. */
    if (contact->retry_wait == 0) retry_later(board, contact, false);
    if (!es_is_due(board, contact->retry_at)) continue;
    try_again(board, contact);
    contact->retry_at = es_after(board, RETRY_MAX_MS);
    es_wake_now(board);
  }
}
