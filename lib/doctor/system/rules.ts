import type { Family } from "../../net/types.ts";

/** A packet that would have to come in, as a firewall sees it. */
export interface Packet {
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  readonly family: Family;
  readonly interface: string;
  /** An address of the network that it comes from. */
  readonly from: string;
  /** Our address, or the multicast group. */
  readonly to: string;
  readonly isMulticast: boolean;
}

/** True, false, or undefined if it cannot be told. */
export type Match = (packet: Packet) => boolean | undefined;

/** Action of a rule on a packet that it matches. */
export type Action =
  | { readonly end: "accept" | "drop" | "return" }
  /** It goes on in another chain, and comes back at its end unless it `goes`. */
  | { readonly chain: string; readonly goes: boolean }
  /** Nobody here knows what it does. */
  | { readonly end: "unclear" };

/** One rule; without an action it only counts or logs. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly action?: Action;
}

/** Chains by their names; `entry` first in order of their priority. */
export interface RuleSet {
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  readonly entries: readonly {
    readonly chain: string;
    readonly policy: "accept" | "drop";
    /** Families whose packets come there. */
    readonly families: readonly Family[];
    /** The chain's name for people, with its table. */
    readonly name: string;
    /** Words of a command that lets in what `%` stands for; undefined if the tool has no such command. */
    readonly insert?: string;
  }[];
}

/** Fate of a packet, and the chain that decides it. */
export interface Fate {
  readonly fate: "in" | "dropped" | "unclear";
  readonly at?: RuleSet["entries"][number];
}

type Outcome = "accept" | "drop" | "through";

/** Deepest jump that is followed. */
const DEPTH_MAX = 32;

/**
 * Tells what becomes of a packet. If a rule cannot be read, both ways are followed, and the fate is unclear unless they
 * end alike.
 */
export function fateOf(rules: RuleSet, packet: Packet): Fate {
  let unclear: Fate | undefined;
  for (const entry of rules.entries) {
    if (!entry.families.includes(packet.family)) continue;
    const outcomes = walk(rules, entry.chain, packet, 0);
    if (outcomes.delete("through")) outcomes.add(entry.policy);
    if (!outcomes.has("drop")) continue;
    if (outcomes.size === 1) return { fate: "dropped", at: entry };
    unclear ??= { fate: "unclear", at: entry };
  }
  return unclear ?? { fate: "in" };
}

function walk({ chains }: RuleSet, chain: string, packet: Packet, depth: number): Set<Outcome> {
  const outcomes = new Set<Outcome>();
  const list = chains.get(chain);
  // It is no chain, but a target that nobody here knows.
  if (list === undefined || depth > DEPTH_MAX) return new Set<Outcome>(["accept", "drop", "through"]);
  for (const { matches, action } of list) {
    if (action === undefined) continue;
    const results = matches.map((match) => match(packet));
    if (results.includes(false)) continue;
    const isSure = !results.includes(undefined);
    const next = outcomesOf(action, (to) => walk({ chains, entries: [] }, to, packet, depth + 1));
    for (const outcome of next) if (outcome !== "next") outcomes.add(outcome);
    if (isSure && !next.has("next")) return outcomes;
  }
  return outcomes.add("through");
}

function outcomesOf(action: Action, walkTo: (chain: string) => Set<Outcome>): Set<Outcome | "next"> {
  if ("chain" in action) {
    const outcomes = new Set<Outcome | "next">(walkTo(action.chain));
    if (!action.goes && outcomes.delete("through")) outcomes.add("next");
    return outcomes;
  }
  switch (action.end) {
    case "return":
      return new Set(["through"]);
    case "unclear":
      return new Set(["accept", "drop", "next"]);
    default:
      return new Set([action.end]);
  }
}
