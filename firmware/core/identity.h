/** Ids of peers: PROTOCOL.md 2.5. */
#ifndef EARSHOT_IDENTITY_H
#define EARSHOT_IDENTITY_H

#include "crypto.h"

/** Computes the id of a static public key: 24 characters and a NUL. */
earshot_result es_node_id(const uint8_t public_key[ES_KEY], char id[ES_ID_CHARACTERS + 1]);

#endif
