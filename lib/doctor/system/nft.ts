import type { Family } from "../../net/types.ts";
import { isWithin } from "./addresses.ts";
import type { Action, Match, Packet, Rule, RuleSet } from "./rules.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const FAMILIES: Record<string, readonly Family[]> = { ip: [4], ip6: [6], inet: [4, 6] };

/** Statements that leave a packet where it is. */
const HARMLESS = [
  "counter",
  "log",
  "mangle",
  "notrack",
  "ct timeout",
  "ct helper",
  "meter",
  "set",
  "comment",
];

/**
 * Reads what `nft --json list ruleset` prints: the chains that a packet for this machine comes through.
 *
 * @param skips leaves out tables of `iptables`, whose rules `nft` cannot tell in full
 */
export function nftRules(ruleset: unknown, skips: (family: Family) => boolean = () => false): RuleSet {
  const items: Json[] = (ruleset as Json)?.nftables ?? [];
  const sets = new Map<string, Json[]>();
  const chains = new Map<string, Rule[]>();
  const entries: (RuleSet["entries"][number] & { priority: number })[] = [];
  const foreign = new Set<string>();
  for (const { rule } of items) {
    if (rule?.expr?.some((each: Json) => each.xt !== undefined)) foreign.add(`${rule.family} ${rule.table}`);
  }
  for (const { set } of items) {
    if (set) sets.set(`${set.family} ${set.table} @${set.name}`, set.elem ?? []);
  }
  for (const { chain, rule } of items) {
    const { family, table, name, hook, type, prio = 0, policy = "accept" } = chain ?? {};
    const families = FAMILIES[family] ?? [];
    if (chain) chains.set(`${family} ${table} ${name}`, []);
    if (chain && ["input", "prerouting"].includes(hook) && type === "filter" && families.length > 0) {
      if (foreign.has(`${family} ${table}`) && families.every(skips)) continue;
      entries.push({
        chain: `${family} ${table} ${name}`,
        name: `nftables ${family} ${table} ${name}`,
        policy,
        families,
        priority: (hook === "input" ? 1e6 : 0) + Number(prio),
        insert: `sudo nft insert rule ${family} ${table} ${name} % accept`,
      });
    }
    if (!rule) continue;
    const key = `${rule.family} ${rule.table} ${rule.chain}`;
    const list = chains.get(key) ?? [];
    chains.set(key, list);
    list.push(...ruleOf(rule, (name) => sets.get(`${rule.family} ${rule.table} ${name}`)));
  }
  return { chains, entries: entries.toSorted((a, b) => a.priority - b.priority) };
}

/** A verdict map is a rule for each of its entries. */
function ruleOf({ family, table, expr }: Json, setOf: (name: string) => Json[] | undefined): Rule[] {
  const matches: Match[] = [];
  const rules: Rule[] = [];
  const place = `${family} ${table}`;
  for (const statement of expr ?? []) {
    const [kind, body] = Object.entries<Json>(statement)[0] ?? [];
    if (kind === "match") matches.push(matchOf(body, setOf));
    else if (kind === "vmap") {
      const data = typeof body.data === "string" ? setOf(body.data) : body.data?.set;
      for (const [value, verdict] of data ?? []) {
        const match = matchOf({ op: "==", left: body.key, right: value }, setOf);
        rules.push({ matches: [...matches, match], action: actionOf(verdict, place) });
      }
      if (data === undefined) rules.push({ matches: [...matches], action: { end: "unclear" } });
    } else if (kind === "xt" && body?.type === "target") {
      const action: Action = { end: ["REJECT", "DROP"].includes(body.name) ? "drop" : "unclear" };
      rules.push({ matches: [...matches], action });
    } else if (kind === "xt" || kind === "limit" || kind === "quota" || kind === "connlimit") {
      matches.push(() => undefined);
    } else if (!HARMLESS.includes(kind ?? "")) {
      rules.push({ matches: [...matches], action: actionOf(statement, place) });
    }
  }
  return rules;
}

function actionOf(verdict: Json, place: string): Action | undefined {
  const [kind, body] = Object.entries<Json>(verdict ?? {})[0] ?? [];
  switch (kind) {
    case "accept":
    case "return":
      return { end: kind };
    case "drop":
    case "reject":
      return { end: "drop" };
    case "jump":
    case "goto":
      return { chain: `${place} ${body.target}`, goes: kind === "goto" };
    case "continue":
      return undefined;
    default:
      return { end: "unclear" };
  }
}

function matchOf({ op, left, right }: Json, setOf: (name: string) => Json[] | undefined): Match {
  return (packet) => {
    const value = valueOf(left, packet);
    if (value === undefined) return undefined;
    if (value === null) return false;
    const is = isAmong(value, right, setOf);
    if (is === undefined) return undefined;
    return op === "==" || op === "in" ? is : op === "!=" ? !is : undefined;
  };
}

/** Value of a packet there; undefined if nobody knows, null if it is part of other protocols only. */
function valueOf(left: Json, packet: Packet): string | number | null | undefined {
  const { payload, meta, ct } = left ?? {};
  if (payload !== undefined) {
    const { protocol, field } = payload;
    if (protocol === "udp" || protocol === "tcp" || protocol === "th") {
      if (protocol !== "th" && protocol !== packet.protocol) return null;
      if (field === "dport") return packet.port;
      return undefined;
    }
    if (protocol === "ip" || protocol === "ip6") {
      if ((protocol === "ip" ? 4 : 6) !== packet.family) return null;
      if (field === "saddr") return packet.from;
      if (field === "daddr") return packet.to;
      if (field === "protocol" || field === "nexthdr") return packet.protocol;
    }
    if (["icmp", "icmpv6", "igmp", "sctp", "arp"].includes(protocol)) return null;
    return undefined;
  }
  switch (meta?.key) {
    case "iifname":
    case "iif":
      return packet.interface;
    case "l4proto":
      return packet.protocol;
    case "nfproto":
      return packet.family === 4 ? "ipv4" : "ipv6";
    case "protocol":
      return packet.family === 4 ? "ip" : "ip6";
    case "pkttype":
      return packet.isMulticast ? "multicast" : "host";
  }
  return ct?.key === "state" ? "new" : undefined;
}

function isAmong(
  value: string | number,
  right: Json,
  setOf: (name: string) => Json[] | undefined,
): boolean | undefined {
  if (typeof right === "string" && right.startsWith("@")) {
    const elements = setOf(right);
    return elements && isAmong(value, elements, setOf);
  }
  if (Array.isArray(right) || right?.set !== undefined) {
    const results = (right.set ?? right).map((each: Json) => isAmong(value, each, setOf));
    return results.includes(true) ? true : results.includes(undefined) ? undefined : false;
  }
  if (right?.elem !== undefined) return isAmong(value, right.elem.val, setOf);
  if (right?.range !== undefined) {
    if (typeof value !== "number") return undefined;
    const [first, last] = right.range.map(Number);
    return value >= first && value <= last;
  }
  if (right?.prefix !== undefined) return isWithin(String(value), `${right.prefix.addr}/${right.prefix.len}`);
  if (typeof right === "string" && right.endsWith("*")) return String(value).startsWith(right.slice(0, -1));
  if (typeof right === "object" && right !== null) return undefined;
  // A name of a service may stand for a port.
  if (typeof value === "number" && typeof right === "string" && !/^\d+$/.test(right)) return false;
  return String(value) === String(right);
}
