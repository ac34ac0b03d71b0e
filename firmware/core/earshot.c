#include "earshot.h"

#include "announcer.h"
#include "board.h"
#include "call.h"
#include "earshot_state.h"
#include "identity.h"
#include "member.h"
#include "sessions.h"
#include "utf8.h"
#include "verdict.h"

_Static_assert(EARSHOT_RX >= 1024 && EARSHOT_RX <= 65535, "see earshot_config.h");
_Static_assert(EARSHOT_TX >= 1024 && EARSHOT_TX <= 65535, "see earshot_config.h");
_Static_assert(EARSHOT_OUTBOX_BYTES <= 65535, "places in the outbox have 16 bits");
_Static_assert(EARSHOT_OUTBOX_MESSAGES <= 255, "a contact counts its messages with 8 bits");
_Static_assert(EARSHOT_CONTACTS > EARSHOT_SESSIONS, "a session has a contact");
_Static_assert(EARSHOT_ANSWERS >= 1 && EARSHOT_ANSWERS <= 255, "their places are numbered with 8 bits");
_Static_assert(EARSHOT_DOWNLOADS <= 10, "their files are numbered with one digit");
_Static_assert(EARSHOT_WHY >= 1 && EARSHOT_WHY <= ES_WHY_MAX + 1, "no reason is longer");

#define IDENTITY_KEY "identity"
#define DEFAULT_GROUP "earshot"
/** Longest time between two polls. */
#define POLL_AT_LEAST_MS 1000

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

/**
 * Copies a setting if it is valid for this kind of value, else logs what is invalid; `to` must have room for the longest
 * of that kind.
 */
static bool take(const earshot *board, es_value value, const char *what, const char *from, char *to) {
  if (from == NULL || !es_is_text(value, from)) {
    es_log(board, EARSHOT_WARNING, what, from != NULL ? from : "NULL", "\"");
    return false;
  }
  es_copy_text(to, SIZE_MAX, from);
  return true;
}

static earshot_result choose_group(earshot *board, const earshot_settings *settings) {
  static const char PROLOGUE[] = "earshot/1 ";
  es_self *self = &board->self;
  earshot_result result = EARSHOT_OK;
  if (settings->join_code != NULL) {
    result = es_join_code_read(&self->group, settings->join_code, es_length(settings->join_code));
    if (result == EARSHOT_OK) result = es_aead_import(self->group.announce_key, &self->announce_key);
    else es_log(board, EARSHOT_WARNING, "invalid join code: ", earshot_result_name(result), NULL);
  } else {
    const char *name = settings->group != NULL ? settings->group : DEFAULT_GROUP;
    if (!take(board, ES_V_WORD, "invalid group: \"", name, self->group.name)) return EARSHOT_ARGUMENT;
  }
  es_writer prologue = es_writer_on(self->prologue, sizeof self->prologue);
  es_write_text(&prologue, PROLOGUE);
  es_write_text(&prologue, self->group.name);
  self->prologue_length = prologue.length;
  return result;
}

