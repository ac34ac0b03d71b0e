/** Hands what came to the application, and documents to storage. */
#ifndef EARSHOT_RECEIVED_H
#define EARSHOT_RECEIVED_H

#include "crypto.h"
#include "session.h"

/** Characters of the name of a received file and a NUL: beginning of the sender's id, message id, `.json`. */
#define ES_FILE_NAME (12 + 1 + ES_ULID_CHARACTERS + 5 + 1)

/**
 * The name under which storage has, or will have, a document. It follows from sender and id, so none is saved
 * twice.
 */
void es_file_name(const char *sender, const char *id, char name[ES_FILE_NAME]);

/**
 * What storage has under the name of a document: EARSHOT_ABSENT, EARSHOT_OK where it is this one,
 * EARSHOT_REFUSED where it is another one, EARSHOT_BUSY where it cannot be read, or not so soon after another.
 */
earshot_result es_stored(earshot *board, const char *file, uint64_t size, const uint8_t hash[ES_HASH]);

/** Shows a chat to the application; EARSHOT_OK. */
earshot_result es_received_chat(earshot *board, es_session *session, const es_frame *frame);

/**
 * Takes a document that is in one frame. EARSHOT_OK: it is durable. Else a code to refuse it with, and for
 * EARSHOT_NOT_JSON the offset of the first wrong byte.
 */
earshot_result es_received_document(earshot *board, es_session *session, const es_frame *frame,
                                    uint32_t *detail);

/** Offers a document that storage has to the application; EARSHOT_OK keeps it, anything else removes it. */
earshot_result es_offer(earshot *board, const earshot_received *document);

#endif
