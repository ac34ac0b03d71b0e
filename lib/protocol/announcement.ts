import { joinBytes } from "../platform/join_bytes.ts";
import { nodeCrypto } from "../platform/node_crypto.ts";
import { decodeBase32 } from "./base32.ts";
import { ProtocolError } from "./protocol_error.ts";
import { type FieldSource, flag, integer, is, optionalInteger, optionalText, text } from "./fields.ts";
import { encodeFlat, parseFlat } from "./flat_json.ts";
import { ipFromBytes, ipToBytes } from "./ip_address.ts";
import { ANNOUNCEMENT_MAX, EVERY_MAX, EVERY_MIN, RELAY_HEADER_BYTES, TAG_BYTES } from "./limits.ts";
import { encodeUtf8 } from "./utf8.ts";

/** Announcement of a peer over UDP (PROTOCOL.md 2.7). It proves nothing; only a session does. */
export interface Announcement {
  /** `hello`: I am here; `ask`: I am here, answer me; `bye`: I go. */
  readonly t: "hello" | "ask" | "bye";
  /** Node id, 24 characters of base32. */
  readonly id: string;
  /** Label of the peer. */
  readonly name: string;
  /** Group: 1 to 32 of a-z, 0-9 and hyphen. */
  readonly group: string;
  /** Platform: 1 to 16 of a-z, 0-9 and hyphen. */
  readonly kind: string;
  /** Random u32 of this start. */
  readonly boot: number;
  /** Counter of announcements, u32. */
  readonly seq: number;
  /** TCP port for sessions; 0 only if `brief`. */
  readonly port: number;
  /** Seconds until the next `hello`; a decoder limits it to 10 to 1 000. */
  readonly every: number;
  /** In an `ask`: 8 random bytes in base32. */
  readonly nonce?: string;
  /** In an answer: the nonce of the `ask`. */
  readonly echo?: string;
  /** In an `ask`: only the peer with this id, this beginning of an id, or this name is to answer. */
  readonly want?: string;
  /** In an `ask`: from a short-lived command, which enters no roster. */
  readonly brief?: boolean;
  /** In an `ask` with `want`: dial me; in a `hello` with `echo`: yes, it was I who said so. */
  readonly call?: boolean;
  /** Port of an open plain gateway. */
  readonly plain?: number;
}

/** An announcement repeated on loopback for the other peers of a host, with the address for answers. */
export interface Relay {
  /** IP address in its usual text, without zone. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
  /** The announcement as it arrived; a view. */
  readonly datagram: Uint8Array;
}

const OPEN = encodeUtf8("ES1.");
const SEALED = encodeUtf8("ES1!");
const RELAY = encodeUtf8("ES1>");
const MAGIC_BYTES = 4;
const NONCE_BYTES = 12;
const PORT_MAX = 65535;

/**
 * Encodes an announcement of an open group.
 *
 * @throws {ProtocolError} if {@linkcode decodeAnnouncement} would refuse it
 */
export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  return limited(joinBytes([OPEN, encodeJson(announcement)]));
}

/**
 * Encodes an announcement of a closed group.
 *
 * @param announceKey 32 bytes
 * @param nonce 12 random bytes, never used before
 * @throws {ProtocolError} if {@linkcode decodeAnnouncement} would refuse it
 */
export function sealAnnouncement(
  announcement: Announcement,
  announceKey: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const json = encodeJson(announcement);
  const cipher = nodeCrypto().createCipheriv("chacha20-poly1305", announceKey, nonce, {
    authTagLength: TAG_BYTES,
  });
  cipher.setAAD(SEALED, { plaintextLength: json.length });
  const sealed = cipher.update(json);
  cipher.final();
  return limited(joinBytes([SEALED, nonce, sealed, cipher.getAuthTag()]));
}

/**
 * Decodes an announcement: with a key only sealed ones, without one only open ones. The caller compares the name of the
 * group. Unknown members are ignored.
 *
 * @throws {ProtocolError} `too-long`, `too-short`, `bad-magic`, `wrong-group`, `undecipherable`, `bad-json`,
 *   `bad-field`
 */
export function decodeAnnouncement(data: Uint8Array, announceKey?: Uint8Array): Announcement {
  limited(data);
  if (data.length < MAGIC_BYTES) throw new ProtocolError("too-short", "an announcement is cut off");
  const sealed = startsWith(data, SEALED);
  if (!sealed && !startsWith(data, OPEN)) throw new ProtocolError("bad-magic", "not an announcement");
  if (sealed !== (announceKey !== undefined)) {
    throw new ProtocolError("wrong-group", "an announcement of another group");
  }
  const json = announceKey ? unseal(data, announceKey) : data.subarray(MAGIC_BYTES);
  const announcement = checked(parseFlat(json));
  return { ...announcement, every: Math.min(Math.max(announcement.every, EVERY_MIN), EVERY_MAX) };
}

