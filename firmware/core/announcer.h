/** Announcements of this board: `ask` at a start, `hello` periodically, `bye`. PROTOCOL.md 3.2. */
#ifndef EARSHOT_ANNOUNCER_H
#define EARSHOT_ANNOUNCER_H

#include "announcement.h"
#include "earshot.h"

/** Times that a group is asked at a start. */
#define ES_GROUP_ASKS 4

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

#endif
