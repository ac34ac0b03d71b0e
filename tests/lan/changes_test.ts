// The network changes while documents flow both ways. Each of them is there exactly once, in its order, and they flow
// again soon after the network works again: the manual says within 5 s, or 10 s after waking from sleep, on a machine that
// is not busy with four such networks. The hosts have no default route unless a test gives them one.

import { assert } from "@std/assert";
import type { Lan, LanOptions } from "../support/lan.ts";
import { lateness } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { Flow } from "./flow.ts";
import { type LabHost, meet, shell, twoNetworks, withLab } from "./lab.ts";

/** Longest wait until documents flow again: less than the silence after which a session ends, milliseconds. */
const FLOWS_WITHIN = 20_000;
/** How long the network is away, milliseconds: after that TCP would try again 3 s later. */
const AWAY = 3_500;

/** A change of the network, resolved when it works again. */
interface Change {
  readonly what: string;
  readonly within?: number;
  readonly make: (lan: Lan) => Promise<unknown>;
}

const CABLE: Change = {
  what: "a cable that was pulled",
  make: (lan) => away(() => lan.linkDown("anna"), () => lan.linkUp("anna")),
};
const SWITCHED_OFF: Change = {
  what: "an interface that was switched off",
  make: (lan) => away(() => lan.interfaceDown("anna"), () => lan.interfaceUp("anna")),
};
const TAKEN_OUT: Change = {
  what: "an interface that was taken out",
  make: (lan) => away(() => lan.unplug("anna", "eth0"), () => lan.plug("anna", "br0")),
};
const ADDRESS: Change = { what: "another address", make: (lan) => readdress(lan, "anna", 70) };
const FAR_ADDRESS: Change = {
  what: "another address of the other side",
  make: (lan) => readdress(lan, "bert", 80),
};
const VPN: Change = {
  what: "a VPN that took the way out and blocked the network",
  make: (lan) =>
    away(
      () =>
        shell(
          lan,
          "anna",
          "ip tuntap add vpn0 mode tun && ip addr add 10.99.0.1/24 dev vpn0 && ip link set vpn0 up && " +
            "ip route add default dev vpn0 && " +
            firewall("-A OUTPUT -o eth0 -j DROP", "-A INPUT -i eth0 -j DROP"),
        ),
      () => shell(lan, "anna", `${firewall("-F")} && ip link del vpn0`),
    ),
};
const ROAMING: Change = {
  what: "another network for both",
  make: async (lan) => {
    for (const host of ["anna", "bert"]) {
      await lan.unplug(host, "eth0");
      await lan.plug(host, "br1");
    }
  },
};
const SECOND: Change = {
  what: "a second network, and the first that goes",
  make: async (lan) => {
    for (const host of ["anna", "bert"]) await lan.plug(host, "br2");
    await pass(AWAY);
    await lan.linkDown("anna");
  },
};
const SLEEP: Change = {
  what: "sleep",
  make: (lan) => away(() => lan.signal("anna", "SIGSTOP"), () => lan.signal("anna", "SIGCONT")),
};
const ROUTER: Change = {
  what: "a router that was started anew",
  make: (lan) =>
    away(
      () => Promise.all(["eth0", "eth1"].map((iface) => lan.linkDown("router", iface))),
      () => Promise.all(["eth0", "eth1"].map((iface) => lan.linkUp("router", iface))),
    ),
};
/** Two of three sent packets get no answer: no time is promised, only that all arrives. */
const LOSS: Change = {
  what: "a network that loses 30 %",
  within: Infinity,
  make: (lan) =>
    shell(lan, "bert", firewall("-A INPUT -i eth0 -m statistic --mode random --probability 0.3 -j DROP")),
};