/**
 * Wraps an announcement for the other peers on the same host.
 *
 * @param address IPv4 or IPv6 address for answers; a zone is dropped
 * @param port UDP port there, 1 to 65535
 * @throws {ProtocolError} if {@linkcode decodeRelay} would refuse it
 */
export function encodeRelay(address: string, port: number, datagram: Uint8Array): Uint8Array {
  integer({ port }, "port", 1, PORT_MAX);
  checkRelayed(datagram);
  return joinBytes([RELAY, ipToBytes(address), Uint8Array.of(port >> 8, port), datagram]);
}

/**
 * Unwraps an announcement from {@linkcode encodeRelay}. Only its first bytes are checked; it is not decoded.
 *
 * @throws {ProtocolError} `too-short`, `bad-magic`, `bad-field` (port 0), `too-long`
 */
export function decodeRelay(data: Uint8Array): Relay {
  if (data.length < RELAY_HEADER_BYTES + MAGIC_BYTES) {
    throw new ProtocolError("too-short", "a relay is cut off");
  }
  if (!startsWith(data, RELAY)) throw new ProtocolError("bad-magic", "not a relayed announcement");
  const port = integer({ port: data[20]! << 8 | data[21]! }, "port", 1, PORT_MAX);
  const datagram = data.subarray(RELAY_HEADER_BYTES);
  checkRelayed(datagram);
  return { address: ipFromBytes(data.subarray(MAGIC_BYTES, MAGIC_BYTES + 16)), port, datagram };
}

function checkRelayed(datagram: Uint8Array): void {
  limited(datagram);
  if (!startsWith(datagram, OPEN) && !startsWith(datagram, SEALED)) {
    throw new ProtocolError("bad-magic", "a relay without an announcement");
  }
}

function encodeJson(announcement: Announcement): Uint8Array {
  return encodeFlat({ ...checked({ ...announcement }) });
}

function checked(object: FieldSource): Announcement {
  const brief = flag(object, "brief");
  const announcement: Announcement = {
    t: text(object, "t", (t) => t === "hello" || t === "ask" || t === "bye") as Announcement["t"],
    id: text(object, "id", is.id),
    name: text(object, "name", is.label),
    group: text(object, "group", is.word),
    kind: text(object, "kind", is.kind),
    boot: integer(object, "boot"),
    seq: integer(object, "seq"),
    port: integer(object, "port", brief ? 0 : 1, PORT_MAX),
    every: integer(object, "every"),
    nonce: optionalText(object, "nonce", isNonce),
    echo: optionalText(object, "echo", isNonce),
    want: optionalText(object, "want", is.target),
    brief,
    call: flag(object, "call"),
    plain: optionalInteger(object, "plain", 1, PORT_MAX),
  };
  return Object.fromEntries(
    Object.entries(announcement).filter(([, value]) => value !== undefined),
  ) as unknown as Announcement;
}

function isNonce(value: string): boolean {
  try {
    return value.length === 13 && decodeBase32(value).length === 8;
  } catch {
    return false;
  }
}

function unseal(data: Uint8Array, announceKey: Uint8Array): Uint8Array {
  const textStart = MAGIC_BYTES + NONCE_BYTES;
  const textEnd = data.length - TAG_BYTES;
  if (textEnd < textStart) throw new ProtocolError("too-short", "a sealed announcement is cut off");
  const nonce = data.subarray(MAGIC_BYTES, textStart);
  const decipher = nodeCrypto().createDecipheriv("chacha20-poly1305", announceKey, nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(SEALED, { plaintextLength: textEnd - textStart });
  decipher.setAuthTag(data.subarray(textEnd));
  const json = decipher.update(data.subarray(textStart, textEnd));
  try {
    decipher.final();
  } catch {
    throw new ProtocolError("undecipherable", "a sealed announcement is forged, damaged or of another group");
  }
  return json;
}

function limited(data: Uint8Array): Uint8Array {
  if (data.length > ANNOUNCEMENT_MAX) {
    throw new ProtocolError("too-long", "an announcement is over its limit");
  }
  return data;
}

function startsWith(data: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, index) => data[index] === byte);
}