static earshot_result describe(earshot *board, const earshot_settings *settings) {
  es_payload *payload = &board->self.payload;
  if (!take(board, ES_V_LABEL, "invalid name: \"", settings->name, payload->name) ||
      !take(board, ES_V_KIND, "invalid kind: \"", settings->kind, payload->kind) ||
      !take(board, ES_V_APP, "invalid app: \"", settings->app, payload->app)) {
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
ES_SHARED static void forget_keys(es_self *self) {
  es_key_destroy(&self->announce_key);
  es_key_destroy(&self->identity.key);
  es_wipe(&self->group, sizeof self->group);
}

/** Starts a board whose memory is clear. */
static earshot_result start(earshot *board, const earshot_settings *settings) {
  es_times_read(board);
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
  if (result == EARSHOT_OK) board->started = ES_STARTED;
  else forget_keys(&board->self);
  return result;
}

/** Notes where the tables of a board begin. */
static void set_tables(earshot *board) {
  es_tables *tables = &board->tables;
  board->roster = tables->roster;
  board->contacts = tables->contacts;
  board->outbox = &tables->outbox;
  board->handshakes = &tables->handshakes;
  board->sessions = tables->sessions;
#if EARSHOT_HEARSAY
  board->ways = &tables->ways;
#endif
#if EARSHOT_PARTS
  board->downloads = tables->downloads;
#endif
  board->datagram = tables->datagram;
}

earshot_result earshot_init(earshot *board, size_t size, const earshot_port *port,
                            const earshot_settings *settings) {
  if (board == NULL || port == NULL || settings == NULL) return EARSHOT_ARGUMENT;
  if (size != sizeof *board) {
    /* No member of it may be touched: its memory may end before. */
    if (port->log != NULL)
      port->log(port->context, EARSHOT_WARNING, "other sizes than the core: see earshot_config.h");
    return EARSHOT_ARGUMENT;
  }
  if (es_is_in_handler(board, "init")) return EARSHOT_BUSY;
  es_clear(board, sizeof *board);
  board->port = port;
  set_tables(board);
  return start(board, settings);
}

uint32_t earshot_poll(earshot *board) {
  if (!es_is_started(board) || es_is_in_handler(board, "poll")) return POLL_AT_LEAST_MS;
  es_times_read(board);
  board->busy = true;
  board->wake = board->now + POLL_AT_LEAST_MS;
  es_discovery_poll(board);
  es_sessions_poll(board);
  board->busy = false;
  return board->wake > board->now ? board->wake - board->now : 0;
}

bool earshot_close(earshot *board) {
  if (!es_is_started(board)) return true;
  if (es_is_in_handler(board, "close")) return false;
  es_times_read(board);
  if (!board->closing) {
    board->closing = true;
    es_announcer_bye(board);
    es_handshakes_end(board);
  }
  for (es_session *session = NULL; (session = es_next_session(board, NULL, session)) != NULL;) {
    es_session_close(board, session, ES_LEAVING);
  }
  bool left = board->discovery.bye_again != 0;
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) left |= board->sessions[i].used;
  if (left) return false;
  forget_keys(&board->self);
  board->started = 0;
  return true;
}

void earshot_network_changed(earshot *board) {
  if (!es_is_started(board) || es_is_in_handler(board, "network_changed")) return;
  es_times_read(board);
  es_discovery_renew(board);
  es_sessions_renew(board);
}

const char *earshot_id(const earshot *board) {
  return board != NULL ? board->self.id : "";
}

#if EARSHOT_ASK

void earshot_on_ask(earshot *board, earshot_ask_handler handler, void *context) {
  if (board == NULL) return;
  board->on_ask = handler;
  board->ask_context = context;
}

void earshot_on_answer(earshot *board, earshot_answer_handler handler, void *context) {
  if (board == NULL) return;
  board->on_answer = handler;
  board->answer_context = context;
}

#endif

void earshot_on_chat(earshot *board, earshot_chat_handler handler, void *context) {
  if (board == NULL) return;
  board->on_chat = handler;
  board->chat_context = context;
}

void earshot_on_document(earshot *board, earshot_document_handler handler, void *context) {
  if (board == NULL) return;
  board->on_document = handler;
  board->document_context = context;
}

earshot_result earshot_refuse(earshot *board, earshot_result result, const char *why) {
  if (es_is_started(board) && board->offering != NULL && why != NULL &&
      es_utf8_valid((const uint8_t *)why, es_length(why)))
    es_verdict_reason(board->offering, result, why);
  return result;
}

void earshot_on_sent(earshot *board, earshot_sent_handler handler, void *context) {
  if (board == NULL) return;
  board->on_sent = handler;
  board->sent_context = context;
}

void earshot_on_peer(earshot *board, earshot_peer_handler handler, void *context) {
  if (board == NULL) return;
  board->on_peer = handler;
  board->peer_context = context;
}

void earshot_stats(const earshot *board, earshot_numbers *numbers) {
  if (board == NULL || numbers == NULL) return;
  *numbers = board->numbers;
  if (!es_is_started(board)) return;
  numbers->peers = es_roster_up(board);
  for (unsigned i = 0; i < EARSHOT_SESSIONS; i++) {
    numbers->sessions += board->sessions[i].used && board->sessions[i].ended == ES_NO_REASON;
  }
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES; i++) {
    numbers->waiting += board->outbox->items[i].kind != ES_ITEM_FREE;
  }
  numbers->waiting_bytes = board->outbox->used;
}
