import type { Service } from "../../control/service.ts";
import { isNodeId } from "../../identity/node_id.ts";
import type { DeliveryResult, PeerRef } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { findForOutbox, findPresent, type Found, isNobody, LISTEN, type Remembered } from "./find_peer.ts";
import { nameList, NOBODY } from "../terminal/text.ts";

/** How long to wait for a recipient, and then for its acknowledgement, unless told; milliseconds. */
export const TIMEOUT = 5_000;

/** What the user means by `--to`. */
export interface Recipients {
  readonly peers: readonly PeerRef[];
  /** Those whom the user named by their full id. */
  readonly namedInFull: ReadonlySet<string>;
  /** What was named besides, and nobody answers to. */
  readonly missing: readonly string[];
  /** Those of `peers` that are not there, and were named by less than their full id. */
  readonly away: readonly PeerRef[];
}

/**
 * Whom a document goes to. A name that nobody answers to does not keep it from the others.
 *
 * @param targets names and ids, or `all`; where there are none, the one peer that is up
 * @param queue it may go to somebody who is known but not there
 * @param remembered who else is known, beside those that the peer itself knows
 * @throws {UserError} nobody at all (exit 3), several where one is meant (2), or a known name with a new key (4)
 */
export async function findRecipients(
  service: Service,
  targets: readonly string[] | undefined,
  timeout: number,
  queue: boolean,
  remembered: Remembered = () => Promise.resolve([]),
): Promise<Recipients> {
  if (targets === undefined) {
    return { peers: [await theOnlyOne(service)], namedInFull: new Set(), missing: [], away: [] };
  }
  const findOne = (target: string) =>
    queue
      ? findForOutbox(service, target, timeout, remembered)
      : findPresent(service, target, timeout, remembered);
  const answers = await Promise.allSettled(
    targets.map(async (target): Promise<Found[]> =>
      isEveryone(target)
        ? (await everyone(service)).map((peer) => ({ peer, isAway: false }))
        : [await findOne(target)]
    ),
  );
  const isMissing = (answer: PromiseSettledResult<unknown>) =>
    answer.status === "rejected" && isNobody(answer.reason);
  const missing = targets.filter((_, i) => isMissing(answers[i]!));
  const found = new Map<string, Found>();
  for (const answer of answers) {
    if (answer.status === "fulfilled") { for (const each of answer.value) found.set(each.peer.id, each); }
    else if (missing.length === targets.length || !isMissing(answer)) throw answer.reason;
  }
  const peers = [...found.values()].map(({ peer }) => peer);
  const away = [...found.values()].filter(({ isAway }) => isAway).map(({ peer }) => peer);
  return {
    peers,
    namedInFull: new Set(targets.map((target) => target.toLowerCase()).filter(isNodeId)),
    missing,
    away,
  };
}

/** Whether everybody is meant: no peer has that name, in whatever case. */
export function isEveryone(target: string): boolean {
  return target.toLowerCase() === "all";
}

/** What became of a message for those who were named and are not there. */
export function missed({ missing }: Recipients, id: string): DeliveryResult[] {
  return missing.map((name) => ({
    id,
    to: { id: isNodeId(name) ? name : "", name },
    status: "unreachable",
    why: "not within earshot",
  }));
}

/** A recipient as the user addressed it, whatever it is called by now. */
export function asAddressed({ peers }: Pick<Recipients, "peers">, to: PeerRef): PeerRef {
  return peers.find(({ id }) => id === to.id) ?? to;
}

/** Results that name each recipient as the user addressed it. */
export function named(
  recipients: Pick<Recipients, "peers">,
  results: readonly DeliveryResult[],
): DeliveryResult[] {
  return results.map((result) => ({ ...result, to: asAddressed(recipients, result.to) }));
}

/** Notes as known those whom the user named in full and who took the message. */
export async function noteMet(
  service: Service,
  recipients: Recipients,
  results: readonly DeliveryResult[],
): Promise<void> {
  for (const { status, to } of results) {
    if (status === "delivered" && recipients.namedInFull.has(to.id)) await service.met(to);
  }
}

/**
 * Everybody who is up, by name. A peer that has just started listens a while after it has heard the first.
 *
 * @throws {UserError} nobody (exit 3)
 */
export async function everyone(service: Service): Promise<PeerRef[]> {
  const first = await service.everyone();
  if (first.length === 0) throw new UserError(NOBODY, ExitCode.nobody);
  const rest = LISTEN - (await service.status()).uptime;
  if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  const peers = rest > 0 ? await service.everyone() : first;
  return peers.toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}

async function theOnlyOne(service: Service): Promise<PeerRef> {
  const peers = await everyone(service);
  if (peers.length === 1) return peers[0]!;
  throw new UserError(
    `There are ${peers.length} peers: ${nameList(peers)}. Say which with --to NAME, or --to all.`,
    ExitCode.usage,
  );
}
