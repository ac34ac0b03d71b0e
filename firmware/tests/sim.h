/**
 * A simulated network of boards in this process: a clock that jumps, datagrams, byte streams that arrive in pieces,
 * storage that outlives a board. Deterministic for each seed. One world at a time.
 */
#ifndef SIM_H
#define SIM_H

#include "check.h"
#include "earshot_state.h"

#define SIM_NODES 24
/** Last byte of an address that accepts a connection and breaks it at once. */
#define SIM_REFUSES 200
#define SIM_CONNECTIONS 128
#define SIM_PIPE 16384
#define SIM_DATAGRAMS 512
#define SIM_FILES 256
#define SIM_FILE_MAX 220000
#define SIM_EVENTS 1024

/** How often a test repeats what chance decides: a third on 32 bits, where the same code runs once more. */
#define SIM_SHARE(times) (sizeof(void *) == 4 ? ((times) + 2) / 3 : (times))

/** An event of a board's application. */
typedef struct sim_event {
  /** c: chat, d: document, s: delivered, r: refused or expired, q: question, a: its answer, +: up, -: gone */
  char what;
  char from[EARSHOT_ID + 1]; /**< or the recipient */
  char text[120];            /**< of the chat, name of the document, result; of an answer both */
  char file[64];             /**< of a document */
  uint64_t size;
} sim_event;

typedef struct sim_file {
  char name[64]; /**< empty: a free entry. Values begin with `=`, unfinished files with `~` */
  size_t length;
  uint8_t *bytes;
} sim_file;

typedef struct sim_node {
  bool running;
  bool off;    /**< its link is cut */
  bool stands; /**< its application does not come back from a handler: it is not polled */
  char name[16];
  struct earshot board;
  earshot_port port;
  earshot_storage storage;
  bool forgets; /**< has no storage; set before it is started */
  sim_file files[SIM_FILES];
  uint64_t quota;        /**< bytes in all files; 0: no limit */
  unsigned fails;        /**< number of following puts that fail */
  uint32_t slow;         /**< milliseconds that each put takes, while the board stands still */
  unsigned puts;         /**< values written */
  uint64_t entries;      /**< of NVS that they would have taken: 32 bytes each, and two more for a value */
  unsigned dials;        /**< connections to others that it began */
  earshot_result answer; /**< of its application to documents */
  unsigned answers;      /**< times that it answers so; then EARSHOT_OK */
  bool thinks;           /**< it does not answer questions at once */
  uint32_t ticket;       /**< of the last question */
  sim_event events[SIM_EVENTS];
  unsigned event_count;
} sim_node;

extern sim_node *sim;             /**< of SIM_NODES */
extern earshot_ms sim_now;        /**< the clock */
extern unsigned sim_loss;         /**< datagrams lost, percent */
extern const char *sim_join_code; /**< of the boards started from now on; NULL: none */
extern uint64_t sim_bytes;        /**< through connections */
extern uint64_t sim_datagrams;    /**< sent by boards */
extern size_t sim_rate;   /**< bytes that all connections together accept in a millisecond; 0: no limit */
extern uint64_t sim_wall; /**< milliseconds since 1970 at clock 0; 0: not known to boards */

/** Begins a new world, and ends the one before. */
void sim_begin(unsigned seed);
void sim_end(void);
/** Starts a board, or restarts it with its storage. */
void sim_start(unsigned node, const char *name);
/** Cuts its power. Its memory is lost, and its connections break. */
void sim_kill(unsigned node);
/** Breaks every connection of a board. */
void sim_cut(unsigned node);
/** Lets time pass, polling the boards. */
void sim_run(uint32_t ms);
/** Lets time pass until the condition holds; fails after `ms`. */
#define SIM_UNTIL(condition, ms) \
  do { \
    earshot_ms until_ = sim_now + (ms); \
    while (!(condition) && sim_now < until_) sim_run(10); \
    if (!(condition)) check_failed(__FILE__, __LINE__, "%s within %u ms", #condition, (unsigned)(ms)); \
  } while (0)

/** Number of events of this kind with this text of a board; NULL: any text. */
unsigned sim_count(unsigned node, char what, const char *text);
/** Event number `index` of this kind; NULL if there are fewer. */
const sim_event *sim_told(unsigned node, char what, unsigned index);
unsigned sim_sessions(unsigned node);
sim_file *sim_file_of(unsigned node, const char *name);
/** Replaces the storage of a board by a copy of another one's. */
void sim_copy_storage(unsigned from, unsigned to);
/** Gives a board a finished file. */
void sim_put_file(unsigned node, const char *name, const void *bytes, size_t length);
uint32_t sim_random(uint32_t below);

/* For peers that are not boards: one end of a connection. */
int sim_dial(unsigned node);
/** Accepts a connection in place of a board; returns its end. */
int sim_accept(int handle);
/** True if bytes or the end of the connection can be read. */
bool sim_has(int handle);
/** Reads bytes; 0 if none has come, -1 at the end. */
int sim_read(int handle, uint8_t *bytes, size_t capacity);
void sim_write(int handle, const void *bytes, size_t length);
void sim_hang_up(int handle);
/** Sends a datagram to a board, as if from 10.9.9.9. */
void sim_datagram(unsigned node, const void *bytes, size_t length, bool own);

/** Begins a world with two boards, `a` and `b`, that know each other. */
void sim_pair(unsigned seed);
/** Makes a board send a chat to a peer, or to every peer if `to` is NULL. */
void sim_say(unsigned node, const char *to, const char *text);
/** Makes a board ask a peer a question. */
void sim_ask(unsigned node, const char *to, const char *json);
/** Makes a board send a JSON file of so many bytes, at most 20 000; in a stream, unless that is NULL. */
void sim_send_file(unsigned node, const char *to, const char *name, const char *stream, size_t length);
/** Makes a board send a document `x.json`; in a stream, unless that is NULL. */
earshot_result sim_send_json(unsigned node, const char *to, const char *stream, const char *json);

#endif
