/** Every limit of the protocol in one place (PROTOCOL.md 4.3). Sizes in bytes unless said otherwise. */

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

/** Largest announcement, whole datagram. */
export const ANNOUNCEMENT_MAX = 1200;
/** Bytes before a relayed announcement: magic, address, port. */
export const RELAY_HEADER_BYTES = 4 + 16 + 2;
/** Fewest characters of the beginning of an id that name a peer. */
export const ID_PREFIX_MIN = 6;
/** Shortest and longest `every` that a reader believes, seconds. */
export const EVERY_MIN = 10;
/** See {@linkcode EVERY_MIN}. */
export const EVERY_MAX = 1000;

/** Largest record, ciphertext with its tag. */
export const RECORD_MAX = 65535;
/** Smallest `rx` that a peer may have. */
export const RECORD_MIN_RX = 1024;
/** Authentication tag of ChaCha20-Poly1305. */
export const TAG_BYTES = 16;
/** Largest head of a frame. */
export const HEAD_MAX = 512;
/** Members of a flat JSON object. */
export const FLAT_MEMBERS_MAX = 32;
/** Payload of handshake messages 2 and 3. */
export const HANDSHAKE_PAYLOAD_MAX = 512;
/** Text of a chat message. */
export const CHAT_MAX = 16 * KIB;
/** Largest document sent inside one frame; it leaves room for the head in a record of {@linkcode RECORD_MAX}. */
export const INLINE_DOCUMENT_MAX = 65000;
/** Largest document accepted unless configured otherwise. */
export const DOCUMENT_MAX = 64 * MIB;
/** Largest document that can be configured. */
export const DOCUMENT_LIMIT = 4 * GIB - 1;
/** Levels of nesting in a document. */
export const JSON_DEPTH_MAX = 512;
/** Sum of the documents kept in an inbox. */
export const INBOX_QUOTA = 10 * GIB;
/** Label of a peer, characters (code points). */
export const LABEL_MAX = 32;
/** File name of a document, cleaned. */
export const NAME_MAX = 128;
/** Name of a stream, cleaned. */
export const STREAM_MAX = 128;
/** Reason given in a `nak` or `close`. */
export const WHY_MAX = 200;

/** Messages of one sender that may be unanswered in a session; a handshake may offer 1 to {@linkcode WINDOW_LIMIT}. */
export const WINDOW = 1024;
/** Largest `window` that a peer may have. */
export const WINDOW_LIMIT = 65535;
/** Words of `can` in a handshake. */
export const FEATURES_MAX = 16;
/** Latest message ids that are remembered of each sender. */
export const IDS_PER_SENDER = 4 * WINDOW;
/** Days for which older ones are remembered. */
export const IDS_DAYS = 40;
/** Message ids that are remembered in all, beside those of messages that the history holds. */
export const IDS_MAX = 1_000_000;
/** Unacknowledged messages to one recipient that are held in memory; the rest stays on disk. */
export const UNACKNOWLEDGED_MAX = 4 * MIB;
/** Largest sequence number and other counter. */
export const U32_MAX = 0xffff_ffff;
/** Days for which the outbox keeps a message unless configured otherwise. */
export const OUTBOX_DAYS = 7;
/** Bytes that the outbox holds in all. */
export const OUTBOX_MAX = 8 * GIB;
/** Messages that the outbox holds in all. */
export const OUTBOX_MESSAGES_MAX = 100_000;
/** Bytes that it holds for one recipient, unless that is a single document. */
export const OUTBOX_PEER_MAX = 4 * GIB;
/** Messages that it holds for one recipient. */
export const OUTBOX_PEER_MESSAGES_MAX = 10_000;
/** Days for which the history is kept unless configured otherwise. */
export const HISTORY_DAYS = 90;
/** Bodies and chat that the database keeps unless configured otherwise. */
export const HISTORY_MAX = 1 * GIB;
/** Sessions at one time. */
export const SESSIONS_MAX = 1024;
/** Peers in the roster. */
export const ROSTER_MAX = 4096;
