/** Limits of the protocol: PROTOCOL.md 4.3. Limits that a board chooses are in earshot_config.h. */
#ifndef EARSHOT_PROTOCOL_LIMITS_H
#define EARSHOT_PROTOCOL_LIMITS_H

#include <stdint.h>

#define ES_PORT 3333
#define ES_ANNOUNCEMENT_MAX 1200
#define ES_RELAY_HEADER 22
#define ES_EVERY_MIN 10
#define ES_EVERY_MAX 1000
#define ES_RECORD_MAX 65535
#define ES_RECORD_MIN_RX 1024
#define ES_TAG 16
#define ES_FRAME_HEADER 5
/** Most bytes of the header and the head of a `part`. */
#define ES_PART_OVERHEAD (ES_FRAME_HEADER + 48)
#define ES_HEAD_MAX 512
#define ES_FLAT_MEMBERS_MAX 32
#define ES_PAYLOAD_MAX 512
#define ES_CHAT_MAX 16384
#define ES_DOCUMENT_LIMIT 4294967295u
#define ES_JSON_DEPTH_MAX 512
#define ES_LABEL_MAX 32
#define ES_NAME_MAX 128
#define ES_WHY_MAX 200
#define ES_FEATURES_MAX 16
#define ES_HEARSAY_MAX 32
/** The feature of a peer that answers questions. */
#define ES_FEATURE_ASK "ask"
/** The feature of a peer that heeds lists of peers. */
#define ES_FEATURE_PEERS "peers"
#define ES_U53_MAX 9007199254740991u

/** The longest that a message waits, seconds: 7 days. */
#define ES_KEPT_S 604800u

/** Most unanswered messages of a session at a time, in each direction. */
#define ES_WINDOW 16

/* Characters of texts, without the NUL. */
#define ES_ID_CHARACTERS 24
#define ES_ULID_CHARACTERS 26
#define ES_NONCE_CHARACTERS 13
#define ES_WORD_MAX 32
#define ES_KIND_MAX 16
#define ES_APP_MAX 64
#define ES_LABEL_BYTES (4 * ES_LABEL_MAX)

#define ES_KEY 32
#define ES_HASH 32
#define ES_ID_BYTES 15
#define ES_NONCE_BYTES 8
#define ES_SECRET 16

#endif
