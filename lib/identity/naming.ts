import { isNodeId, type PeerRef } from "./node_id.ts";
import type { KnownRecord, TrustBook } from "./trust_book.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { foldLabel } from "../protocol/label.ts";
import { ID_PREFIX_MIN } from "../protocol/limits.ts";

const ID_BEGINNING = new RegExp(`^[a-z2-7]{${ID_PREFIX_MIN},24}$`);

/** Peers that count besides those present or on record. */
export interface Others {
  /** This peer itself. */
  readonly self?: PeerRef;
  /** Peers that have gone. None of them is a possible result, but a name that begins the id of one is ambiguous. */
  readonly gone?: readonly PeerRef[];
}

/**
 * Finds the peer meant by a name, an id, or the beginning of an id. A text in the form of an id is an id.
 *
 * A name has no precedence over the beginning of an id, nor the other way round: anybody may take a name that begins
 * another peer's id, or try keys until an id begins with another peer's name.
 *
 * @param present peers that are there now
 * @returns undefined if no peer fits (yet)
 * @throws {UserError} two fit, or it is this peer itself (exit 2); the name is known with another key, or the peer is
 *   blocked (exit 4)
 */
export function findRecipient(
  target: string,
  present: readonly PeerRef[],
  trust: TrustBook,
  { self, gone = [] }: Others = {},
): PeerRef | undefined {
  const folded = foldLabel(target);
  const isWelcome = ({ id }: PeerRef) => !trust.isBlocked(id);
  const byId = beginningWith(folded, [...trust.list(), ...present]);
  if (isNodeId(folded)) return allowed(unique(target, byId, selfById(folded, self)), trust);

  const bearers = named(folded, present);
  const owners = trust.byName(target).filter(isWelcome);
  for (const peer of bearers.filter(isWelcome)) {
    // A peer known under another name is treated like a stranger if it takes a known peer's name.
    const owner = trust.otherOwner(peer.id, target);
    if (!owner) continue;
    const isThere = present.some(({ id }) => id === owner.id);
    throw new UserError((isThere ? nameTaken : keyChanged)(peer, owner), ExitCode.refused);
  }
  const byName = bearers.some(isWelcome) ? bearers : owners;
  const found = [...byName, ...byId].filter(isWelcome);
  const isName = byName.length > 0 && !beginsWith(byName[0]!, folded);
  const alike = isName ? beginningWith(folded, gone).filter(isWelcome) : [];
  // The user has confirmed whose name it is.
  const isTaken = owners.some(({ how }) => how === "trusted");
  const meant = unique(target, [...found, ...alike], isTaken ? selfById(folded, self) : selfIn(folded, self));
  return allowed(meant ?? bearers[0] ?? byId[0], trust);
}

/**
 * Finds the peer meant by a trust command. An id is looked up in both lists, a name in the first and then in the
 * second.
 *
 * @throws {UserError} two fit, or it is `self` (exit 2)
 */
export function findNamed(
  target: string,
  first: readonly PeerRef[],
  second: readonly PeerRef[],
  self?: PeerRef,
): PeerRef | undefined {
  const folded = foldLabel(target);
  const byId = beginningWith(folded, [...second, ...first]);
  if (isNodeId(folded)) return unique(target, byId, selfById(folded, self));
  const bearers = named(folded, first);
  return unique(
    target,
    [...bearers.length > 0 ? bearers : named(folded, second), ...byId],
    selfIn(folded, self),
  );
}

/**
 * Checks that a name by which `peer` was found does not also begin the id of one of the others.
 *
 * @throws {UserError} it does (exit 2)
 */
export function checkNotAnId(target: string, peer: PeerRef, others: readonly PeerRef[]): void {
  const folded = foldLabel(target);
  if (!beginsWith(peer, folded)) unique(target, [peer, ...beginningWith(folded, others)]);
}

/** Tells whether a text is the name of a peer, its id, or the beginning of its id. */
export function isCalled(peer: PeerRef, text: string): boolean {
  const folded = foldLabel(text);
  return beginsWith(peer, folded) || foldLabel(peer.name) === folded;
}

/** Tells whether a text may be the beginning of an id. */
export function isIdBeginning(text: string): boolean {
  return ID_BEGINNING.test(foldLabel(text));
}

/** Returns the sentence about a known name that appears with a new key. */
export function keyChanged(peer: PeerRef, known: KnownRecord): string {
  return `"${known.name}" is known as ${known.id}, but the peer of that name now is ${peer.id}. ` +
    `If its owner confirms the new id, run: earshot trust ${peer.id} (or: earshot forget ${known.id})`;
}

/** Returns the sentence about a name that another peer takes while the one that is known by it is there. */
function nameTaken(peer: PeerRef, known: KnownRecord): string {
  return `"${known.name}" is known as ${known.id}, which is here, and another peer takes that name, too: ${peer.id}. ` +
    "Name the one that you mean by its id.";
}

function named(folded: string, peers: readonly PeerRef[]): PeerRef[] {
  return peers.filter((peer) => foldLabel(peer.name) === folded);
}

function beginningWith(folded: string, peers: readonly PeerRef[]): PeerRef[] {
  return peers.filter((peer) => beginsWith(peer, folded));
}

function beginsWith({ id }: PeerRef, folded: string): boolean {
  return ID_BEGINNING.test(folded) && id.startsWith(folded);
}

/** Returns this peer if the text is its name or the beginning of its id. */
function selfIn(folded: string, self: PeerRef | undefined): PeerRef | undefined {
  return self && (foldLabel(self.name) === folded ? self : selfById(folded, self));
}

function selfById(folded: string, self: PeerRef | undefined): PeerRef | undefined {
  return self && beginsWith(self, folded) ? self : undefined;
}

/** Returns the only peer among these, with its latest name; `self` makes the text ambiguous but is never the result. */
function unique(target: string, found: readonly PeerRef[], self?: PeerRef): PeerRef | undefined {
  const peers = new Map(found.map(({ id, name }) => [id, { id, name }]));
  if (peers.size + (self ? 1 : 0) > 1) {
    const list = [...peers.values()].map((peer) => `${peer.id} (${peer.name})`);
    if (self) list.push(`${self.id} (${self.name}, this peer itself)`);
    throw new UserError(
      `"${target}" fits ${list.length} peers; name one by its id: ${list.join(", ")}`,
      ExitCode.usage,
    );
  }
  if (self) {
    throw new UserError(
      `"${target}" is this peer itself (${self.id}, ${self.name}); name another one.`,
      ExitCode.usage,
    );
  }
  return peers.values().next().value;
}

function allowed(peer: PeerRef | undefined, trust: TrustBook): PeerRef | undefined {
  if (!peer || !trust.isBlocked(peer.id)) return peer;
  throw new UserError(
    `${peer.name} (${peer.id}) is blocked here; lift that with: earshot forget ${peer.id}`,
    ExitCode.refused,
  );
}
