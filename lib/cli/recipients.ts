import type { Service } from "../control/service.ts";
import { isNodeId } from "../identity/node_id.ts";
import type { DeliveryResult, PeerRef } from "../peer/types.ts";
import { ExitCode, UserError } from "../platform/user_error.ts";
import { nameList, NOBODY } from "./text.ts";

/** How long to wait for a recipient, and then for its acknowledgement, unless told; milliseconds. */
export const TIMEOUT = 5_000;

/** How long a fresh peer listens before it knows whom everyone means, milliseconds. */
export const LISTEN = 1_000;

/** What the user means by `--to`. */
export interface Recipients {
  readonly peers: readonly PeerRef[];
  /** Those whom the user named by their full id. */
  readonly namedInFull: ReadonlySet<string>;
}

/**
 * Whom a document goes to.
 *
 * @param targets names and ids, or `all`; where there are none, the one peer that is up
 * @param queue it may go to somebody who is known but not there
 * @throws {UserError} nobody (exit 3), several where one is meant (2), or a known name with a new key (4)
 */
export async function findRecipients(
  service: Service,
  targets: readonly string[] | undefined,
  timeout: number,
  queue: boolean,
): Promise<Recipients> {
  if (targets === undefined) return { peers: [await theOnlyOne(service)], namedInFull: new Set() };
  const found = new Map<string, PeerRef>();
  for (const target of targets) {
    const peers = target === "all"
      ? await everyone(service)
      : [await findOne(service, target, timeout, queue)];
    for (const peer of peers) found.set(peer.id, peer);
  }
  return { peers: [...found.values()], namedInFull: new Set(targets.filter(isNodeId)) };
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

async function findOne(service: Service, target: string, timeout: number, queue: boolean): Promise<PeerRef> {
  try {
    return await service.resolve(target, queue ? 0 : timeout);
  } catch (error) {
    if (!queue || !(error instanceof UserError) || error.exitCode !== ExitCode.nobody) throw error;
    // Nobody has to be there for the outbox: an id is enough.
    return isNodeId(target) ? { id: target, name: target } : await service.resolve(target, timeout);
  }
}
