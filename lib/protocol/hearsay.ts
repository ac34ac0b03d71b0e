import { integer, is, text } from "./fields.ts";
import { encodeFlat, parseFlat } from "./flat_json.ts";
import { ipToBytes, isIpAddress } from "./ip_address.ts";
import { HEAD_MAX, HEARSAY_MAX } from "./limits.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Information of a peer about another member of the group, with whom it had a session (PROTOCOL.md 2.12). */
export interface Hearsay {
  /** Full id. */
  readonly id: string;
  /** Label. */
  readonly name: string;
  readonly kind: string;
  /** IP address at which it was; not link-local, without zone. */
  readonly address: string;
  /** TCP port for sessions. */
  readonly port: number;
  /** Time since its latest sign of life, seconds. */
  readonly age: number;
}

/**
 * Encodes at most 32 of them as the body of a frame: each a `u16` length and a flat object.
 *
 * @throws {ProtocolError} if {@linkcode decodeHearsay} would refuse it
 */
export function encodeHearsay(peers: readonly Hearsay[]): Uint8Array {
  const objects = peers.map((peer) => encodeFlat({ ...checked({ ...peer }) }));
  const body = new Uint8Array(objects.reduce((sum, object) => sum + 2 + object.length, 0));
  let at = 0;
  for (const object of objects) {
    new DataView(body.buffer).setUint16(at, object.length);
    body.set(object, at + 2);
    at += 2 + object.length;
  }
  decodeHearsay(body);
  return body;
}

/**
 * Decodes the body of a frame.
 *
 * @throws {ProtocolError} `bad-length` (none, more than 32, or one that is cut off), `too-long`, `bad-json`, `bad-field`
 */
export function decodeHearsay(body: Uint8Array): Hearsay[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const peers: Hearsay[] = [];
  for (let at = 0; at < body.length;) {
    if (at + 2 > body.length || peers.length === HEARSAY_MAX) badLength();
    const length = view.getUint16(at);
    const end = at + 2 + length;
    if (length > HEAD_MAX) throw new ProtocolError("too-long", "what is told of a peer is over its limit");
    if (end > body.length) badLength();
    peers.push(checked(parseFlat(body.subarray(at + 2, end))));
    at = end;
  }
  if (peers.length === 0) badLength();
  return peers;
}

function checked(object: Parameters<typeof text>[0]): Hearsay {
  return {
    id: text(object, "id", is.id),
    name: text(object, "name", is.label),
    kind: text(object, "kind", is.kind),
    address: text(object, "address", isAddress),
    port: integer(object, "port", 1, 65_535),
    age: integer(object, "age"),
  };
}

function isAddress(value: string): boolean {
  return !value.includes("%") && isIpAddress(value) && !isLinkLocal(ipToBytes(value));
}

/** Tells whether an address is in fe80::/10. */
function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

function badLength(): never {
  throw new ProtocolError("bad-length", "the list of peers has not the length that it must have");
}
