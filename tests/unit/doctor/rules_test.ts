import { assertEquals } from "@std/assert";
import { iptablesRules } from "../../../lib/doctor/system/iptables.ts";
import { nftRules } from "../../../lib/doctor/system/nft.ts";
import { fateOf, type Packet, type RuleSet } from "../../../lib/doctor/system/rules.ts";

const MULTICAST: Packet = {
  protocol: "udp",
  port: 3333,
  family: 4,
  interface: "eth0",
  from: "10.83.0.1",
  to: "239.255.83.72",
  isMulticast: true,
};
const TCP: Packet = { ...MULTICAST, protocol: "tcp", to: "10.83.0.1", isMulticast: false };
const TCP6: Packet = { ...TCP, family: 6, from: "fd83::1", to: "fd83::1" };

/** What becomes of multicast, TCP, and TCP over IPv6. */
function fates(rules: RuleSet): string[] {
  return [MULTICAST, TCP, TCP6].map((packet) => fateOf(rules, packet).fate);
}

const saved = (policy: string, ...rules: string[]) =>
  iptablesRules([`*filter`, `:INPUT ${policy} [0:0]`, `:office - [0:0]`, ...rules, "COMMIT"].join("\n"), 4);

const iptables: [what: string, rules: RuleSet, multicast: string, tcp: string][] = [
  ["nothing but a policy that accepts", saved("ACCEPT"), "in", "in"],
  ["nothing but a policy that drops", saved("DROP"), "dropped", "dropped"],
  ["a port that is dropped", saved("ACCEPT", "-A INPUT -p udp -m udp --dport 3333 -j DROP"), "dropped", "in"],
  [
    "a range of ports that is let in",
    saved("DROP", "-A INPUT -p tcp -m tcp --dport 3300:3400 -j ACCEPT"),
    "dropped",
    "in",
  ],
  [
    "replies only",
    saved(
      "DROP",
      "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A INPUT -i lo -j ACCEPT",
    ),
    "dropped",
    "dropped",
  ],
  [
    "a negated interface, and an address",
    saved("ACCEPT", "-A INPUT ! -i lo -s 10.0.0.0/8 -p tcp -j REJECT --reject-with tcp-reset"),
    "in",
    "dropped",
  ],
  [
    "a chain that is left by RETURN",
    saved(
      "DROP",
      "-A INPUT -j office",
      "-A INPUT -p tcp -j ACCEPT",
      "-A office -p tcp -j RETURN",
      '-A office -m comment --comment "all \\"else\\" -j DROP" -j ACCEPT',
    ),
    "in",
    "in",
  ],
  [
    "kinds of packets and destinations",
    saved("DROP", "-A INPUT -m pkttype --pkt-type multicast -j ACCEPT", "-A INPUT -d 10.83.0.1/32 -j ACCEPT"),
    "in",
    "in",
  ],
  [
    "a match that nobody here knows before a drop",
    saved("ACCEPT", "-A INPUT -m geoip --source-country XX -j DROP"),
    "unclear",
    "unclear",
  ],
  [
    "a target that nobody here knows",
    saved("ACCEPT", "-A INPUT -p tcp -j WEIRD"),
    "in",
    "unclear",
  ],
  [
    "an unknown match whose outcome does not matter",
    saved("DROP", "-A INPUT -m geoip -j DROP"),
    "dropped",
    "dropped",
  ],
];

for (const [what, rules, multicast, tcp] of iptables) {
  Deno.test(`iptables: ${what}`, () => assertEquals(fates(rules), [multicast, tcp, "in"]));
}

// deno-lint-ignore no-explicit-any
function table(policy: string, expressions: any[][], family = "inet", extra: any[] = []): RuleSet {
  const place = { family, table: "t" };
  return nftRules({
    nftables: [
      { metainfo: {} },
      { table: { family, name: "t" } },
      { chain: { ...place, name: "in", type: "filter", hook: "input", prio: 0, policy } },
      { chain: { ...place, name: "nat", type: "nat", hook: "prerouting", prio: -100, policy: "drop" } },
      ...extra,
      ...expressions.map((expr) => ({ rule: { ...place, chain: "in", expr } })),
    ],
  });
}

