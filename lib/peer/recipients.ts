import { isNodeId } from "../identity/node_id.ts";
import type { KnownRecord, TrustBook } from "../identity/trust.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { ID_PREFIX_MIN } from "../protocol/limits.ts";
import type { PeerRef } from "./types.ts";

const ID_LENGTH = 24;
const ID_PREFIX = new RegExp(`^[a-z2-7]{${ID_PREFIX_MIN},${ID_LENGTH}}$`);

/**
 * Whom somebody means by a name, an id, or the beginning of an id.
 *
 * @param present peers that are there now
 * @returns undefined where nobody fits (yet)
 * @throws {UserError} two fit (exit 2); the name is known with another key, or the peer is blocked (exit 4)
 */
export function findRecipient(
  target: string,
  present: readonly PeerRef[],
  trust: TrustBook,
): PeerRef | undefined {
  const folded = target.toLowerCase();
  const byId = () => unique(target, matching(folded, present, trust.list()));
  const full = isNodeId(folded) ? byId() : undefined;
  if (full) return allowed(full, trust);

  const named = present.filter((peer) => peer.name.toLowerCase() === folded);
  const owners = trust.byName(target).filter((record) => record.how !== "blocked");
  for (const peer of named) {
    // A peer known under another name is no better than a stranger when it takes a name that is somebody's.
    if (owners[0] && !owners.some((owner) => owner.id === peer.id)) {
      throw new UserError(keyChanged(peer, owners[0]), ExitCode.refused);
    }
  }
  // A name comes before the beginning of an id: such a beginning can be had by trying keys.
  const found = unique(target, named) ?? unique(target, owners) ??
    (ID_PREFIX.test(folded) ? byId() : undefined);
  return found && allowed(found, trust);
}

/**
 * Whom an order about trust means, looking for an id in both lists and for a name in the first, then the second.
 *
 * @throws {UserError} two fit (exit 2)
 */
export function findNamed(
  target: string,
  first: readonly PeerRef[],
  second: readonly PeerRef[],
): PeerRef | undefined {
  const folded = target.toLowerCase();
  const byId = () => unique(target, matching(folded, first, second));
  const full = isNodeId(folded) ? byId() : undefined;
  const byName = (peers: readonly PeerRef[]) =>
    unique(target, peers.filter((peer) => peer.name.toLowerCase() === folded));
  return full ?? byName(first) ?? byName(second) ?? (ID_PREFIX.test(folded) ? byId() : undefined);
}

/** The sentence of a known name that comes with a new key. */
export function keyChanged(peer: PeerRef, known: KnownRecord): string {
  return `"${known.name}" is known as ${known.id}, but the peer of that name now is ${peer.id}. ` +
    `If its owner confirms the new id, run: earshot trust ${peer.id} (or: earshot forget ${known.id})`;
}

function matching(prefix: string, present: readonly PeerRef[], known: readonly PeerRef[]): PeerRef[] {
  const found = new Map<string, PeerRef>();
  for (const { id, name } of [...known, ...present]) if (id.startsWith(prefix)) found.set(id, { id, name });
  return [...found.values()];
}

function unique(target: string, found: readonly PeerRef[]): PeerRef | undefined {
  if (found.length < 2) return found[0] && { id: found[0].id, name: found[0].name };
  const list = found.map((peer) => `${peer.id} (${peer.name})`).join(", ");
  throw new UserError(`"${target}" fits ${found.length} peers; name one by its id: ${list}`, ExitCode.usage);
}

function allowed(peer: PeerRef, trust: TrustBook): PeerRef {
  if (!trust.isBlocked(peer.id)) return peer;
  throw new UserError(
    `${peer.name} (${peer.id}) is blocked here; lift that with: earshot forget ${peer.id}`,
    ExitCode.refused,
  );
}
