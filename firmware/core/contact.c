#include "contact.h"

#include "board.h"
#include "crypto.h"
#include "earshot_state.h"
#include "form.h"
#include "session.h"
#include "storage.h"

#define KEY 'p'
#define VERSION 2

/** A contact in storage: version, id, marks. */
static const es_field FORM[] = {
    ES_FIELD(es_contact, id, ES_ID_CHARACTERS),
    ES_FIELD(es_contact, count, 1),
    ES_FIELD(es_contact, documents, 4),
    ES_FIELD(es_contact, known, ES_KNOWN *ES_MARK),
};
#define FIELDS (sizeof FORM / sizeof FORM[0])
#define STORED_BYTES (1 + ES_ID_CHARACTERS + 1 + 4 + ES_KNOWN * ES_MARK)

static unsigned number_of(const earshot *board, const es_contact *contact) {
  return (unsigned)(contact - board->contacts);
}

static earshot_result put(const earshot *board, const es_contact *contact, const uint8_t *stored,
                          size_t length) {
  return es_storage_put(board, KEY, number_of(board, contact), stored, length);
}

void es_contacts_load(earshot *board) {
  for (unsigned i = 0; i < EARSHOT_CONTACTS; i++) {
    es_contact *contact = &board->contacts[i];
    uint8_t stored[STORED_BYTES];
    size_t length = es_storage_get(board, KEY, i, stored, sizeof stored);
    if (length == 0) continue;
    if (length == sizeof stored && stored[0] == VERSION) es_form_read(FORM, FIELDS, contact, stored + 1);
    if (contact->id[0] != '\0' && contact->count <= ES_KNOWN) {
      contact->stored = true;
      continue;
    }
    /* Of another version, damaged, or written by another program: remove it. */
    es_clear(contact, sizeof *contact);
    (void)put(board, contact, NULL, 0);
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

/** The entry that has not been needed for longest. */
static es_contact *make_room(earshot *board) {
  es_contact *oldest = NULL;
  for (unsigned i = 0; i < EARSHOT_CONTACTS; i++) {
    es_contact *contact = &board->contacts[i];
    if (contact->id[0] == '\0') return contact;
    if (contact->waiting > 0 || es_next_session(board, contact->id, NULL) != NULL) continue;
    if (oldest == NULL || contact->used_at < oldest->used_at) oldest = contact;
  }
  return oldest;
}

es_contact *es_contact_get(earshot *board, const char *id) {
  es_contact *contact = es_contact_find(board, id);
  if (contact == NULL) {
    contact = make_room(board);
    if (contact == NULL) return NULL;
    /* The evicted peer may come back in another entry: its marks must be stored only once. */
    if (contact->stored) (void)put(board, contact, NULL, 0);
    es_clear(contact, sizeof *contact);
    es_copy_text(contact->id, sizeof contact->id, id);
  }
  contact->used_at = es_now(board);
  return contact;
}

earshot_result es_contact_store(const earshot *board, es_contact *contact) {
  uint8_t stored[STORED_BYTES];
  es_writer writer = es_writer_on(stored, sizeof stored);
  es_write_byte(&writer, VERSION);
  es_form_write(FORM, FIELDS, contact, &writer);
  earshot_result result = put(board, contact, stored, sizeof stored);
  if (result == EARSHOT_OK) contact->stored = true;
  return result;
}

earshot_result es_mark_of(const char *id, uint8_t mark[ES_MARK]) {
  uint8_t hash[ES_HASH];
  earshot_result result = es_sha256((const uint8_t *)id, ES_ULID_CHARACTERS, NULL, 0, hash);
  es_copy(mark, hash, ES_MARK);
  return result;
}

bool es_contact_knows(const es_contact *contact, const uint8_t mark[ES_MARK]) {
  for (unsigned i = 0; i < contact->count; i++) {
    if (es_same_bytes(contact->known[i], mark, ES_MARK)) return true;
  }
  return false;
}

/** Index of the mark to forget for a new one of this kind: the oldest of the kind that has more than half. */
static unsigned place_for(const es_contact *contact, bool document) {
  unsigned documents = 0;
  if (contact->count < ES_KNOWN) return contact->count;
  for (unsigned i = 0; i < ES_KNOWN; i++) documents += contact->documents >> i & 1;
  bool forget = documents == ES_KNOWN / 2 ? document : documents > ES_KNOWN / 2;
  unsigned place = ES_KNOWN - 1;
  while ((contact->documents >> place & 1) != forget) place--;
  return place;
}

void es_contact_remember(es_contact *contact, const uint8_t mark[ES_MARK], bool document) {
  unsigned place = place_for(contact, document);
  uint32_t newer = (1u << place) - 1;
  uint32_t older = ~newer << 1;
  memmove(contact->known[1], contact->known[0], place * (size_t)ES_MARK);
  es_copy(contact->known[0], mark, ES_MARK);
  if (contact->count < ES_KNOWN) contact->count++;
  contact->documents = (contact->documents & older) | (contact->documents & newer) << 1 | document;
}

void es_contact_take_back(es_contact *contact, unsigned count) {
  if (count > contact->count) count = contact->count;
  contact->count = (uint8_t)(contact->count - count);
  memmove(contact->known[0], contact->known[count], contact->count * (size_t)ES_MARK);
  contact->documents >>= count;
}
