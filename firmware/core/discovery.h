/** Finding peers, being found, and noticing who went: PROTOCOL.md 3.1 to 3.7. */
#ifndef EARSHOT_DISCOVERY_H
#define EARSHOT_DISCOVERY_H

#include "handshake_payload.h"
#include "roster.h"

/** Times that a group is asked at a start. */
#define ES_GROUP_ASKS 4
/** Unicast answers that wait at a time. */
#define ES_ANSWERS 4
/** Questions remembered, to tell a copy from a repetition; and answers, to keep to the limits. */
#define ES_ASK_LOG 8
#define ES_ANSWER_LOG 16

/** A unicast answer that waits for its time. */
typedef struct es_answer {
  earshot_ms due; /**< 0: none */
  earshot_address to;
  char nonce[ES_NONCE_CHARACTERS + 1]; /**< empty: nothing to echo */
} es_answer;

/** The last question of a peer that came one way. */
typedef struct es_asked {
  char id[ES_ID_CHARACTERS + 1];
  char nonce[ES_NONCE_CHARACTERS + 1];
  bool own;
  earshot_ms at;
} es_asked;

typedef struct es_discovery {
  uint32_t seq; /**< of our announcements */

  uint8_t asks; /**< of the start, that went out */
  earshot_ms started;
  earshot_ms next_ask;
  uint32_t heard_since; /**< peers heard since the first */

  earshot_ms next_hello;
  uint32_t planned; /**< period that it was planned with, milliseconds */

  earshot_ms grace_until; /**< nobody is gone before this */
  earshot_ms bye_again;   /**< 0: none waits */

  bool multicast; /**< an answer to all waits */
  uint8_t next_asked;
  uint8_t next_answered;
  earshot_ms multicast_due;
  earshot_ms multicast_last;
  char multicast_nonce[ES_NONCE_CHARACTERS + 1]; /**< empty: nothing to echo */
  uint8_t nonces[ES_GROUP_ASKS][ES_NONCE_BYTES];
  es_answer answers[ES_ANSWERS];
  es_asked asked[ES_ASK_LOG];
  struct {
    earshot_address to;
    earshot_ms at;
  } answered[ES_ANSWER_LOG];
} es_discovery;

/* discovery.c */
void es_discovery_poll(earshot *board);
/** Asks anew who is there, and takes nobody for gone for a while. */
void es_discovery_renew(earshot *board);
/** A session proved who a peer is; `dialled`: the address that led to it, or NULL. */
void es_discovery_session(earshot *board, const char *id, const es_payload *payload,
                          const earshot_address *dialled);

/* announcer.c: what we say. */
void es_announcer_start(earshot *board);
void es_announcer_poll(earshot *board);
/** Says `bye`, and again 100 ms later. */
void es_announcer_bye(earshot *board);
/** Sends a `hello`; to NULL by multicast. `echo`: a nonce; empty: none. */
void es_announcer_hello(earshot *board, const earshot_address *to, const char *echo);
/** Asks one peer by unicast whether it is there. */
void es_announcer_ask(earshot *board, const earshot_address *to, const char *want,
                      const uint8_t nonce[ES_NONCE_BYTES]);
/** Whether this is the nonce of a question to all that still counts. */
bool es_announcer_asked(const earshot *board, const char *nonce);
/** Whether a nonce, as an announcement has it, is one of these. */
bool es_nonce_is_among(const char *nonce, const uint8_t nonces[][ES_NONCE_BYTES], unsigned count);
/** A multicast `hello` has just gone out: where the group has grown much, the next one is planned anew. */
void es_announcer_replan(earshot *board);

/* answers.c: answers to questions. */
void es_answers_take(earshot *board, const es_announcement *ask, const earshot_address *from, bool own);
/** Answers the first sign of a peer as if it had asked all, without a nonce. */
void es_answers_greet(earshot *board, const earshot_address *from);
void es_answers_poll(earshot *board);

/* liveness.c: who is still there. */
/** A peer gave a sign of life. */
void es_liveness_heard(earshot *board, es_peer *peer);
/** Something makes it doubtful that it is there: it is asked soon, at most once in 10 s. */
void es_liveness_doubt(earshot *board, es_peer *peer);
/** A peer that is gone said something that does not count: it is asked, at most once a second. */
void es_liveness_ask_back(earshot *board, es_peer *peer);
/** Whether this is the nonce of one of the last questions to the peer. */
bool es_liveness_asked(const es_peer *peer, const char *nonce);
void es_liveness_poll(earshot *board);

#endif
