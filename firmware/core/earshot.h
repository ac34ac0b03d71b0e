/**
 * Earshot on a board: discovery, chat, readings, documents. This is all that an application calls of the core.
 *
 *   static struct earshot board;                      // #include "earshot_state.h" for its size
 *
 *   earshot_settings settings = {.name = "kitchen", .kind = "esp32c3", .app = "kitchen/1.0"};
 *   earshot_init(&board, sizeof board, &port, &settings);
 *   earshot_on_chat(&board, obey, NULL);
 *   for (;;) {
 *     wait_for(earshot_poll(&board));                 // until something comes in, or so many milliseconds
 *     if (time for a reading) {
 *       earshot_document reading = {.name = "t.json", .stream = "t", .body = "21.5", .length = 4};
 *       earshot_send(&board, "lab-pc", &reading);
 *     }
 *   }
 *
 * The port of the machine provides `port` and the wait: port/posix/posix_port.h, port/lwip/lw_port.h and
 * port/esp-idf/esp_idf_port.h.
 *
 * Call all of it from one task. A handler may call anything but earshot_init, earshot_poll, earshot_close and
 * earshot_network_changed, which then do nothing but log it. The pointers that it is given are valid until it returns.
 *
 * While a handler runs, the board hears and answers nothing. Up to 2 s nobody notices. After 3 s, peers that just then
 * look for the board count it as gone, and see it again when the handler has returned; sessions end after 30 s. No
 * message is lost or comes twice: what was sent meanwhile comes later. The watchdog of a chip restarts it after 30 s, as
 * esp-idf/sdkconfig.defaults has it. Do longer work after the handler, in steps between two polls.
 *
 * Functions that return earshot_result return EARSHOT_CLOSED before earshot_init and from earshot_close on, and
 * EARSHOT_ARGUMENT for a NULL that they do not allow; others have no effect then.
 */
#ifndef EARSHOT_H
#define EARSHOT_H

#include "earshot_config.h"
#include "earshot_result.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct earshot earshot;

/** Characters of a peer id and of a message id, without the NUL. */
#define EARSHOT_ID 24
#define EARSHOT_MESSAGE_ID 26

/** Name, platform, program and group of a board. The texts are copied. */
typedef struct earshot_settings {
  const char *name;      /**< a label (PROTOCOL.md 2.4) */
  const char *kind;      /**< platform: 1 to 16 of a-z, 0-9 and hyphen */
  const char *app;       /**< program and version: 1 to 64 printable ASCII characters */
  const char *group;     /**< an open group; NULL: `earshot` */
  const char *join_code; /**< of a closed group, instead; NULL: none */
} earshot_settings;

/**
 * Starts a board: reads its identity from storage or makes one, and begins to announce itself. `size` is `sizeof board`:
 * it differs if the application was compiled with other sizes (earshot_config.h) than the core.
 *
 * EARSHOT_ARGUMENT for such a size, or a setting that cannot be used, which the log names; EARSHOT_SHAPE, NAME, CHECK
 * for a join code; EARSHOT_IO; EARSHOT_CRYPTO, also if the port gives no random numbers; EARSHOT_BUSY from a handler.
 * `port` must outlive the board.
 */
earshot_result earshot_init(earshot *board, size_t size, const earshot_port *port,
                            const earshot_settings *settings);

/**
 * Does everything that can be done now, without waiting. Call it when a socket is readable, when a connection with
 * unsent bytes is writable, and after the milliseconds that it returns (at most 1000): 0 if there is more to do, or if
 * the outbox has room again. So this sends as fast as the peer takes it:
 *
 *   for (;;) {
 *     while (more && earshot_send(&board, to, &next) == EARSHOT_OK) more = take_next(&next);
 *     wait_for(earshot_poll(&board));                 // EARSHOT_FULL: once more after this
 *   }
 */
uint32_t earshot_poll(earshot *board);

/**
 * Leaves the group: sends `bye` and closes all sessions. Call it and earshot_poll in turn until it returns true (all is
 * sent and the keys are destroyed), for a second at most.
 */
bool earshot_close(earshot *board);

/** Call it when the network is up again or has changed: asks the group anew, and ends sessions that have stalled. */
void earshot_network_changed(earshot *board);

/** Most characters of what earshot_add_peer takes. */
#define EARSHOT_HOST_MAX 55

