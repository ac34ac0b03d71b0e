#include "received.h"

#include "board.h"
#include "earshot_state.h"
#include "storage.h"

/** The temporary file of a document in one frame. */
#define ARRIVING "arriving"
/** Pause after a comparison, for so many bytes: 64 s after one of 16 MiB. */
#define COMPARED_BYTES 65536u
#define COMPARED_EVERY_MS 250

void es_file_name(const char *sender, const char *id, char name[ES_FILE_NAME]) {
  es_copy(name, sender, 12);
  name[12] = '-';
  es_copy(name + 13, id, ES_ULID_CHARACTERS);
  es_copy(name + 13 + ES_ULID_CHARACTERS, ".json", 6);
}

earshot_result es_received_chat(earshot *board, es_session *session, const es_frame *frame) {
  board->numbers.chats_received++;
  if (board->on_chat == NULL) return EARSHOT_OK;
  earshot_chat chat = {
      {session->id, session->name}, frame->to == ES_TO_ALL, (const char *)frame->body, frame->length};
  board->on_chat(board->chat_context, &chat);
  return EARSHOT_OK;
}

earshot_result es_stored(earshot *board, const char *file, uint32_t size, const uint8_t hash[ES_HASH]) {
  const earshot_port *port = board->port;
  uint64_t stored_size;
  uint8_t stored_hash[ES_HASH];
  earshot_result result = port->storage->file_size(port->context, file, &stored_size);
  if (result == EARSHOT_ABSENT) return result;
  if (result == EARSHOT_OK && stored_size != size) return EARSHOT_REFUSED;
  /* No peer may make a board read large files again and again. */
  if (result != EARSHOT_OK || !es_is_due(board, board->compare_at)) return EARSHOT_BUSY;
  board->compare_at = es_after(board, size / COMPARED_BYTES * COMPARED_EVERY_MS);
  result = es_storage_inspect(board, file, &stored_size, stored_hash, NULL);
  if (result != EARSHOT_OK) return EARSHOT_BUSY;
  return es_same_bytes(stored_hash, hash, ES_HASH) ? EARSHOT_OK : EARSHOT_REFUSED;
}

/**
 * Writes a document of one frame under its name. Storage may have it already if power failed before its id was stored,
 * or if its id was forgotten.
 */
static earshot_result store(earshot *board, const es_frame *frame, const char *file) {
  const earshot_port *port = board->port;
  uint8_t hash[ES_HASH];
  if (es_sha256(frame->body, frame->length, NULL, 0, hash) != EARSHOT_OK) return EARSHOT_BUSY;
  earshot_result result = es_stored(board, file, (uint32_t)frame->length, hash);
  if (result != EARSHOT_ABSENT) return result;
  result = port->storage->file_write(port->context, ARRIVING, 0, frame->body, frame->length);
  if (result == EARSHOT_OK) result = port->storage->file_finish(port->context, ARRIVING, file);
  return result == EARSHOT_OK || result == EARSHOT_QUOTA ? result : EARSHOT_BUSY;
}

earshot_result es_offer(earshot *board, es_session *session, const earshot_received *document) {
  const earshot_port *port = board->port;
  bool stored = document->file != NULL;
  earshot_result result = stored ? EARSHOT_OK : EARSHOT_REFUSED;
  session->reason = 0;
  board->offering = session;
  if (board->on_document != NULL) result = board->on_document(board->document_context, document);
  board->offering = NULL;
  if (result == EARSHOT_OK) {
    session->reason = 0;
    board->numbers.documents_received++;
    return EARSHOT_OK;
  }
  if (stored) port->storage->file_remove(port->context, document->file);
  return result == EARSHOT_QUOTA || result == EARSHOT_BUSY ? result : EARSHOT_REFUSED;
}

earshot_result es_received_document(earshot *board, es_session *session, const es_frame *frame) {
  char name[ES_NAME_MAX + 1];
  char stream[ES_NAME_MAX + 1];
  char file[ES_FILE_NAME];
  bool stored = board->port->storage != NULL;
  if (stored) {
    es_file_name(session->id, frame->id, file);
    earshot_result result = store(board, frame, file);
    if (result != EARSHOT_OK) return result;
  }
  es_text_decode(frame->name, name, sizeof name);
  es_text_decode(frame->stream, stream, sizeof stream);
  earshot_received document = {
      .from = {session->id, session->name},
      .id = frame->id,
      .name = name,
      .stream = stream[0] != '\0' ? stream : NULL,
      .body = frame->body,
      .size = frame->size,
      .file = stored ? file : NULL,
  };
  return es_offer(board, session, &document);
}
