/** Announcements of this board: `ask` at a start, `hello` periodically, `bye`. PROTOCOL.md 3.2. */
#ifndef EARSHOT_ANNOUNCER_H
#define EARSHOT_ANNOUNCER_H

#include "announcement.h"
#include "earshot.h"

/** Times that a group is asked at a start. */
#define ES_GROUP_ASKS 4

/** Begins to ask the group, up to 4 times in about 3 s, and plans the first `hello`. */
void es_announcer_start(earshot *board);
void es_announcer_poll(earshot *board);
/** Multicasts `bye`, and a copy 100 ms later. */
void es_announcer_bye(earshot *board);
/** Sends `hello` to an address, or by multicast if `to` is NULL. `echo` is the nonce that it answers, or empty. */
void es_announcer_hello(earshot *board, const earshot_address *to, const char *echo);
/** Sends `ask` to an address, or by multicast if `to` is NULL. `want`: the peer that is asked; NULL: every peer. */
void es_announcer_ask(earshot *board, const earshot_address *to, const char *want,
                      const uint8_t nonce[ES_NONCE_BYTES]);
/** True if this is the nonce of a multicast `ask` of the present start that can still be answered. */
bool es_announcer_asked(const earshot *board, const char *nonce);
/** True if a nonce, in base32 as in an announcement, is one of these. */
bool es_nonce_is_among(const char *nonce, const uint8_t nonces[][ES_NONCE_BYTES], unsigned count);
/** Plans the next `hello` anew if the period has grown by half since it was planned. */
void es_announcer_replan(earshot *board);

#endif