#if EARSHOT_HEARSAY
/**
 * Names a peer that announcements do not reach, such as one behind a router: an IP address, and a port unless that is
 * 3333 (`10.0.0.7`, `10.0.0.7:3334`, `fd00::7`, `[fd00::7]:3334`). The board keeps it over restarts, dials it until it is
 * removed, after pauses that grow from half a second to a minute, and finds further peers that it tells of.
 *
 * EARSHOT_ARGUMENT for anything else; EARSHOT_FULL if EARSHOT_NAMED are named; EARSHOT_IO.
 */
earshot_result earshot_add_peer(earshot *board, const char *host);
/** Dials this one no more; EARSHOT_ABSENT if it was not named so; EARSHOT_IO. */
earshot_result earshot_remove_peer(earshot *board, const char *host);
/** Number `index` of those that are named, from 0; NULL if there are fewer. */
const char *earshot_added_peer(const earshot *board, unsigned index);
#endif

/** Id of this board, as peers see it. */
const char *earshot_id(const earshot *board);

/** Milliseconds on a clock that never goes back. */
earshot_ms earshot_now(const earshot *board);
/** Milliseconds since 1970; 0 if the board does not know the time. */
uint64_t earshot_wall(const earshot *board);

/*
 * Sending. `to` is the name of a peer that was heard (see earshot_on_peer), the first 6 or more characters of its id,
 * or any full id; NULL: every peer that is up. EARSHOT_NO_PEER if it is ambiguous.
 *
 * EARSHOT_FULL means not now: the outbox has no room until a message has ended, and then earshot_poll returns 0.
 * EARSHOT_TOO_LONG means never: not even an empty outbox has room, or no record of this board.
 */

/**
 * Sends a chat message, UTF-8 of at most 16 384 bytes. It waits in memory until it is acknowledged: for 7 days, or for
 * 30 s if it is to every peer.
 *
 * EARSHOT_NO_PEER if `to` matches no peer; EARSHOT_FULL, EARSHOT_TOO_LONG; EARSHOT_ARGUMENT if it is not UTF-8;
 * EARSHOT_CRYPTO if the port gives no random numbers: then the board sends nothing until it is restarted. A text that
 * does not fit a record of the recipient ends with EARSHOT_TOO_LONG (see earshot_on_sent).
 */
earshot_result earshot_say(earshot *board, const char *to, const char *text);

typedef struct earshot_document {
  const char *name; /**< file name at the recipient: 1 to 128 bytes */
  /** Stream of the recipient that it is appended to, 1 to 128 bytes; NULL: a document of its own. */
  const char *stream;
  const void *body; /**< JSON; copied into the outbox */
  size_t length;
  /** Instead of `body`, a file in storage, which must stay until the document has ended; NULL: none. */
  const char *file;
  /** Its time to live: it expires unless it is acknowledged within so many seconds; 0: 7 days, the most. */
  uint32_t within_s;
  /** Not worth flash: it waits in memory only, and a restart loses it. */
  bool passing;
  /**
   * If the outbox is full, drops the oldest waiting documents that were sent with this, and takes their place: of
   * readings the newest count. earshot_on_sent tells of each with EARSHOT_FULL. It goes into storage only once it has
   * waited for 10 s, or in earshot_close: what is delivered at once costs no flash, and a power cut loses at most what
   * those 10 s had.
   */
  bool newest;
} earshot_document;

/**
 * Sends a document. It waits in memory, and in storage if there is one, until it is acknowledged. A restart begins its
 * time to live anew.
 *
 * Errors as earshot_say; EARSHOT_NOT_JSON; EARSHOT_ABSENT if there is no such file; EARSHOT_TOO_LONG also from 4 GiB;
 * EARSHOT_IO.
 */
earshot_result earshot_send(earshot *board, const char *to, const earshot_document *document);

/**
 * Id of the message that earshot_say or earshot_send accepted last, for earshot_on_sent. Each recipient gets a message
 * with an id of its own; this is that of the last recipient. Valid until the next message.
 */
const char *earshot_last_id(const earshot *board);

/**
 * Ends a message or a question that waits; no handler is told. If it was sent already, it may arrive all the same.
 * EARSHOT_ABSENT if none of this id waits.
 */
earshot_result earshot_cancel(earshot *board, const char *id);

/* Receiving. */

typedef struct earshot_peer {
  const char *id;
  const char *name;
} earshot_peer;

typedef struct earshot_chat {
  earshot_peer from;
  bool to_all;      /**< sent to every peer, not to this board only */
  const char *text; /**< UTF-8 and a NUL; may contain control characters */
  size_t length;
} earshot_chat;

/** Called once for each chat message, before it is acknowledged; again if power or storage fails in between. */
typedef void (*earshot_chat_handler)(void *context, const earshot_chat *chat);
void earshot_on_chat(earshot *board, earshot_chat_handler handler, void *context);

