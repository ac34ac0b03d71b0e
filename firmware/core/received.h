/** Passes received messages to the application, and documents to storage. */
#ifndef EARSHOT_RECEIVED_H
#define EARSHOT_RECEIVED_H

#include "crypto.h"
#include "session.h"

/** Bytes of the name of a received file: 12 characters of the sender's id, `-`, message id, `.json`, NUL. */
#define ES_FILE_NAME (12 + 1 + ES_ULID_CHARACTERS + 5 + 1)

/**
 * Gives the name of a document in storage. It depends only on sender and message id, so no document is stored twice.
 */
void es_file_name(const char *sender, const char *id, char name[ES_FILE_NAME]);

/**
 * Compares a document with the stored file of its name: EARSHOT_ABSENT if there is none, EARSHOT_OK if it is the same,
 * EARSHOT_REFUSED if it differs, EARSHOT_BUSY if it is unreadable or the last comparison was too recent.
 */
earshot_result es_stored(earshot *board, const char *file, uint32_t size, const uint8_t hash[ES_HASH]);

/** Passes a chat, whose body a NUL follows, to the application; returns EARSHOT_OK. */
earshot_result es_received_chat(earshot *board, es_session *session, const es_frame *frame);

/**
 * Receives a document in one frame, which is JSON that a NUL follows. EARSHOT_OK: it is durable. Otherwise the code to
 * refuse it with.
 */
earshot_result es_received_document(earshot *board, es_session *session, const es_frame *frame);

/** Passes a stored document to the application; removes it unless the result is EARSHOT_OK. */
earshot_result es_offer(earshot *board, es_session *session, const earshot_received *document);

#endif
