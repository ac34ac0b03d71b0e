#include "contact.h"

#include "board.h"
#include "earshot_state.h"
#include "form.h"
#include "sessions.h"
#include "storage.h"

#define KEY 'p'
#define VERSION 1

/** A contact in storage: version, id, both numberings. */
static const es_field FORM[] = {
    ES_FIELD(es_contact, id, ES_ID_CHARACTERS), ES_FIELD(es_contact, in.epoch, 4),
    ES_FIELD(es_contact, in.upto, 4),           ES_FIELD(es_contact, in.beyond, 2),
    ES_FIELD(es_contact, out.epoch, 4),         ES_FIELD(es_contact, out.upto, 4),
    ES_FIELD(es_contact, out.reserved, 4),
};
#define FIELDS (sizeof FORM / sizeof FORM[0])
#define STORED_BYTES (1 + ES_ID_CHARACTERS + 4 + 4 + 2 + 4 + 4 + 4)

static void read_contact(earshot *board, es_contact *contact, const uint8_t *stored) {
  es_form_read(FORM, FIELDS, contact, stored + 1);
  contact->out.next = contact->out.reserved + 1;
  /* Storage that was tampered with, or written by something else: what does not fit is not ours. */
  if (contact->out.reserved < contact->out.upto ||
      contact->out.reserved - contact->out.upto > 2 * ES_WINDOW) {
    es_contact_renumber(board, contact);
  }
}

void es_contacts_load(earshot *board) {
  for (unsigned i = 0; i < EARSHOT_CONTACTS; i++) {
    uint8_t stored[STORED_BYTES];
    size_t length = es_storage_get(board, KEY, i, stored, sizeof stored);
    if (length == sizeof stored && stored[0] == VERSION) read_contact(board, &board->contacts[i], stored);
  }
}

es_contact *es_next_contact(earshot *board, es_contact *contact) {
  contact = contact == NULL ? board->contacts : contact + 1;
  for (; contact < board->contacts + EARSHOT_CONTACTS; contact++) {
    if (contact->id[0] != '\0') return contact;
  }
  return NULL;
}

es_contact *es_contact_find(earshot *board, const char *id) {
  es_contact *contact = NULL;
  while ((contact = es_next_contact(board, contact)) != NULL && !es_same_text(contact->id, id)) continue;
  return contact;
}

/** The entry that nothing needs for longest. */
static es_contact *make_room(earshot *board) {
  es_contact *oldest = NULL;
  for (unsigned i = 0; i < EARSHOT_CONTACTS; i++) {
    es_contact *contact = &board->contacts[i];
    if (contact->id[0] == '\0') return contact;
    if (es_sessions_find(board, contact->id) != NULL || es_next_item(board, contact, NULL) != NULL) continue;
    if (oldest == NULL || contact->used_at < oldest->used_at) oldest = contact;
  }
  return oldest;
}

static earshot_result put(const earshot *board, const es_contact *contact, const uint8_t *stored,
                          size_t length) {
  return es_storage_put(board, KEY, (unsigned)(contact - board->contacts), stored, length);
}

es_contact *es_contact_get(earshot *board, const char *id) {
  es_contact *contact = es_contact_find(board, id);
  if (contact == NULL) {
    contact = make_room(board);
    if (contact == NULL) return NULL;
    /* Who was there before may come back to another place: what is known of him stands in one only. */
    if (contact->id[0] != '\0') (void)put(board, contact, NULL, 0);
    es_clear(contact, sizeof *contact);
    es_copy_text(contact->id, sizeof contact->id, id);
    es_contact_renumber(board, contact);
  }
  contact->used_at = es_now(board);
  return contact;
}

earshot_result es_contact_store(const earshot *board, const es_contact *contact) {
  uint8_t stored[STORED_BYTES];
  es_writer writer = es_writer_on(stored, sizeof stored);
  es_write_byte(&writer, VERSION);
  es_form_write(FORM, FIELDS, contact, &writer);
  return put(board, contact, stored, sizeof stored);
}

void es_contact_renumber(earshot *board, es_contact *contact) {
  es_clear(&contact->out, sizeof contact->out);
  contact->out.epoch = es_random_u32(board);
  contact->out.next = 1;
}