const port = (protocol: string, right: unknown, op = "==") => ({
  match: { op, left: { payload: { protocol, field: "dport" } }, right },
});
const meta = (key: string, right: unknown, op = "==") => ({ match: { op, left: { meta: { key } }, right } });
const COUNTER = { counter: { packets: 0, bytes: 0 } };

const nft: [what: string, rules: RuleSet, fates: string[]][] = [
  ["nothing", nftRules({ nftables: [] }), ["in", "in", "in"]],
  ["a policy that drops", table("drop", []), ["dropped", "dropped", "dropped"]],
  ["a policy for IPv6", table("drop", [], "ip6"), ["in", "in", "dropped"]],
  ["a port that is dropped", table("accept", [[port("udp", 3333), COUNTER, { drop: null }]]), [
    "dropped",
    "in",
    "in",
  ]],
  [
    "a set with a range",
    table("drop", [[port("tcp", { set: [22, { range: [3333, 3349] }] }), { accept: null }]]),
    ["dropped", "in", "in"],
  ],
  [
    "a verdict map of states",
    table("drop", [[{
      vmap: {
        key: { ct: { key: "state" } },
        data: { set: [["invalid", { drop: null }], ["established", { accept: null }]] },
      },
    }]]),
    ["dropped", "dropped", "dropped"],
  ],
  [
    "a jump to a chain that accepts",
    table("drop", [[meta("iifname", "eth*"), { jump: { target: "lan" } }]], "inet", [
      { chain: { family: "inet", table: "t", name: "lan" } },
      {
        rule: {
          family: "inet",
          table: "t",
          chain: "lan",
          expr: [meta("pkttype", "multicast"), { accept: null }],
        },
      },
    ]),
    ["in", "dropped", "dropped"],
  ],
  [
    "a named set of networks",
    table(
      "drop",
      [[{ match: { op: "==", left: { payload: { protocol: "ip", field: "saddr" } }, right: "@home" } }, {
        accept: null,
      }]],
      "inet",
      [{
        set: { family: "inet", table: "t", name: "home", elem: [{ prefix: { addr: "10.0.0.0", len: 8 } }] },
      }],
    ),
    ["in", "in", "dropped"],
  ],
  ["all but one interface", table("accept", [[meta("iifname", "lo", "!="), { reject: {} }]]), [
    "dropped",
    "dropped",
    "dropped",
  ]],
  ["a limit before a drop", table("accept", [[{ limit: { rate: 5 } }, { drop: null }]]), [
    "unclear",
    "unclear",
    "unclear",
  ]],
  [
    "a match of xtables, which cannot be read",
    table("accept", [[{ xt: { type: "match", name: "geoip" } }, { drop: null }]]),
    ["unclear", "unclear", "unclear"],
  ],
  [
    "chains that jump to each other for ever",
    table("accept", [[{ jump: { target: "a" } }]], "inet", [
      { chain: { family: "inet", table: "t", name: "a" } },
      { rule: { family: "inet", table: "t", chain: "a", expr: [{ jump: { target: "a" } }] } },
    ]),
    ["unclear", "unclear", "unclear"],
  ],
];

for (const [what, rules, expected] of nft) {
  Deno.test(`nftables: ${what}`, () => assertEquals(fates(rules), expected));
}

Deno.test("tables of iptables are left to iptables-save, if that can be read", () => {
  const ruleset = {
    nftables: [
      {
        chain: {
          family: "ip",
          table: "filter",
          name: "INPUT",
          type: "filter",
          hook: "input",
          prio: 0,
          policy: "drop",
        },
      },
      {
        rule: {
          family: "ip",
          table: "filter",
          chain: "INPUT",
          expr: [{ xt: { type: "match", name: "conntrack" } }],
        },
      },
    ],
  };
  assertEquals(nftRules(ruleset, () => true).entries, []);
  assertEquals(fates(nftRules(ruleset)), ["dropped", "dropped", "in"]);
});