const WORLDS: readonly {
  readonly name: string;
  readonly options?: Omit<LanOptions, "hosts">;
  /** True if bert is on another network, with a router between; each has to name the other. */
  readonly isFar?: boolean;
  readonly changes: readonly Change[];
}[] = [
  { name: "IPv4", options: { ipv6: false }, changes: [CABLE, ADDRESS, FAR_ADDRESS, SLEEP, SECOND] },
  { name: "IPv6", options: { ipv4: false }, changes: [TAKEN_OUT, ADDRESS, VPN, ROAMING] },
  { name: "both families", changes: [SWITCHED_OFF, VPN, ROAMING, LOSS] },
  { name: "a router", isFar: true, changes: [ROUTER, FAR_ADDRESS] },
];

Deno.test({
  name: "documents flow on whatever happens to the network, over IPv4, IPv6, both, and across a router",
  ignore: lacks("lan"),
  fn: () =>
    beside(
      WORLDS.map(({ name, options, isFar, changes }) => () =>
        withLab(["anna", "bert", "router"], async (lan, anna, bert, router) => {
          if (isFar) await twoNetworks(lan, router, [anna], bert);
          const peers = isFar ? [lan.address("bert", 4), lan.address("anna", 4)] : [];
          await flowOn(name, lan, anna, bert, peers, changes);
        }, options)
      ),
    ),
});

/** Lets documents flow both ways, and makes the changes one after another. */
async function flowOn(
  world: string,
  lan: Lan,
  anna: LabHost,
  bert: LabHost,
  peers: readonly string[],
  changes: readonly Change[],
): Promise<void> {
  const [toBert, toAnna] = peers.map((peer) => ["--peer", peer]);
  await using a = await anna.up(...toBert ?? []);
  await using b = await bert.up(...toAnna ?? []);
  await meet({ anna: a, bert: b });
  await using there = await Flow.start(anna, bert, b);
  await using back = await Flow.start(bert, anna, a);
  const flows = { there, back };
  for (const { what, within = FLOWS_WITHIN, make } of changes) {
    await make(lan);
    await Promise.all(
      Object.entries(flows).map(async ([way, flow]) => {
        const took = await flow.flows();
        assert(
          took <= within + lateness(a, b),
          `over ${world} documents flow ${way} ${took} ms after ${what}`,
        );
      }),
    );
  }
  await Promise.all(Object.values(flows).map((flow) => flow.end()));
}

/** Runs all beside each other, each to its end, and fails as the first that failed. */
async function beside(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const results = await Promise.allSettled(tasks.map((task) => task()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function away(goes: () => Promise<unknown>, comesBack: () => Promise<unknown>): Promise<void> {
  await goes();
  await pass(AWAY);
  await comesBack();
}

/** Nothing tells that a time is over in which nothing arrives. */
function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A shell command that runs these of iptables, for both families. */
function firewall(...rules: readonly string[]): string {
  return ["iptables", "ip6tables"].flatMap((tables) => rules.map((rule) => `${tables} ${rule}`)).join(" && ");
}

/** Gives the only interface of a host other addresses in place of those it has, and takes over its routes. */
async function readdress(lan: Lan, host: string, number: number): Promise<void> {
  const [{ ifname }] = JSON.parse(await lan.ip(host, "-j", "addr", "show", "up", "scope", "global"));
  for (const family of [4, 6] as const) {
    const list = JSON.parse(
      await lan.ip(host, `-${family}`, "-j", "addr", "show", "dev", ifname, "scope", "global"),
    );
    const routes = JSON.parse(await lan.ip(host, `-${family}`, "-j", "route", "show", "default"));
    for (
      const { local, prefixlen } of list.flatMap(({ addr_info = [] }) => addr_info).filter((
        { local }: { local?: string },
      ) => local)
    ) {
      const other = local.replace(/\d+$/, `${number}`);
      await lan.ip(host, `-${family}`, "addr", "add", `${other}/${prefixlen}`, "dev", ifname);
      await lan.ip(host, `-${family}`, "addr", "del", `${local}/${prefixlen}`, "dev", ifname);
      await lan.ip(host, `-${family}`, "addr", "replace", `${other}/${prefixlen}`, "dev", ifname);
    }
    for (const { gateway } of routes) {
      await lan.ip(host, `-${family}`, "route", "replace", "default", "via", gateway);
    }
  }
}
