/** All limits of the protocol (PROTOCOL.md 4.3). Sizes are in bytes unless noted. */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** First four bytes of a session's initiator. */
export const SESSION_MAGIC = "ES1\n";
/** UDP port of announcements, and first TCP port tried for sessions. */
export const EARSHOT_PORT = 3333;
/** Number of TCP ports that are tried, {@linkcode EARSHOT_PORT} and those after it. */
export const PORT_TRIES = 17;
/** Multicast group of announcements over IPv4. */
export const GROUP_IPV4 = "239.255.83.72";
/** Multicast group of announcements over IPv6. */
export const GROUP_IPV6 = "ff12::ea25:5348";

/** Largest announcement, as a whole datagram. */
export const ANNOUNCEMENT_MAX = 1200;
/** Bytes before a relayed announcement: magic, address, port. */
export const RELAY_HEADER_BYTES = 4 + 16 + 2;
/** Shortest beginning of an id that identifies a peer, characters. */
export const ID_PREFIX_MIN = 6;
/** Shortest `every` that a reader accepts, seconds; shorter ones are read as this. */
export const EVERY_MIN = 10;
/** Longest `every` that a reader accepts, seconds; longer ones are read as this. */
export const EVERY_MAX = 1000;

/** Largest record: ciphertext with tag. */
export const RECORD_MAX = 65535;
/** Smallest `rx` that a peer may have. */
export const RECORD_MIN_RX = 1024;
/** Authentication tag of ChaCha20-Poly1305. */
export const TAG_BYTES = 16;
/** Largest head of a frame. */
export const HEAD_MAX = 512;
/** Most members of a flat JSON object. */
export const FLAT_MEMBERS_MAX = 32;
/** Largest payload of handshake messages 2 and 3. */
export const HANDSHAKE_PAYLOAD_MAX = 512;
/** Largest text of a chat message. */
export const CHAT_MAX = 16 * KIB;
/** Largest document in one frame; with the head it fits a record of {@linkcode RECORD_MAX}. */
export const INLINE_DOCUMENT_MAX = 65000;
/** Default limit for a document. */
export const DOCUMENT_MAX = 64 * MIB;
/** Highest limit for a document that can be configured. */
export const DOCUMENT_LIMIT = 4 * GIB - 1;
/** Most levels of nesting in a document. */
export const JSON_DEPTH_MAX = 512;
/** Default limit for the sum of documents in an inbox. */
export const INBOX_QUOTA = 10 * GIB;
/** Longest label of a peer, characters (code points). */
export const LABEL_MAX = 32;
/** Longest file name of a document, cleaned. */
export const NAME_MAX = 128;
/** Longest name of a stream, cleaned. */
export const STREAM_MAX = 128;
/** Longest reason in a `nak` or `close`. */
export const WHY_MAX = 200;

/** Most unanswered messages of one sender in a session; a handshake may offer 1 to {@linkcode WINDOW_LIMIT}. */
export const WINDOW = 1024;
/** Largest `window` that a peer may have. */
export const WINDOW_LIMIT = 65535;
/** Most words of `can` in a handshake. */
export const FEATURES_MAX = 16;
/** Number of latest message ids that are remembered of each sender. */
export const IDS_PER_SENDER = 4 * WINDOW;
/** Time for which older ids are remembered, days. */
export const IDS_DAYS = 40;
/** Most message ids that are remembered in all, besides those of messages in the history. */
export const IDS_MAX = 1_000_000;
/** Most bytes of unacknowledged messages to one recipient in memory; the rest stays on disk. */
export const UNACKNOWLEDGED_MAX = 4 * MIB;
/** Largest sequence number or other counter. */
export const U32_MAX = 0xffff_ffff;
/** Default time for which the outbox keeps a message, days. */
export const OUTBOX_DAYS = 7;
/** Most bytes in the outbox. */
export const OUTBOX_MAX = 8 * GIB;
/** Most messages in the outbox. */
export const OUTBOX_MESSAGES_MAX = 100_000;
/** Most bytes in the outbox for one recipient, except for a single document. */
export const OUTBOX_PEER_MAX = 4 * GIB;
/** Most messages in the outbox for one recipient. */
export const OUTBOX_PEER_MESSAGES_MAX = 10_000;
/** Default time for which the history is kept, days. */
export const HISTORY_DAYS = 90;
/** Default limit for bodies and chats in the database. */
export const HISTORY_MAX = 1 * GIB;
/** Most peers in a list of those that a peer tells of. */
export const HEARSAY_MAX = 32;
/** Most peers that a user can name to be dialled. */
export const PEERS_MAX = 32;
/** Most sessions at one time. */
export const SESSIONS_MAX = 1024;
/** Most peers in the roster. */
export const ROSTER_MAX = 4096;
