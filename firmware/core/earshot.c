#include "earshot.h"

#include "announcer.h"
#include "answering.h"
#include "board.h"
#include "earshot_state.h"
#include "identity.h"
#include "inbound.h"
#include "member.h"
#include "outbound.h"
#include "sessions.h"
#include "storage.h"
#include "utf8.h"

#define IDENTITY_KEY "identity"
#define DEFAULT_GROUP "earshot"
/** Longest time between two polls. */
#define POLL_AT_LEAST_MS 1000
#define BROADCAST_KEPT_MS 30000
#define KEPT_MS (7ul * 24 * 3600 * 1000)

/** Sets the time that es_now returns during this call. */
static void begin_call(earshot *board) {
  board->now = board->port->now(board->port->context);
}

/** The private key that storage has, or a new one. */
static earshot_result load_identity(earshot *board) {
  const earshot_port *port = board->port;
  uint8_t secret[ES_KEY];
  size_t length = 0;
  earshot_result result = EARSHOT_ABSENT;
  if (port->storage != NULL) {
    result = port->storage->get(port->context, IDENTITY_KEY, secret, sizeof secret, &length);
    if (result == EARSHOT_OK && length != sizeof secret) result = EARSHOT_IO;
  }
  if (result == EARSHOT_ABSENT) {
    es_random(board, secret, sizeof secret);
    if (board->mute) return EARSHOT_CRYPTO;
    result = port->storage == NULL ? EARSHOT_OK
                                   : port->storage->put(port->context, IDENTITY_KEY, secret, sizeof secret);
  }
  if (result == EARSHOT_OK) result = es_x25519_import(secret, &board->self.identity);
  es_wipe(secret, sizeof secret);
  return result == EARSHOT_OK ? es_node_id(board->self.identity.public_key, board->self.id) : result;
}

/** Copies a text if it is valid for this kind of value; `to` must have room for the longest of that kind. */
static bool take(es_value value, const char *from, char *to) {
  if (!es_is_text(value, from)) return false;
  es_copy_text(to, SIZE_MAX, from);
  return true;
}

static earshot_result choose_group(earshot *board, const earshot_settings *settings) {
  static const char PROLOGUE[] = "earshot/1 ";
  es_self *self = &board->self;
  earshot_result result = EARSHOT_OK;
  if (settings->join_code != NULL) {
    result = es_join_code_read(&self->group, settings->join_code, strlen(settings->join_code));
    if (result == EARSHOT_OK) result = es_aead_import(self->group.announce_key, &self->announce_key);
  } else {
    const char *name = settings->group != NULL ? settings->group : DEFAULT_GROUP;
    if (!take(ES_V_WORD, name, self->group.name)) return EARSHOT_ARGUMENT;
  }
  es_writer prologue = es_writer_on(self->prologue, sizeof self->prologue);
  es_write_text(&prologue, PROLOGUE);
  es_write_text(&prologue, self->group.name);
  self->prologue_length = prologue.length;
  return result;
}

static earshot_result describe(earshot *board, const earshot_settings *settings) {
  es_payload *payload = &board->self.payload;
  if (!take(ES_V_LABEL, settings->name, payload->name) || !take(ES_V_KIND, settings->kind, payload->kind) ||
      !take(ES_V_APP, settings->app, payload->app)) {
    return EARSHOT_ARGUMENT;
  }
  payload->boot = es_random_u32(board);
  payload->rx = EARSHOT_RX;
  payload->window = ES_WINDOW;
#if EARSHOT_ASK && EARSHOT_HEARSAY
  payload->can = es_text_of(ES_FEATURE_ASK " " ES_FEATURE_PEERS);
#elif EARSHOT_ASK
  payload->can = es_text_of(ES_FEATURE_ASK);
#elif EARSHOT_HEARSAY
  payload->can = es_text_of(ES_FEATURE_PEERS);
#endif
  return EARSHOT_OK;
}

/** Destroys the keys; nothing is sent after that. */
static void forget_keys(es_self *self) {
  es_key_destroy(&self->announce_key);
  es_key_destroy(&self->identity.key);
  es_wipe(&self->group, sizeof self->group);
}

