import { findNamed } from "../../identity/naming.ts";
import { isEveryone } from "../../protocol/label.ts";
import type { Service } from "../../control/service.ts";
import { isNodeId } from "../../identity/node_id.ts";
import { isPlainName } from "../../peer/plain_sender.ts";
import type { DeliveryResult, PeerRef } from "../../peer/types.ts";
import { ExitCode, UserError } from "../../platform/user_error.ts";
import { nameList, NOBODY, oneLine } from "../terminal/text.ts";
import { findForOutbox, findPresent, type Found, isNobody, LISTEN, type Remembered } from "./find_peer.ts";

/** Default time to wait for a recipient, and then for its acknowledgement, milliseconds. */
export const TIMEOUT = 5_000;

/** The peers that `--to` names. */
export class Recipients {
  readonly peers: readonly PeerRef[];
  /** Recipients that are offline and were not named by their full id. */
  readonly away: readonly PeerRef[];
  readonly #targets: readonly string[];

  /** @param missing names that no peer answers to */
  constructor(found: readonly Found[], targets: readonly string[], readonly missing: readonly string[]) {
    const unique = [...new Map(found.map((each) => [each.peer.id, each])).values()];
    this.peers = unique.map(({ peer }) => peer);
    this.away = unique.filter(({ isAway }) => isAway).map(({ peer }) => peer);
    this.#targets = targets;
  }

  get ids(): string[] {
    return this.peers.map(({ id }) => id);
  }

  /** Returns a recipient as the user addressed it, whatever its current name. */
  asAddressed(to: PeerRef): PeerRef {
    return this.peers.find(({ id }) => id === to.id) ?? to;
  }

  /** Returns results that name each recipient as the user addressed it, and include the missing ones. */
  results(sent: readonly DeliveryResult[], id: string): DeliveryResult[] {
    return [
      ...sent.map((result) => ({ ...result, to: this.asAddressed(result.to) })),
      ...this.missing.map((name) => ({
        id,
        to: { id: isNodeId(name) ? name : "", name },
        status: "unreachable" as const,
        why: "not within earshot",
      })),
    ];
  }

  /** Records recipients as known that the user named in full and that accepted the message. */
  async noteMet(service: Service, results: readonly DeliveryResult[]): Promise<void> {
    const inFull = this.#targets.map((target) => target.toLowerCase()).filter(isNodeId);
    for (const { status, to } of results) {
      if (status === "delivered" && inFull.includes(to.id)) await service.met(to);
    }
  }
}

/**
 * Finds the recipients of a message. A name without a peer does not stop the message to the others.
 *
 * @param targets names and ids, or `all`; if undefined, the only peer that is up
 * @param queue true if a known peer may be offline
 * @param remembered further known peers, besides those that the peer itself knows
 * @throws {UserError} no peer at all (exit 3); several if there must be one (2); a known name with a new key (4)
 */
export async function findRecipients(
  service: Service,
  targets: readonly string[] | undefined,
  timeout: number,
  queue: boolean,
  remembered: Remembered = () => Promise.resolve([]),
): Promise<Recipients> {
  const here = (peers: readonly PeerRef[]) => peers.map((peer): Found => ({ peer, isAway: false }));
  if (targets === undefined) return new Recipients(here([await theOnlyOne(service)]), [], []);
  for (const target of targets) {
    if (!isPlainName(target)) continue;
    throw new UserError(
      `"${oneLine(target)}" is an address behind the plain gateway, not a peer: nothing can be sent to it. ` +
        "What is said to everyone reaches the programs that are connected.",
      ExitCode.usage,
    );
  }
  const find = queue ? findForOutbox : findPresent;
  const answers = await Promise.allSettled(targets.map(async (target) => {
    if (isEveryone(target)) return here(await everyone(service));
    const found = find(service, target, timeout, remembered);
    return [
      await (targets.length === 1 ? found : found.catch((error) => blockedOne(service, target, error))),
    ];
  }));
  const isMissing = (answer: PromiseSettledResult<unknown>) =>
    answer.status === "rejected" && isNobody(answer.reason);
  const missing = targets.filter((_, i) => isMissing(answers[i]!));
  const rejected = answers.filter((answer) => answer.status === "rejected");
  const fault = rejected.find((answer) => !isMissing(answer)) ??
    (targets.length === 1 ? rejected[0] : undefined);
  if (fault) throw fault.reason;
  if (rejected.length > 0 && rejected.length === targets.length) {
    const where = queue ? "within earshot or known from before" : "within earshot";
    throw new UserError(
      `None of these is ${where}: ${targets.map(oneLine).join(", ")}. \`earshot peers\` shows who is there.`,
      ExitCode.nobody,
    );
  }
  const found = answers.flatMap((answer) => answer.status === "fulfilled" ? answer.value : []);
  return new Recipients(found, targets, missing);
}

/**
 * Lists the peers that are up, by name. A peer that just started listens for some time after the first was heard.
 *
 * @throws {UserError} nobody (exit 3)
 */
export async function everyone(service: Service): Promise<PeerRef[]> {
  const first = await service.everyone();
  if (first.length === 0) throw new UserError(await whyNobody(service), ExitCode.nobody);
  const rest = LISTEN - (await service.status()).uptime;
  if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  const peers = rest > 0 ? await service.everyone() : first;
  return peers.toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
}

/** Returns the blocked peer that a target names: its result tells that, and the others get the message. */
async function blockedOne(service: Service, target: string, error: unknown): Promise<Found> {
  const isRefused = error instanceof UserError && error.exitCode === ExitCode.refused;
  const blocked = isRefused ? (await service.known()).filter(({ how }) => how === "blocked") : [];
  const peer = findNamed(target, blocked, []);
  if (!peer) throw error;
  return { peer, isAway: false };
}

/** Returns the sentence about an empty list of peers that are up. */
async function whyNobody(service: Service): Promise<string> {
  const known = await service.known();
  const isBlocked = ({ id }: PeerRef) => known.some((peer) => peer.id === id && peer.how === "blocked");
  const blocked = (await service.peers()).filter((peer) => peer.state !== "gone" && isBlocked(peer));
  if (blocked.length === 0) return NOBODY;
  return `You have blocked everybody who is up: ${nameList(blocked)}. \`earshot forget NAME\` lifts that.`;
}

async function theOnlyOne(service: Service): Promise<PeerRef> {
  const peers = await everyone(service);
  if (peers.length === 1) return peers[0]!;
  throw new UserError(
    `There are ${peers.length} peers: ${nameList(peers)}. Say which with --to NAME, or --to all.`,
    ExitCode.usage,
  );
}
