import { GROUPS } from "../../net/shared_binds.ts";
import { type Check, fault, pass, unknown, type Verdict, warning } from "../finding.ts";
import type { Scene } from "../scene.ts";
import type { Firewall, Zone } from "../system/firewall.ts";
import { type Fate, fateOf, type Packet } from "../system/rules.ts";

const UDP_PORT = 3333;
const TCP_PORTS = "3333-3349";

/** A packet that a peer needs, and what becomes of it. */
interface Judged extends Fate {
  readonly packet: Packet;
}

/** Looks for a firewall on this machine that keeps packets for peers out. */
export const firewall: Check = {
  name: "firewall",
  title: "a firewall here (nftables, iptables, ufw, firewalld) that keeps UDP 3333 or TCP 3333 to 3349 out",
  look(scene) {
    const { os, system: { firewall } } = scene;
    if (os === "darwin") {
      return unknown(
        "The firewall of macOS cannot be seen from here.",
        "Look at System Settings → Network → Firewall → Options: Earshot (or Deno) has to be allowed there.",
        "/usr/libexec/ApplicationFirewall/socketfilterfw --listapps",
      );
    }
    if (os === "windows") {
      return unknown(
        "The firewall of Windows cannot be seen from here.",
        "Look at Windows Security → Firewall & network protection → Allow an app: Earshot (or Deno) has to be allowed " +
          "on private networks.",
        "Get-NetFirewallRule -Direction Inbound -Enabled True -Action Block",
      );
    }
    const judged = packetsFor(scene).map((packet) => ({ packet, ...worst(firewall, packet) }));
    const dropped = judged.filter(({ fate }) => fate === "dropped");
    if (dropped.length > 0) {
      const by = firewall.zones ? "firewalld" : firewall.ufw ? "ufw" : dropped[0]!.at!.name;
      return fault(
        `${by} keeps out ${listOf(dropped)}.`,
        "Let in what Earshot needs.",
        ...openCommands(firewall, dropped),
      );
    }
    const closed = closedZone(scene);
    if (closed) {
      return fault(
        `The zone ${closed.name} of firewalld does not let in what Earshot needs.`,
        "Open the ports there.",
        ...zoneCommands(closed.name),
      );
    }
    const unclear = judged.filter(({ fate }) => fate === "unclear");
    if (unclear.length > 0) {
      return unknown(
        `Whether ${unclear[0]!.at!.name} lets in ${
          listOf(unclear)
        } depends on rules that cannot be read from here.`,
        "Look at these rules.",
        unclear[0]!.at!.name.startsWith("nftables") ? "sudo nft list ruleset" : "sudo iptables-save",
      );
    }
    return hidden(firewall) ?? pass("No rule of this machine keeps Earshot's packets out.");
  },
};

function hidden({ isHidden, ufw, zones }: Firewall): Verdict | undefined {
  if (!isHidden || zones) return undefined;
  if (ufw) {
    return warning(
      "ufw is switched on, and only root may read its rules.",
      "See whether 3333/udp and 3333:3349/tcp are allowed, and allow them otherwise.",
      "sudo ufw status",
      ...UFW,
    );
  }
  return unknown(
    "Only root may read the firewall of this machine, or it has no tool that shows it.",
    "Look whether UDP 3333 and TCP 3333 to 3349 may come in, or run this command as root.",
    "sudo nft list ruleset",
    "sudo --preserve-env=HOME earshot doctor",
  );
}

const UFW = ["sudo ufw allow 3333/udp", "sudo ufw allow 3333:3349/tcp"];

function packetsFor({ realLinks }: Scene): Packet[] {
  return realLinks.flatMap(({ interface: name, family, addresses }) => {
    const [from, group] = [addresses[0]!, GROUPS[family]];
    const base = { family, interface: name, from };
    return [
      { ...base, protocol: "udp", port: UDP_PORT, to: group, isMulticast: true },
      { ...base, protocol: "udp", port: UDP_PORT, to: from, isMulticast: false },
      { ...base, protocol: "tcp", port: 3333, to: from, isMulticast: false },
    ] as const;
  });
}

/** A packet has to come through every set of rules. */
function worst({ rules }: Firewall, packet: Packet): Fate {
  const fates = rules.map((set) => fateOf(set, packet));
  return fates.find(({ fate }) => fate === "dropped") ?? fates.find(({ fate }) => fate === "unclear") ??
    { fate: "in" };
}

function listOf(judged: readonly Judged[]): string {
  const kinds = new Map<string, Set<string>>();
  for (const { packet: { protocol, isMulticast, interface: name, family } } of judged) {
    const kind = protocol === "tcp" ? "TCP 3333" : isMulticast ? "multicast on UDP 3333" : "UDP 3333";
    const places = kinds.get(kind) ?? new Set();
    kinds.set(kind, places.add(`${name} (IPv${family})`));
  }
  return [...kinds].map(([kind, places]) => `${kind} on ${[...places].join(", ")}`).join("; ");
}

function openCommands({ zones, ufw }: Firewall, dropped: readonly Judged[]): string[] {
  if (zones) return zoneCommands(zones[0]?.name ?? "public");
  if (ufw) return UFW;
  const commands = dropped.map(({ at, packet: { protocol } }) => {
    const isNft = at!.name.startsWith("nftables");
    const what = protocol === "udp"
      ? isNft ? `udp dport ${UDP_PORT}` : `-p udp --dport ${UDP_PORT}`
      : isNft
      ? `tcp dport ${TCP_PORTS}`
      : `-p tcp --dport ${TCP_PORTS.replace("-", ":")}`;
    return at!.insert!.replace("%", what);
  });
  return [...new Set(commands)];
}

/** The zone of an interface in use that has not both ports open; undefined if there is none. */
function closedZone(
  { realLinks, system: { firewall: { zones, rules, isHidden } } }: Scene,
): Zone | undefined {
  // If the rules could be read, they tell more.
  if (!zones || (!isHidden && rules.length > 0)) return undefined;
  return zones.find((zone) =>
    !zone.isOpen && zone.interfaces.some((name) => realLinks.some((link) => link.interface === name)) &&
    !["udp", "tcp"].every((protocol) => zone.ports.some((port) => isOpen(port, protocol)))
  );
}

function isOpen(port: string, protocol: string): boolean {
  const [range = "", of] = port.split("/");
  const [first, last = first] = range.split("-").map(Number);
  return of === protocol && first! <= UDP_PORT && UDP_PORT <= last!;
}

function zoneCommands(zone: string): string[] {
  return [
    `sudo firewall-cmd --permanent --zone=${zone} --add-port=3333/udp --add-port=3333-3349/tcp`,
    "sudo firewall-cmd --reload",
  ];
}