typedef struct earshot_received {
  earshot_peer from;
  const char *id;      /**< of the message */
  const char *name;    /**< as the sender gave it: sanitise it before using it as a file name */
  const char *stream;  /**< NULL: it belongs to none */
  const uint8_t *body; /**< the whole document and a NUL; NULL if it came in parts */
  uint64_t size;
  const char *file; /**< its name in storage; NULL if there is no storage */
} earshot_received;

/**
 * Called once for each document when it is complete and in storage, before it is acknowledged; again if power or
 * storage fails in between. EARSHOT_OK accepts it; EARSHOT_BUSY and EARSHOT_QUOTA ask the sender to try again later;
 * EARSHOT_REFUSED is final. A rejected document is deleted from storage. Without a handler, documents are accepted if
 * there is storage, and refused if there is none.
 */
typedef earshot_result (*earshot_document_handler)(void *context, const earshot_received *document);
void earshot_on_document(earshot *board, earshot_document_handler handler, void *context);

/**
 * For the handler of documents: gives a reason, which the sender's user reads, and returns `result`, for the handler to
 * return: `return earshot_refuse(&board, EARSHOT_REFUSED, "no setting \"speed\" here");`. It is copied: UTF-8, a sentence.
 * If it takes EARSHOT_WHY bytes or more, or others wait to be sent and leave less, the usual words for the result take
 * its place.
 */
earshot_result earshot_refuse(earshot *board, earshot_result result, const char *why);

/**
 * Removes a received document, or another file, from storage; also while its handler runs, if that then returns
 * EARSHOT_OK. EARSHOT_ARGUMENT for the name of no file; EARSHOT_BUSY if a document that waits is read from it;
 * EARSHOT_ABSENT if there is no storage.
 */
earshot_result earshot_remove(earshot *board, const char *file);

/**
 * Called when a message, but no question or answer, has ended: EARSHOT_OK if it was acknowledged, EARSHOT_EXPIRED,
 * EARSHOT_FULL if it was dropped (see earshot_document), or the recipient's refusal (EARSHOT_NOT_JSON, TOO_LONG for
 * `too-large`, CORRUPT, REFUSED for any other code) with its reason in `why`.
 */
typedef void (*earshot_sent_handler)(void *context, const char *id, earshot_peer to, earshot_result result,
                                     const char *why);
void earshot_on_sent(earshot *board, earshot_sent_handler handler, void *context);

#if EARSHOT_ASK
/*
 * Asking and answering: PROTOCOL.md 3.16. Questions and answers are documents, exactly once over broken links and
 * restarts of either side. Both must fit a record: what comes in parts is refused.
 */

typedef struct earshot_reply {
  earshot_peer from;
  const char *question; /**< its id: what earshot_last_id said after earshot_ask */
  /**
   * EARSHOT_OK; EARSHOT_FAILED and EARSHOT_NO_ANSWER if the peer said so; EARSHOT_CANNOT if it does not understand
   * questions; EARSHOT_EXPIRED; otherwise the result as for earshot_on_sent.
   */
  earshot_result result;
  const char
      *json; /**< the answer and a NUL; for FAILED and NO_ANSWER a JSON string that says why; else empty */
  size_t length;
  const char *why; /**< the reason of a refusal; else empty */
} earshot_reply;

/**
 * Asks a question: JSON that ends with NUL. It takes its place in the outbox, and in storage if there is one, until it
 * has ended; earshot_on_answer tells how. It ends after `within_s` seconds without an answer; 0: after 7 days, the most.
 * A restart begins them anew.
 *
 * Errors as earshot_say; EARSHOT_NOT_JSON; EARSHOT_IO; EARSHOT_CANNOT if the peer does not understand questions and has
 * a session: otherwise the handler is told that, as soon as there is one.
 */
earshot_result earshot_ask(earshot *board, const char *to, const char *json, uint32_t within_s);

/** Called once for each question when it has ended; again if power or storage fails in between. */
typedef void (*earshot_answer_handler)(void *context, const earshot_reply *reply);
void earshot_on_answer(earshot *board, earshot_answer_handler handler, void *context);

typedef struct earshot_question {
  earshot_peer from;
  uint32_t ticket;  /**< for earshot_answer, until the board restarts */
  const char *id;   /**< of the message */
  const char *name; /**< as the sender gave it */
  const char *json; /**< the question and a NUL */
  size_t length;
} earshot_question;

