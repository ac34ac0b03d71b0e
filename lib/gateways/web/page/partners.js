// The peers that were spoken with lately.

import { isPlain } from "./format.js";

/** @import { PeerRef } from "../../../peer/types.ts" */

/** Most peers that are remembered. */
const PARTNERS_MAX = 40;

/** By id, latest last. @type {Map<string, PeerRef>} */
const partners = new Map();

/** Lists the peers that were spoken with lately, latest first. */
export function lately() {
  return [...partners.values()].reverse();
}

/** Notes that a peer was spoken with. @param {PeerRef} peer */
export function notePartner(peer) {
  if (isPlain(peer.id)) return;
  partners.delete(peer.id);
  partners.set(peer.id, peer);
  const [oldest] = partners.keys();
  if (partners.size > PARTNERS_MAX && oldest !== undefined) partners.delete(oldest);
}