earshot_result earshot_init(earshot *board, const earshot_port *port, const earshot_settings *settings) {
  es_clear(board, sizeof *board);
  board->port = port;
  begin_call(board);
  earshot_result result = es_crypto_start();
  if (result == EARSHOT_OK) result = describe(board, settings);
  if (result == EARSHOT_OK) result = choose_group(board, settings);
  if (result == EARSHOT_OK) result = load_identity(board);
  if (result == EARSHOT_OK) {
    es_contacts_load(board);
    es_outbox_load(board);
#if EARSHOT_HEARSAY
    es_ways_load(board);
#endif
    es_announcer_start(board);
    if (board->mute) result = EARSHOT_CRYPTO;
  }
  if (result != EARSHOT_OK) forget_keys(&board->self);
  return result;
}

uint32_t earshot_poll(earshot *board) {
  begin_call(board);
  board->wake = board->now + POLL_AT_LEAST_MS;
  es_discovery_poll(board);
  es_sessions_poll(board);
  return board->wake > board->now ? (uint32_t)(board->wake - board->now) : 0;
}

bool earshot_close(earshot *board) {
  begin_call(board);
  if (!board->closing) {
    board->closing = true;
    es_announcer_bye(board);
    es_handshakes_end(board);
  }
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;) {
    es_session_close(board, session, "bye");
  }
  if (board->discovery.bye_again != 0 || es_next_session(board, NULL, NULL) != NULL) return false;
  forget_keys(&board->self);
  return true;
}

void earshot_network_changed(earshot *board) {
  begin_call(board);
  es_discovery_renew(board);
  es_sessions_renew(board);
}

const char *earshot_id(const earshot *board) {
  return board->self.id;
}

const char *earshot_last_id(const earshot *board) {
  return board->last_id;
}

/** Queues a message for one recipient. */
static earshot_result enqueue(earshot *board, const char *id, const es_new_item *what) {
#if EARSHOT_ASK
  const es_session *session = es_session_find(board, id);
  if (what->item.kind == ES_ITEM_QUESTION && session != NULL && !session->brief && !session->can_ask)
    return EARSHOT_CANNOT;
#endif
  es_contact *contact = es_contact_get(board, id);
  if (contact == NULL) return EARSHOT_FULL;
  es_item *item = es_outbox_add(board, contact, what);
  if (board->mute) return EARSHOT_CRYPTO;
  return item == NULL ? EARSHOT_FULL : es_outbound_added(board, item);
}

/** Finds the id of a recipient by name or id: a peer that was heard, or any peer by its full id. */
static const char *recipient(earshot *board, const char *to) {
  const es_peer *peer = es_roster_resolve(board, to);
  /* A stranger's name may be the beginning of the id of a known peer. */
  for (es_contact *met = NULL; peer != NULL && (met = es_next_contact(board, met)) != NULL;) {
    if (es_begins_id(to, met->id) && !es_same_text(met->id, peer->id)) return NULL;
  }
  if (peer != NULL) return peer->id;
  return es_is_text(ES_V_ID, to) && !es_same_text(to, board->self.id) ? to : NULL;
}

/** Queues a message for `to`, or for every peer that is up if it is NULL; returns the last error, else EARSHOT_OK. */
static earshot_result dispatch(earshot *board, const char *to, const es_new_item *what) {
  if (to != NULL) {
    const char *id = recipient(board, to);
    return id == NULL ? EARSHOT_NO_PEER : enqueue(board, id, what);
  }
  earshot_result result = EARSHOT_NO_PEER;
  for (es_peer *peer = NULL; (peer = es_next_peer(board, peer)) != NULL;) {
    if (!peer->up) continue;
    earshot_result one = enqueue(board, peer->id, what);
    if (result == EARSHOT_NO_PEER || one != EARSHOT_OK) result = one;
  }
  return result;
}

earshot_result earshot_say(earshot *board, const char *to, const char *text) {
  begin_call(board);
  size_t length = strlen(text);
  if (length > ES_CHAT_MAX || !es_utf8_valid((const uint8_t *)text, length)) return EARSHOT_ARGUMENT;
  es_new_item what = {
      .item = {.kind = ES_ITEM_CHAT,
               .to_all = to == NULL,
               .expires = es_after(board, to == NULL ? BROADCAST_KEPT_MS : KEPT_MS)},
      .name = "",
      .stream = "",
      .body = text,
      .length = length,
  };
  return dispatch(board, to, &what);
}

static bool is_name(const char *text) {
  size_t length = strlen(text);
  return length > 0 && length <= ES_NAME_MAX && es_utf8_valid((const uint8_t *)text, length);
}

#if EARSHOT_PARTS
/** Reads a file once, for its size and its hash; EARSHOT_NOT_JSON if it is not JSON. */
static earshot_result inspect(const earshot *board, const char *file, uint64_t *size, uint8_t hash[ES_HASH]) {
  es_json_check json;
  es_json_begin(&json);
  earshot_result result = es_storage_inspect(board, file, size, hash, &json);
  return result == EARSHOT_OK ? es_json_end(&json) : result;
}

