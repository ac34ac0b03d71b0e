import type { Service } from "../../control/service.ts";
import { isNodeId } from "../../identity/node_id.ts";
import { checkNotAnId, findNamed, isIdBeginning } from "../../identity/naming.ts";
import type { PeerInfo, PeerRef } from "../../peer/types.ts";
import { agoText } from "../../platform/periods.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { foldLabel } from "../../protocol/label.ts";
import { oneLine } from "../terminal/text.ts";

/** How long a peer that just started listens before its roster counts as complete, milliseconds. */
export const LISTEN = 1_000;

/** Lists the peers in the history, by their latest names. */
export type Remembered = () => Promise<readonly PeerRef[]>;

/** A peer named on the command line. */
export interface Found {
  readonly peer: PeerRef;
  /** True if it is offline and was not named by its full id: the user may want to know which peer is meant. */
  readonly isAway: boolean;
}

/**
 * Finds the peer meant by a name, an id or the beginning of one; it may be offline. Peers that are up come first, then
 * those that have left, then those from the history.
 *
 * @param timeout how long to wait for an unknown peer, milliseconds
 * @throws {UserError} no such peer (exit 3); two fit (2); a known name with a new key, or a blocked peer (4)
 */
export async function findForOutbox(
  service: Service,
  target: string,
  timeout: number,
  remembered: Remembered,
): Promise<Found> {
  const here = (wait: number) =>
    resolve(service, target, wait, remembered).then((peer) => ({ peer, isAway: false }), (error) => {
      if (isNobody(error)) return undefined;
      throw error;
    });
  const known = await here(0);
  if (known) return known;
  const id = foldLabel(target);
  if (isNodeId(id)) return { peer: { id, name: id }, isAway: false };

  // The name may belong to another board by now: listen for that one first.
  const { brief, uptime } = await service.status();
  const listen = Math.min(timeout, brief ? LISTEN : Math.max(0, LISTEN - uptime));
  const heard = listen > 0 ? await here(listen) : undefined;
  if (heard) return heard;

  const blocked = await blockedIds(service);
  const isWelcome = (peer: PeerRef) => !blocked.has(peer.id);
  const left = (await service.peers()).filter(isWelcome);
  const away = findNamed(target, left, (await remembered()).filter(isWelcome));
  if (away) return { peer: away, isAway: true };

  const came = await here(timeout - listen);
  if (came) return came;
  throw new UserError(
    `No peer "${oneLine(target)}" is within earshot or known from before; ` +
      "use the full id of a peer you have never met, which `earshot id` shows there. `earshot doctor` looks for what keeps peers apart.",
    ExitCode.nobody,
  );
}

/**
 * Finds the peer meant by a name, an id or the beginning of one, among those that are up.
 *
 * @param timeout how long to wait for it, milliseconds
 * @param remembered further peers known by id, besides those that the peer itself knows
 * @throws {UserError} no such peer (exit 3); two fit (2); a known name with a new key, or a blocked peer (4)
 */
export async function findPresent(
  service: Service,
  target: string,
  timeout: number,
  remembered: Remembered,
): Promise<Found> {
  try {
    return { peer: await resolve(service, target, timeout, remembered), isAway: false };
  } catch (error) {
    if (!isNobody(error)) throw error;
    const left = (await service.peers()).filter((peer) => fits(target, peer));
    throw left.length === 0 ? error : new UserError(goneText(target, left), ExitCode.nobody);
  }
}

/** Asks the peer who is meant. A name that may also mean a peer from the history is ambiguous. */
async function resolve(
  service: Service,
  target: string,
  wait: number,
  remembered: Remembered,
): Promise<PeerRef> {
  const peer = await service.resolve(target, wait);
  if (isIdBeginning(target)) {
    const blocked = await blockedIds(service);
    checkNotAnId(target, peer, (await remembered()).filter(({ id }) => !blocked.has(id)));
  }
  return peer;
}

async function blockedIds(service: Service): Promise<Set<string>> {
  return new Set((await service.known()).filter(({ how }) => how === "blocked").map(({ id }) => id));
}

/** Tells whether an error means that no peer of this name is up. */
export function isNobody(error: unknown): boolean {
  return error instanceof UserError && error.exitCode === ExitCode.nobody;
}

/** @throws the error, unless it means that no peer of this name is up */
export function unlessNobody(error: unknown): void {
  if (!isNobody(error)) throw error;
}

function fits(target: string, { id, name }: PeerRef): boolean {
  const folded = foldLabel(target);
  if (isNodeId(folded)) return id === folded;
  return foldLabel(name) === folded || (isIdBeginning(folded) && id.startsWith(folded));
}

function goneText(target: string, left: readonly PeerInfo[]): string {
  const list = left.map(({ id, name, lastSeen }) =>
    `${id} (${oneLine(name)}, heard ${agoText(Date.now() - lastSeen)})`
  );
  const which = left.length === 1 ? "for it" : "for the one that is named by its id";
  return `No peer "${oneLine(target)}" within earshot, gone: ${list.join(", ")}. ` +
    `\`earshot send --queue\` lets a document wait ${which}; \`earshot doctor\` looks for what keeps peers apart.`;
}
