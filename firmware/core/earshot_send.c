/** The part of the API that sends messages, answers questions, and cancels. */
#include "answering.h"
#include "board.h"
#include "call.h"
#include "earshot_state.h"
#include "inbound.h"
#include "json_check.h"
#include "member.h"
#include "outbound.h"
#include "outbound_item.h"
#include "storage.h"
#include "utf8.h"

#define BROADCAST_KEPT_S 30

const char *earshot_last_id(const earshot *board) {
  return board != NULL ? board->last_id : "";
}

/** Drops the oldest message that may be dropped, and tells the application; false if there is none. */
static bool drop_oldest(earshot *board) {
  es_item *oldest = board->dropping ? NULL : es_outbox_droppable(board);
  if (oldest == NULL) return false;
  /* The handler may send, but makes no room: it would be told of that in turn. */
  board->dropping = true;
  board->numbers.dropped++;
  es_item_given_up(board, oldest, EARSHOT_FULL, "");
  board->dropping = false;
  return true;
}

/** Adds a message to the outbox if it has room; EARSHOT_FULL if not. */
static earshot_result add(earshot *board, const char *id, const es_new_item *what) {
  es_contact *contact = es_contact_get(board, id);
  es_item *item = contact != NULL ? es_outbox_add(board, contact, what) : NULL;
  if (board->mute) return EARSHOT_CRYPTO;
  return item == NULL ? EARSHOT_FULL : es_outbound_added(board, item);
}

/** Queues a message for one recipient. */
static earshot_result enqueue(earshot *board, const char *id, const es_new_item *what) {
#if EARSHOT_ASK
  const es_session *session = es_session_find(board, id);
  if (what->item.kind == ES_ITEM_QUESTION && session != NULL && !session->brief && !session->can_ask)
    return EARSHOT_CANNOT;
#endif
  earshot_result result = add(board, id, what);
  /* Handlers that are told of a drop may send, and take the room: it ends all the same. */
  for (unsigned i = 0; i < EARSHOT_OUTBOX_MESSAGES && result == EARSHOT_FULL && what->item.newest; i++) {
    if (!drop_oldest(board)) break;
    result = add(board, id, what);
  }
  return result;
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
  if (!es_outbox_fits(what)) return EARSHOT_TOO_LONG;
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
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK) return result;
  size_t length = text != NULL ? es_length(text) : 0;
  if (text == NULL || !es_utf8_valid((const uint8_t *)text, length)) return EARSHOT_ARGUMENT;
  if (length > ES_CHAT_MAX) return EARSHOT_TOO_LONG;
  es_new_item what = {
      .item = {.kind = ES_ITEM_CHAT,
               .to_all = to == NULL,
               .within_s = to == NULL ? BROADCAST_KEPT_S : ES_KEPT_S},
      .name = "",
      .stream = "",
      .body = text,
      .length = length,
  };
  return dispatch(board, to, &what);
}

static bool is_name(const char *text) {
  size_t length = es_length(text);
  return length > 0 && length <= ES_NAME_MAX && es_utf8_valid((const uint8_t *)text, length);
}

/** A time to live that the application gave: 0 stands for the most. */
ES_SHARED static uint32_t within(uint32_t seconds) {
  return seconds == 0 || seconds > ES_KEPT_S ? ES_KEPT_S : seconds;
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
  what->length = es_length(file) + 1;
  uint64_t size;
  earshot_result result = inspect(board, file, &size, hash);
  if (result != EARSHOT_OK) return result;
  what->item.size = (uint32_t)size;
  return size > ES_DOCUMENT_LIMIT ? EARSHOT_TOO_LONG : EARSHOT_OK;
}
#endif

earshot_result earshot_send(earshot *board, const char *to, const earshot_document *document) {
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK) return result;
  if (document == NULL || document->name == NULL || !is_name(document->name) ||
      (document->stream != NULL && !is_name(document->stream)))
    return EARSHOT_ARGUMENT;
  es_new_item what = {
      .item = {.kind = ES_ITEM_DOCUMENT,
               .durable = !document->passing && !document->newest,
               .lazy = !document->passing && document->newest,
               .newest = document->newest,
               .within_s = within(document->within_s)},
      .name = document->name,
      .stream = document->stream != NULL ? document->stream : "",
      .body = document->body,
      .length = document->length,
  };
  uint32_t offset;
  result = EARSHOT_ARGUMENT;
#if EARSHOT_PARTS
  uint8_t hash[ES_HASH];
  if (document->file != NULL) result = use_file(board, document->file, hash, &what);
#endif
  if (document->file == NULL && document->body != NULL)
    result = es_json_whole(document->body, document->length, &offset);
  return result == EARSHOT_OK ? dispatch(board, to, &what) : result;
}

earshot_result earshot_cancel(earshot *board, const char *id) {
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK) return result;
  if (id == NULL) return EARSHOT_ARGUMENT;
  es_item *item = es_outbox_find(board, id);
  /* The application does not know ids of its answers: this one guessed. */
  if (item == NULL || item->kind >= ES_ITEM_ANSWER) return EARSHOT_ABSENT;
  es_item_abandon(board, item);
  es_outbox_remove(board, item);
  return EARSHOT_OK;
}

#if EARSHOT_ASK

earshot_result earshot_ask(earshot *board, const char *to, const char *json, uint32_t within_s) {
  earshot_result result = es_call(board);
  if (result != EARSHOT_OK) return result;
  if (json == NULL) return EARSHOT_ARGUMENT;
  uint32_t offset;
  size_t length = es_length(json);
  es_new_item what = {
      .item = {.kind = ES_ITEM_QUESTION, .durable = true, .within_s = within(within_s)},
      .name = "ask.json",
      .stream = "",
      .body = json,
      .length = length,
  };
  result = es_json_whole((const uint8_t *)json, length, &offset);
  return result == EARSHOT_OK ? dispatch(board, to, &what) : result;
}

earshot_result earshot_answer(earshot *board, uint32_t ticket, earshot_result result, const char *text) {
  earshot_result called = es_call(board);
  if (called != EARSHOT_OK) return called;
  if (text == NULL) return EARSHOT_ARGUMENT;
  size_t length = es_length(text);
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

#endif
