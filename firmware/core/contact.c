#include "contact.h"

#include "board.h"
#include "earshot_state.h"
#include "sessions.h"

/** Form of a contact in storage: version, id, both numberings. */
#define VERSION 1
#define STORED_BYTES (1 + ES_ID_CHARACTERS + 4 + 4 + 2 + 4 + 4 + 4)

static void key_of(unsigned index, char key[4]) {
  unsigned at = 0;
  key[at++] = 'p';
  if (index >= 10) key[at++] = (char)('0' + index / 10 % 10);
  key[at++] = (char)('0' + index % 10);
  key[at] = '\0';
}

static void read_contact(earshot *board, es_contact *contact, const uint8_t *stored) {
  const uint8_t *at = stored + 1;
  memcpy(contact->id, at, ES_ID_CHARACTERS);
  contact->id[ES_ID_CHARACTERS] = '\0';
  at += ES_ID_CHARACTERS;
  contact->in.epoch = es_get_u32(at);
  contact->in.upto = es_get_u32(at + 4);
  contact->in.beyond = es_get_u16(at + 8);
  contact->out.epoch = es_get_u32(at + 10);
  contact->out.upto = es_get_u32(at + 14);
  contact->out.reserved = es_get_u32(at + 18);
  contact->out.next = contact->out.reserved + 1;
  /* Storage that was tampered with, or written by something else: what does not fit is not ours. */
  if (contact->out.reserved < contact->out.upto ||
      contact->out.reserved - contact->out.upto > 2 * ES_WINDOW) {
    es_contact_renumber(board, contact);
  }
}

void es_contacts_load(earshot *board) {
  const earshot_port *port = board->port;
  if (port->storage == NULL) return;
  for (unsigned i = 0; i < EARSHOT_CONTACTS; i++) {
    char key[4];
    uint8_t stored[STORED_BYTES];
    size_t length = 0;
    key_of(i, key);
    if (port->storage->get(port->context, key, stored, sizeof stored, &length) != EARSHOT_OK) continue;
    if (length == sizeof stored && stored[0] == VERSION) read_contact(board, &board->contacts[i], stored);
  }
}

es_contact *es_contact_find(earshot *board, const char *id) {
  for (unsigned i = 0; i < EARSHOT_CONTACTS; i++) {
    if (strcmp(board->contacts[i].id, id) == 0 && id[0] != '\0') return &board->contacts[i];
  }
  return NULL;
}

/** The entry that nothing needs for longest. */
static es_contact *make_room(earshot *board) {
  es_contact *oldest = NULL;
  for (unsigned i = 0; i < EARSHOT_CONTACTS; i++) {
    es_contact *contact = &board->contacts[i];
    if (contact->id[0] == '\0') return contact;
    if (es_sessions_find(board, contact->id) != NULL || es_outbox_holds(board, i)) continue;
    if (oldest == NULL || contact->used_at < oldest->used_at) oldest = contact;
  }
  return oldest;
}

es_contact *es_contact_get(earshot *board, const char *id) {
  es_contact *contact = es_contact_find(board, id);
  if (contact == NULL) {
    contact = make_room(board);
    if (contact == NULL) return NULL;
    memset(contact, 0, sizeof *contact);
    es_copy_text(contact->id, sizeof contact->id, id);
    es_contact_renumber(board, contact);
  }
  contact->used_at = es_now(board);
  return contact;
}

unsigned es_contact_index(const earshot *board, const es_contact *contact) {
  return (unsigned)(contact - board->contacts);
}

earshot_result es_contact_store(earshot *board, const es_contact *contact) {
  const earshot_port *port = board->port;
  if (port->storage == NULL) return EARSHOT_OK;
  char key[4];
  uint8_t stored[STORED_BYTES];
  uint8_t *at = stored + 1 + ES_ID_CHARACTERS;
  key_of(es_contact_index(board, contact), key);
  stored[0] = VERSION;
  memcpy(stored + 1, contact->id, ES_ID_CHARACTERS);
  es_put_u32(at, contact->in.epoch);
  es_put_u32(at + 4, contact->in.upto);
  es_put_u16(at + 8, contact->in.beyond);
  es_put_u32(at + 10, contact->out.epoch);
  es_put_u32(at + 14, contact->out.upto);
  es_put_u32(at + 18, contact->out.reserved);
  return port->storage->put(port->context, key, stored, sizeof stored);
}

void es_contact_renumber(earshot *board, es_contact *contact) {
  memset(&contact->out, 0, sizeof contact->out);
  contact->out.epoch = es_random_u32(board);
  contact->out.next = 1;
}