/** Makes a message of a file; `hash` is a buffer for its hash. */
static earshot_result use_file(const earshot *board, const char *file, uint8_t hash[ES_HASH],
                               es_new_item *what) {
  what->item.kind = ES_ITEM_FILE;
  what->head = hash;
  what->head_length = ES_HASH;
  what->body = file;
  what->length = strlen(file) + 1;
  earshot_result result = inspect(board, file, &what->item.size, hash);
  return result == EARSHOT_OK && what->item.size > ES_DOCUMENT_LIMIT ? EARSHOT_TOO_LONG : result;
}
#endif

earshot_result earshot_send(earshot *board, const char *to, const earshot_document *document) {
  begin_call(board);
  if (!is_name(document->name) || (document->stream != NULL && !is_name(document->stream)))
    return EARSHOT_ARGUMENT;
  es_new_item what = {
      .item = {.kind = ES_ITEM_DOCUMENT, .durable = true, .expires = es_after(board, KEPT_MS)},
      .name = document->name,
      .stream = document->stream != NULL ? document->stream : "",
      .body = document->body,
      .length = document->length,
  };
  uint32_t offset;
  earshot_result result = EARSHOT_ARGUMENT;
#if EARSHOT_PARTS
  uint8_t hash[ES_HASH];
  if (document->file != NULL) result = use_file(board, document->file, hash, &what);
#endif
  if (document->file == NULL) result = es_json_whole(document->body, document->length, &offset);
  return result == EARSHOT_OK ? dispatch(board, to, &what) : result;
}

#if EARSHOT_ASK

earshot_result earshot_ask(earshot *board, const char *to, const char *json, uint32_t within_s) {
  begin_call(board);
  uint8_t head[ES_QUESTION_HEAD];
  uint32_t offset;
  size_t length = strlen(json);
  if (within_s == 0 || within_s > KEPT_MS / 1000) within_s = KEPT_MS / 1000;
  es_put_u32(head, within_s);
  es_new_item what = {
      .item = {.kind = ES_ITEM_QUESTION, .durable = true, .expires = es_after(board, 1000 * within_s)},
      .name = "ask.json",
      .stream = "",
      .head = head,
      .head_length = sizeof head,
      .body = json,
      .length = length,
  };
  earshot_result result = es_json_whole((const uint8_t *)json, length, &offset);
  return result == EARSHOT_OK ? dispatch(board, to, &what) : result;
}

earshot_result earshot_answer(earshot *board, uint32_t ticket, earshot_result result, const char *text) {
  begin_call(board);
  size_t length = strlen(text);
  uint32_t offset;
  if (result == EARSHOT_OK) {
    if (es_json_whole((const uint8_t *)text, length, &offset) != EARSHOT_OK) return EARSHOT_NOT_JSON;
  } else if (result != EARSHOT_FAILED || !es_utf8_valid((const uint8_t *)text, length)) {
    return EARSHOT_ARGUMENT;
  }
  result = es_answering_answer(board, ticket, result, text);
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;)
    (void)es_inbound_commit(board, session);
  return result;
}

void earshot_on_ask(earshot *board, earshot_ask_handler handler, void *context) {
  board->on_ask = handler;
  board->ask_context = context;
}

void earshot_on_answer(earshot *board, earshot_answer_handler handler, void *context) {
  board->on_answer = handler;
  board->answer_context = context;
}

#endif

void earshot_on_chat(earshot *board, earshot_chat_handler handler, void *context) {
  board->on_chat = handler;
  board->chat_context = context;
}

void earshot_on_document(earshot *board, earshot_document_handler handler, void *context) {
  board->on_document = handler;
  board->document_context = context;
}

void earshot_on_sent(earshot *board, earshot_sent_handler handler, void *context) {
  board->on_sent = handler;
  board->sent_context = context;
}

void earshot_on_peer(earshot *board, earshot_peer_handler handler, void *context) {
  board->on_peer = handler;
  board->peer_context = context;
}

void earshot_stats(const earshot *board, earshot_numbers *numbers) {
  *numbers = board->numbers;
  numbers->peers = es_roster_up(board);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    numbers->sessions += board->sessions[i].used && board->sessions[i].ended == NULL;
  }
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    numbers->waiting += board->outbox.items[i].kind != ES_ITEM_FREE;
  }
  numbers->waiting_bytes = board->outbox.used;
}
