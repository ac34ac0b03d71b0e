import { sha256 } from "../platform/node_crypto.ts";
import { encodeBase32 } from "../protocol/base32.ts";
import { is } from "../protocol/fields.ts";

/** A peer as events and results name it. */
export interface PeerRef {
  /** Full id, 24 characters. */
  readonly id: string;
  /** Label it gave itself; not unique. */
  readonly name: string;
}

/** Length of the hash in an id, bytes. */
const ID_HASH_BYTES = 15;

/** Returns the id of the peer with this static public key, 24 characters (PROTOCOL.md 2.5). */
export function nodeId(publicKey: Uint8Array): string {
  return encodeBase32(sha256().update(publicKey).digest().subarray(0, ID_HASH_BYTES));
}

/** Tells whether a text has the form of an id. */
export function isNodeId(text: string): boolean {
  return is.id(text);
}

/** Returns the part of an id that is shown to people, 6 characters. */
export function shortId(id: string): string {
  return id.slice(0, 6);
}