/**
 * Called for each question. Answer it in the handler or later: the sender keeps it until then, and offers it again if
 * the link breaks. After a restart the handler is called again for what was not answered. Without a handler, questions
 * are answered with `no-answer`.
 */
typedef void (*earshot_ask_handler)(void *context, const earshot_question *question);
void earshot_on_ask(earshot *board, earshot_ask_handler handler, void *context);

/**
 * Answers a question, once. `result` is EARSHOT_OK, and `text` the answer in JSON; or EARSHOT_FAILED, and it is a sentence
 * that says why. The answer is durable when this returns, and waits in the outbox like a document. The answers to the
 * last EARSHOT_ANSWERS questions stay in storage, and are sent again if the question comes again.
 *
 * EARSHOT_ABSENT if no question with this ticket waits: it was answered, or its link broke and newer ones took its
 * place. EARSHOT_FULL if the outbox has no room, EARSHOT_IO: answer later, or leave the handler, and the sender is asked
 * to try again. EARSHOT_NOT_JSON, EARSHOT_ARGUMENT: the question still waits. EARSHOT_TOO_LONG: it was answered with
 * EARSHOT_FAILED instead. EARSHOT_CRYPTO as earshot_say.
 */
earshot_result earshot_answer(earshot *board, uint32_t ticket, earshot_result result, const char *text);
#endif

/** Called when a peer comes up or is gone. */
typedef void (*earshot_peer_handler)(void *context, earshot_peer peer, bool up);
void earshot_on_peer(earshot *board, earshot_peer_handler handler, void *context);

/** True if a peer is up; `peer` is its name or id, as for sending. */
bool earshot_is_up(earshot *board, const char *peer);
/**
 * Steps through the peers that were heard, those that are gone among them: `place` is 0 at first. False after the last.
 * The texts are valid until the next poll.
 *
 *   for (unsigned place = 0; earshot_next_peer(&board, &place, &peer, &up);) printf("%s\n", peer.name);
 */
bool earshot_next_peer(earshot *board, unsigned *place, earshot_peer *peer, bool *up);

/*
 * Settings and state of the application, which survive a restart: values by key. A key has 1 to EARSHOT_KEY characters
 * of a to z, 0 to 9 and hyphen, a value 1 to EARSHOT_VALUE bytes. They wear out flash if they change often.
 */
#define EARSHOT_KEY 11
#define EARSHOT_VALUE 256

/**
 * Stores a value, whole or not at all; length 0 removes it. Does not write what is there already. EARSHOT_ARGUMENT for a
 * key; EARSHOT_TOO_LONG; EARSHOT_IO, also if there is no storage; EARSHOT_CRYPTO as earshot_say.
 */
earshot_result earshot_put(earshot *board, const char *key, const void *value, size_t length);
/**
 * Reads a value of up to `capacity` bytes, or of that many if `length` is NULL, as for a struct. EARSHOT_ABSENT if there is
 * none; EARSHOT_TOO_LONG, EARSHOT_TOO_SHORT if it has another length; EARSHOT_IO. `value` does not change then.
 */
earshot_result earshot_get(earshot *board, const char *key, void *value, size_t capacity, size_t *length);

/*
 * Reading a JSON object: the chat, question or document that ends with NUL, as handlers get it. Each reads the first
 * member of this name; other members may be anything. False, and nothing changes, if `json` is no object (or NULL), if it
 * has no such member, or if that is something else.
 */

/** Reads a number from `least` to `most`. */
bool earshot_json_number(const void *json, const char *name, double least, double most, double *value);
/** Reads a text, which fits with its NUL. */
bool earshot_json_text(const void *json, const char *name, char *text, size_t capacity);
/** Reads `true` or `false`. */
bool earshot_json_flag(const void *json, const char *name, bool *value);

/** Counters and gauges of a board. */
typedef struct earshot_numbers {
  uint32_t peers;    /**< up */
  uint32_t sessions; /**< open */
  uint32_t waiting;  /**< messages in the outbox, questions that are not answered among them */
  uint32_t waiting_bytes;
  uint32_t chats_received;
  uint32_t documents_received;
  uint32_t delivered; /**< acknowledged by their recipients */
  uint32_t refused;   /**< messages that a recipient refused for good */
  uint32_t dropped;   /**< for newer ones: see earshot_document */
  uint32_t datagrams_ignored;
  uint32_t handshakes_failed;
  uint32_t sessions_opened;
  uint32_t
      twins; /**< 1: another board was heard that has our identity, such as one with a copy of our flash */
} earshot_numbers;

void earshot_stats(const earshot *board, earshot_numbers *numbers);

#ifdef __cplusplus
}
#endif

#endif
