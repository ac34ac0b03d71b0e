/**
 * A network of boards in this process: a clock that jumps, datagrams, byte streams that arrive in pieces,
 * storage that outlives a board. Everything follows from the seed. One world at a time.
 */
#ifndef SIM_H
#define SIM_H

#include "check.h"
#include "earshot_state.h"

#define SIM_NODES 24
/** Last byte of an address that takes a connection and breaks it at once. */
#define SIM_REFUSES 200
#define SIM_CONNECTIONS 128
#define SIM_PIPE 16384
#define SIM_DATAGRAMS 512
#define SIM_FILES 256
#define SIM_FILE_MAX 220000
#define SIM_EVENTS 1024

/** What a board's application was told. */
typedef struct sim_event {
  char what;                 /**< c: chat, d: document, s: delivered, r: refused or expired, +: up, -: gone */
  char from[EARSHOT_ID + 1]; /**< or to whom */
  char text[100];            /**< of the chat, name of the document, result */
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
  bool off; /**< its link is cut */
  char name[16];
  struct earshot board;
  earshot_port port;
  earshot_storage storage;
  bool forgets; /**< has no storage; set before it is started */
  sim_file files[SIM_FILES];
  uint64_t quota;        /**< bytes in all files; 0: no limit */
  unsigned fails;        /**< so many puts from now on fail */
  unsigned puts;         /**< values written */
  earshot_result answer; /**< of its application to documents */
  unsigned answers;      /**< so many times; then EARSHOT_OK */
  sim_event events[SIM_EVENTS];
  unsigned event_count;
} sim_node;

extern sim_node *sim;             /**< of SIM_NODES */
extern earshot_ms sim_now;        /**< the clock of all */
extern unsigned sim_loss;         /**< of 100 datagrams so many are lost */
extern const char *sim_join_code; /**< of the boards started from now on; NULL: none */
extern uint64_t sim_bytes;        /**< that went through connections */
extern uint64_t sim_datagrams;    /**< that boards sent */
extern size_t sim_rate;   /**< bytes that all connections together take in a millisecond; 0: no limit */
extern uint64_t sim_wall; /**< milliseconds since 1970 when the clock was 0; 0: boards do not know */

/** Begins a world; what was in the one before is gone. */
void sim_begin(unsigned seed);
void sim_end(void);
/** Starts a board, or starts it again with the storage it had. */
void sim_start(unsigned node, const char *name);
/** Takes its power. What it held in memory is gone, and its connections break. */
void sim_kill(unsigned node);
/** Breaks every connection of a board. */
void sim_cut(unsigned node);
/** Lets so much time pass; everybody does what it has to. */
void sim_run(uint32_t ms);
/** Lets time pass until the condition holds; fails after `ms`. */
#define SIM_UNTIL(condition, ms) \
  do { \
    earshot_ms until_ = sim_now + (ms); \
    while (!(condition) && sim_now < until_) sim_run(10); \
    if (!(condition)) check_failed(__FILE__, __LINE__, "%s within %u ms", #condition, (unsigned)(ms)); \
  } while (0)

/** How many events of this kind with this text a board was told; NULL: any text. */
unsigned sim_count(unsigned node, char what, const char *text);
/** The event of this kind number `index`, NULL where there are fewer. */
const sim_event *sim_told(unsigned node, char what, unsigned index);
unsigned sim_sessions(unsigned node);
sim_file *sim_file_of(unsigned node, const char *name);
/** Gives a board all that another one has in storage, in place of its own. */
void sim_copy_storage(unsigned from, unsigned to);
/** Gives a board a finished file. */
void sim_put_file(unsigned node, const char *name, const void *bytes, size_t length);
uint32_t sim_random(uint32_t below);

/* For peers that are no boards: one end of a connection. */
int sim_dial(unsigned node);
/** Takes a connection in the board's place; gives its end. */
int sim_accept(int handle);
/** Whether something has come, be it the end. */
bool sim_has(int handle);
/** Reads what has come; 0 where nothing has, -1 where nothing will. */
int sim_read(int handle, uint8_t *bytes, size_t capacity);
void sim_write(int handle, const void *bytes, size_t length);
void sim_hang_up(int handle);
/** A datagram to a board, as if from 10.9.9.9. */
void sim_datagram(unsigned node, const void *bytes, size_t length, bool own);

/** A new world with two boards, `a` and `b`, that know each other. */
void sim_pair(unsigned seed);
/** Has a board say something to a peer, or to all where `to` is NULL. */
void sim_say(unsigned node, const char *to, const char *text);
/** Gives a board a file of JSON of so many bytes, at most 20000, and has it send that; of a stream, unless that is NULL. */
void sim_send_file(unsigned node, const char *to, const char *name, const char *stream, size_t length);
/** Sends a document `x.json`; of a stream, unless that is NULL. */
earshot_result sim_send_json(unsigned node, const char *to, const char *stream, const char *json);

#endif
