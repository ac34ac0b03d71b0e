import type { Service } from "../control/service.ts";
import { isNodeId } from "../identity/node_id.ts";
import { findNamed } from "../peer/recipients.ts";
import type { PeerInfo, PeerRef } from "../peer/types.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { ID_PREFIX_MIN } from "../protocol/limits.ts";
import { agoText, oneLine } from "./text.ts";

/** How long a fresh peer listens before it knows who is there, milliseconds. */
export const LISTEN = 1_000;

/** With whom this profile exchanged messages, by the name that each had last. */
export type Remembered = () => Promise<readonly PeerRef[]>;

/** Whom a command line means. */
export interface Found {
  readonly peer: PeerRef;
  /** It is not there, and was not named by its whole id: the user may like to know who is meant. */
  readonly isAway: boolean;
}

/**
 * Whom a name, an id or the beginning of one means where nobody has to be there. Who is there comes first, then who
 * has left, then who was there before this peer was started.
 *
 * @param timeout how long somebody unheard of may take to come, milliseconds
 * @throws {UserError} nobody (exit 3), two fit (2), or a known name with a new key, or blocked (4)
 */
export async function findForOutbox(
  service: Service,
  target: string,
  timeout: number,
  remembered: Remembered,
): Promise<Found> {
  const here = (wait: number) =>
    service.resolve(target, wait).then((peer) => ({ peer, isAway: false }), (error) => {
      if (isNobody(error)) return undefined;
      throw error;
    });
  const known = await here(0);
  if (known) return known;
  const id = target.toLowerCase();
  if (isNodeId(id)) return { peer: { id, name: id }, isAway: false };

  // A name may have gone to another board since: that one is heard first.
  const { brief, uptime } = await service.status();
  const listen = Math.min(timeout, brief ? LISTEN : Math.max(0, LISTEN - uptime));
  const heard = listen > 0 ? await here(listen) : undefined;
  if (heard) return heard;

  const blocked = new Set((await service.known()).filter(({ how }) => how === "blocked").map(({ id }) => id));
  const isWelcome = (peer: PeerRef) => !blocked.has(peer.id);
  const left = (await service.peers()).filter(isWelcome);
  const away = findNamed(target, left, (await remembered()).filter(isWelcome));
  if (away) return { peer: away, isAway: true };

  const came = await here(timeout - listen);
  if (came) return came;
  throw new UserError(
    `No peer "${oneLine(target)}" is within earshot or known from before; ` +
      "somebody who was never met is named by the whole id, which `earshot id` shows there.",
    ExitCode.nobody,
  );
}

/**
 * Whom a name, an id or the beginning of one means, of those that are there.
 *
 * @param timeout how long it may take to come, milliseconds
 * @throws {UserError} nobody (exit 3), two fit (2), or a known name with a new key, or blocked (4)
 */
export async function findPresent(service: Service, target: string, timeout: number): Promise<Found> {
  try {
    return { peer: await service.resolve(target, timeout), isAway: false };
  } catch (error) {
    if (!isNobody(error)) throw error;
    const left = (await service.peers()).filter((peer) => fits(target, peer));
    throw left.length === 0 ? error : new UserError(goneText(target, left), ExitCode.nobody);
  }
}

/** Whether nobody is there who was named. */
export function isNobody(error: unknown): boolean {
  return error instanceof UserError && error.exitCode === ExitCode.nobody;
}

function fits(target: string, { id, name }: PeerRef): boolean {
  const folded = target.toLowerCase();
  return name.toLowerCase() === folded || (folded.length >= ID_PREFIX_MIN && id.startsWith(folded));
}

function goneText(target: string, left: readonly PeerInfo[]): string {
  const list = left.map(({ id, name, lastSeen }) =>
    `${id} (${oneLine(name)}, heard ${agoText(Date.now() - lastSeen)})`
  );
  const which = left.length === 1 ? "for it" : "for the one that is named by its id";
  return `No peer "${oneLine(target)}" within earshot, gone: ${list.join(", ")}. ` +
    `\`earshot send --queue\` lets a document wait ${which}.`;
}
