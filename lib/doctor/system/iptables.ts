import type { Family } from "../../net/types.ts";
import { isWithin } from "./addresses.ts";
import type { Action, Match, Packet, Rule, RuleSet } from "./rules.ts";

/** Targets that leave a packet where it is. */
const HARMLESS = ["LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "TRACE", "CT", "NOTRACK"];

/** Options of a match that say nothing about which packets it takes, with the number of their values. */
const TOLD: Readonly<Record<string, number>> = {
  "--comment": 1,
  "--reject-with": 1,
  "--log-prefix": 1,
  "--log-level": 1,
  "--nflog-prefix": 1,
  "--nflog-group": 1,
};

/** Reads what `iptables-save` or `ip6tables-save` prints: the table `filter`, from its chain INPUT on. */
export function iptablesRules(saved: string, family: Family): RuleSet {
  const chains = new Map<string, Rule[]>();
  let policy: "accept" | "drop" = "accept";
  let isFilter = false;
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) isFilter = line === "*filter";
    if (!isFilter) continue;
    const input = /^:INPUT (ACCEPT|DROP)/.exec(line);
    if (input) policy = input[1] === "DROP" ? "drop" : "accept";
    const declared = /^:(\S+)/.exec(line)?.[1];
    if (declared !== undefined) chains.set(declared, []);
    const [, chain, rest] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
    if (chain === undefined) continue;
    const list = chains.get(chain) ?? [];
    chains.set(chain, list);
    list.push(ruleOf(wordsOf(rest!)));
  }
  const tool = family === 4 ? "iptables" : "ip6tables";
  const entry = {
    chain: "INPUT",
    name: `${tool} INPUT`,
    policy,
    families: [family],
    insert: `sudo ${tool} -I INPUT % -j ACCEPT`,
  };
  return { chains, entries: chains.has("INPUT") ? [entry] : [] };
}

function wordsOf(text: string): string[] {
  return (text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, "$1"));
}

function ruleOf(words: readonly string[]): Rule {
  const matches: Match[] = [];
  let action: Action | undefined;
  let isNot = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "!") {
      isNot = true;
      continue;
    }
    const value = words[i + 1] ?? "";
    const match = matchOf(word, value);
    if (word === "-j" || word === "-g") {
      action = actionOf(value, word === "-g");
      i++;
    } else if (word === "-m") i++;
    else if (word in TOLD) i += TOLD[word]!;
    else if (match) {
      const negated = isNot;
      matches.push((packet) => {
        const is = match(packet);
        return is === undefined ? undefined : is !== negated;
      });
      i++;
    } else {
      // Nothing is known of this option: nor whether the packet fits.
      matches.push(() => undefined);
      while (i + 1 < words.length && !words[i + 1]!.startsWith("-")) i++;
    }
    isNot = false;
  }
  return { matches, action };
}

function actionOf(target: string, goes: boolean): Action | undefined {
  if (target === "ACCEPT" || target === "RETURN") return { end: target === "ACCEPT" ? "accept" : "return" };
  if (target === "DROP" || target === "REJECT") return { end: "drop" };
  if (HARMLESS.includes(target)) return undefined;
  return { chain: target, goes };
}

function matchOf(option: string, value: string): Match | undefined {
  switch (option) {
    case "-p":
    case "--protocol":
      return ({ protocol }) => value === protocol || value === "all";
    case "-i":
      return (packet) =>
        value.endsWith("+") ? packet.interface.startsWith(value.slice(0, -1)) : packet.interface === value;
    case "-s":
      return ({ from }) => isWithin(from, value);
    case "-d":
      return ({ to }) => isWithin(to, value);
    case "--dport":
    case "--dports":
    case "--ports":
      return ({ port }) => value.split(",").some((range) => isInRange(port, range));
    case "--ctstate":
    case "--state":
      return () => value.split(",").includes("NEW");
    case "--pkt-type":
      return ({ isMulticast }) => value === (isMulticast ? "multicast" : "unicast");
    case "--dst-type":
      return ({ isMulticast }: Packet) => value.split(",").includes(isMulticast ? "MULTICAST" : "LOCAL");
    case "--icmp-type":
    case "--icmpv6-type":
      return () => false;
    default:
      return undefined;
  }
}

function isInRange(port: number, range: string): boolean {
  const [first = "", last = first] = range.split(":");
  return port >= Number(first) && port <= Number(last);
}
