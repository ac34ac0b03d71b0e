/**
 * Earshot on a board: be found, chat, send readings, take documents. Everything an application needs is in
 * here.
 *
 *   static struct earshot board;                      // #include "earshot_state.h" for its size
 *
 *   earshot_settings settings = {.name = "kitchen", .kind = "esp32c3", .app = "kitchen/1.0"};
 *   earshot_init(&board, &port, &settings);
 *   earshot_on_chat(&board, obey, NULL);
 *   for (;;) {
 *     wait_for(earshot_poll(&board));                 // until something comes in, or so many milliseconds
 *     if (time for a reading) {
 *       earshot_document reading = {.name = "t.json", .stream = "t", .body = "21.5", .length = 4};
 *       earshot_send(&board, "lab-pc", &reading);
 *     }
 *   }
 *
 * `port` and the wait are the machine's: port/posix/posix_port.h, port/lwip/lw_port.h and port/esp-idf/esp_idf_port.h
 * have them, and what time it is.
 *
 * All of it is called from one task. Handlers may call anything but earshot_init, earshot_poll and
 * earshot_close. What they are handed is theirs until they return.
 */
#ifndef EARSHOT_H
#define EARSHOT_H

#include "earshot_config.h"
#include "earshot_result.h"
#include "port.h"

typedef struct earshot earshot;

/** Characters of ids, without the NUL behind them. */
#define EARSHOT_ID 24
#define EARSHOT_MESSAGE_ID 26

/** Who this board is. The texts are copied. */
typedef struct earshot_settings {
  const char *name;      /**< a label (PROTOCOL.md 2.4) */
  const char *kind;      /**< platform: 1 to 16 of a-z, 0-9 and hyphen */
  const char *app;       /**< program and version: 1 to 64 printable ASCII characters */
  const char *group;     /**< an open group; NULL: `earshot` */
  const char *join_code; /**< of a closed group, instead; NULL: none */
} earshot_settings;

/**
 * Starts a board: reads its identity from storage or makes one, and begins to announce itself.
 *
 * EARSHOT_ARGUMENT for a setting that cannot be used; EARSHOT_SHAPE, NAME, CHECK for a join code; EARSHOT_IO;
 * EARSHOT_CRYPTO, also where the port gives no random numbers. `port` must outlive the board.
 */
earshot_result earshot_init(earshot *board, const earshot_port *port, const earshot_settings *settings);

/**
 * Does everything that can be done now, without waiting. Call it when something has come in, when a
 * connection takes more, and after the milliseconds that it gives.
 */
uint32_t earshot_poll(earshot *board);

/**
 * Begins to leave: says so to everybody. Poll on for a second, or until true: then nothing is left to be
 * said.
 */
bool earshot_close(earshot *board);

/** The network came, or went and came again: asks anew who is there, and dials anew where something stood still. */
void earshot_network_changed(earshot *board);

/** Id of this board, as others see it. */
const char *earshot_id(const earshot *board);

/*
 * Sending. `to` is the name of a peer that was heard (earshot_on_peer tells when), its id, or the first 6 or more
 * characters of that; NULL: everybody who is up. What fits two peers means nobody.
 */

/**
 * Says a line of UTF-8. Kept in memory until it is acknowledged; what is said to everybody for 30 s.
 *
 * EARSHOT_NO_PEER where nobody is meant, EARSHOT_FULL where the outbox has no room for it, EARSHOT_ARGUMENT
 * where it is no text, EARSHOT_CRYPTO where the port gives no random numbers: then nothing goes out any more
 * until the board is started anew. One that fits no record of the recipient ends with EARSHOT_TOO_LONG.
 */
earshot_result earshot_say(earshot *board, const char *to, const char *text);

typedef struct earshot_document {
  const char *name; /**< file name at the recipient: 1 to 128 bytes */
  /** Appended to this stream of the recipient's, 1 to 128 bytes; NULL: a document of its own. */
  const char *stream;
  const void *body; /**< JSON; copied, so it has to fit the outbox */
  size_t length;
  /** Instead of `body`, a file in storage that stays until the document has ended; NULL: none. */
  const char *file;
} earshot_document;

/**
 * Sends a document. It waits in memory, and in storage where there is one, until it is acknowledged: for 7
 * days.
 *
 * Errors as earshot_say, and EARSHOT_NOT_JSON, EARSHOT_ABSENT for the file, EARSHOT_TOO_LONG for one of 4 GiB
 * and more, EARSHOT_IO.
 */
earshot_result earshot_send(earshot *board, const char *to, const earshot_document *document);

/**
 * Id of the message that earshot_say or earshot_send took last, as earshot_on_sent will tell it; each recipient has one
 * of its own, and this is that of the last. Stays until the next message.
 */
const char *earshot_last_id(const earshot *board);

/* Receiving. */

typedef struct earshot_peer {
  const char *id;
  const char *name;
} earshot_peer;

typedef struct earshot_chat {
  earshot_peer from;
  bool to_all;      /**< said to everybody, or to this board only */
  const char *text; /**< UTF-8 with a NUL behind it; may hold control characters */
  size_t length;
} earshot_chat;

/** Called once for each line, before it is acknowledged; twice where the power or storage fails in between. */
typedef void (*earshot_chat_handler)(void *context, const earshot_chat *chat);
void earshot_on_chat(earshot *board, earshot_chat_handler handler, void *context);

typedef struct earshot_received {
  earshot_peer from;
  const char *id;      /**< of the message */
  const char *name;    /**< as the sender has it: not to be used as a file name before it is cleaned */
  const char *stream;  /**< NULL where it is of none */
  const uint8_t *body; /**< the whole document, with a NUL behind it; NULL where it came in parts */
  uint64_t size;
  const char *file; /**< where storage has it; NULL where there is no storage */
} earshot_received;

/**
 * Called once for each document when it is whole and in storage, before it is acknowledged; twice where the
 * power or storage fails in between. EARSHOT_OK takes it; EARSHOT_BUSY and EARSHOT_QUOTA ask the sender to try again
 * later; EARSHOT_REFUSED is final. What is not taken does not stay in storage. Without a handler, documents
 * stay in storage, or are refused where there is none.
 */
typedef earshot_result (*earshot_document_handler)(void *context, const earshot_received *document);
void earshot_on_document(earshot *board, earshot_document_handler handler, void *context);

/**
 * Called when a message has ended: EARSHOT_OK acknowledged, EARSHOT_EXPIRED, or refused with a code of the
 * recipient's (EARSHOT_NOT_JSON, TOO_LONG for `too-large`, CORRUPT, REFUSED for any other) and its reason.
 */
typedef void (*earshot_sent_handler)(void *context, const char *id, earshot_peer to, earshot_result result,
                                     const char *why);
void earshot_on_sent(earshot *board, earshot_sent_handler handler, void *context);

/** Called when a peer comes or goes. */
typedef void (*earshot_peer_handler)(void *context, earshot_peer peer, bool up);
void earshot_on_peer(earshot *board, earshot_peer_handler handler, void *context);

/** How things are. */
typedef struct earshot_numbers {
  uint32_t peers;    /**< up */
  uint32_t sessions; /**< open */
  uint32_t waiting;  /**< messages in the outbox */
  uint32_t waiting_bytes;
  uint32_t chats_received;
  uint32_t documents_received;
  uint32_t delivered; /**< acknowledged by their recipients */
  uint32_t refused;   /**< messages that a recipient did not take for good */
  uint32_t datagrams_ignored;
  uint32_t handshakes_failed;
  uint32_t sessions_opened;
} earshot_numbers;

void earshot_stats(const earshot *board, earshot_numbers *numbers);

#endif
