import { ExitCode, UserError } from "../platform/user_error.ts";
import {
  familyOf,
  ipv4ToNumber,
  ipv6ToNumber,
  isLinkLocal,
  isLoopback,
  numberToIpv4,
  plainHost,
  zoneOf,
} from "./addresses.ts";
import type { Link } from "./types.ts";

/** A link with the properties that its sockets need. */
export interface NetLink extends Link {
  /** The part after `%` in an address of this link: the interface's name; on Windows its index. */
  readonly zone: string;
  /** The IPv4 networks of its addresses, as 32-bit numbers; empty for IPv6. */
  readonly subnets: readonly { readonly network: number; readonly mask: number }[];
  /** The upper 64 bits of its IPv6 addresses; empty for IPv4. */
  readonly prefixes: readonly bigint[];
  /** True for a tunnel or a cable to one other host, whose address may be of any network. */
  readonly pointToPoint: boolean;
  /** Changes when the link's sockets have to be opened anew. */
  readonly signature: string;
}

/** Most links in use: a host of containers must not open sockets without limit. */
const LINKS_MAX = 64;

/**
 * Lists the links of this machine, in the system's order. Needs `--allow-sys=networkInterfaces`.
 *
 * Without `--allow-all` the state of an interface is not available. An interface that goes down loses its IPv6
 * addresses: its IPv6 link goes, and its IPv4 link gets another signature. A cable that is pulled goes unnoticed unless
 * the system removes the addresses.
 */
export function readLinks(
  infos: Deno.NetworkInterfaceInfo[] = Deno.networkInterfaces(),
  os: typeof Deno.build.os = Deno.build.os,
): NetLink[] {
  const byName = new Map<string, Deno.NetworkInterfaceInfo[]>();
  for (const info of infos) {
    if (info.address === "0.0.0.0" || info.address === "::") continue;
    // Linux names the second address of eth0 `eth0:1` if it has a label; the interface is the same.
    const name = os === "linux" ? info.name.replace(/:.*$/, "") : info.name;
    const list = byName.get(name);
    if (list) list.push(info);
    else byName.set(name, [info]);
  }
  return [...byName].flatMap(([name, addresses]) => linksOfInterface(name, addresses, os === "windows"));
}

/**
 * Returns a function that lists the links as {@linkcode readLinks} does. If nothing has changed since its last call, it
 * returns the same links, unless it is told to make them anew.
 */
export function linkReader(infos = Deno.networkInterfaces): (anew: boolean) => readonly NetLink[] {
  let before: string | undefined;
  let links: readonly NetLink[] = [];
  return (anew) => {
    const now = infos();
    const text = JSON.stringify(now);
    if (anew || text !== before) links = readLinks(now);
    before = text;
    return links;
  };
}

function linksOfInterface(name: string, infos: Deno.NetworkInterfaceInfo[], windows: boolean): NetLink[] {
  const loopback = infos.some(({ address }) => isLoopback(address));
  const isTunnel = !loopback && infos.every(({ mac }) => /^[0:]*$/.test(mac));
  const index = infos.find((info) => isLinkLocal(info.address))?.scopeid ?? undefined;
  return ([4, 6] as const).flatMap((family) => {
    const own = infos.filter((info) => info.family === `IPv${family}`);
    const addresses = [...new Set(own.map((info) => plainHost(info.address)))];
    // Windows knows the zones of IPv6 by index only.
    if (addresses.length === 0 || (windows && family === 6 && index === undefined)) return [];
    return [{
      interface: name,
      family,
      addresses,
      loopback,
      zone: windows ? String(index) : name,
      subnets: family === 6 ? [] : own.map((info) => {
        const mask = ipv4ToNumber(info.netmask) ?? 0xffffffff;
        return { network: ((ipv4ToNumber(info.address) ?? 0) & mask) >>> 0, mask };
      }),
      prefixes: family === 4
        ? []
        : own.flatMap((info) => ipv6ToNumber(plainHost(info.address)) ?? []).map((all) => all >> 64n),
      pointToPoint: isTunnel || (!loopback && own.some((info) => info.netmask === "255.255.255.255")),
      // A device that was removed and came back has another index or hardware address. One that is down has no index
      // until it has a link-local address again.
      signature: JSON.stringify([name, family, index, infos[0]!.mac, own.map((info) => info.cidr).sort()]),
    }];
  });
}

/** Returns `now` with unchanged links replaced by their objects in `before`: a link keeps its identity. */
export function keepKnown(before: readonly NetLink[], now: readonly NetLink[]): NetLink[] {
  return now.map((link) => before.find((known) => known.signature === link.signature) ?? link);
}

/**
 * Selects the links to use, at most 64: those of the interfaces in `selection` (names or addresses). Without a
 * selection, all links but the host's ends of containers' virtual cables, whose bridge is selected instead.
 */
export function selectLinks<T extends Link>(
  links: readonly T[],
  selection: readonly string[] | undefined,
): T[] {
  const chosen = selection !== undefined && selection.length > 0
    ? links.filter((link) => selection.some((wanted) => isCalled(link, wanted, links)))
    : links.filter((link) => !isContainerCable(link, links));
  return chosen.slice(0, LINKS_MAX);
}

function isCalled(link: Link, wanted: string, links: readonly Link[]): boolean {
  return wanted === link.interface ||
    links.some((other) =>
      other.interface === link.interface && other.addresses.includes(plainHost(wanted).toLowerCase())
    );
}

function isContainerCable(link: Link, links: readonly Link[]): boolean {
  return link.interface.startsWith("veth") &&
    links.every((other) => other.interface !== link.interface || other.addresses.every(isLinkLocal));
}

/** Lists the entries of `selection` that match no interface with an address. */
export function missingOf(links: readonly Link[], selection: readonly string[] | undefined): string[] {
  return (selection ?? []).filter((wanted) => !links.some((link) => isCalled(link, wanted, links)));
}

/** Throws a UserError (usage), which lists the interfaces, if an entry of `selection` matches none. */
export function checkSelection(links: readonly Link[], selection: readonly string[] | undefined): void {
  for (const wanted of missingOf(links, selection)) {
    const names = [...new Set(links.map((link) => link.interface))].map((name) => {
      const addresses = links.filter((link) => link.interface === name).flatMap((link) => link.addresses);
      return `${name} (${addresses.join(", ")})`;
    });
    throw new UserError(
      `No interface with an address is called "${wanted}" or has that address; name one of ${
        names.join(", ") || "none that is up"
      }.`,
      ExitCode.usage,
    );
  }
}

/**
 * Finds the IPv4 link that a multicast datagram arrived on by its source. If the source is an address of ours (another
 * peer on this machine), its link; else the only link whose network contains the source. Undefined if none or several
 * match.
 */
export function linkOfSource(links: readonly NetLink[], host: string): NetLink | undefined {
  const source = ipv4ToNumber(host);
  if (source === undefined) return undefined;
  const own = links.filter((link) => link.family === 4 && link.addresses.includes(host));
  const near = own.length > 0
    ? own
    : links.filter((link) => link.subnets.some(({ network, mask }) => ((source & mask) >>> 0) === network));
  return near.length === 1 ? near[0] : undefined;
}

/** Lists the addresses of all hosts of an IPv4 link; none for a cable to one other host, and for networks of two. */
export function broadcastsOf(link: NetLink): string[] {
  if (link.loopback || link.pointToPoint) return [];
  const wide = link.subnets.filter(({ mask }) => (~mask >>> 0) > 1);
  return [...new Set(wide.map(({ network, mask }) => numberToIpv4((network | ~mask) >>> 0)))];
}

/** Tells whether a host of this link can have this address: in one of its networks, and no broadcast address. */
export function isOnLink(link: NetLink, host: string): boolean {
  if (link.family !== familyOf(host)) return false;
  if (link.family === 6) {
    const all = ipv6ToNumber(host);
    return isLinkLocal(host) || (all !== undefined && link.prefixes.includes(all >> 64n));
  }
  const source = ipv4ToNumber(host);
  return source !== undefined && link.subnets.some(({ network, mask }) => {
    const rest = (source & ~mask) >>> 0;
    const last = ~mask >>> 0;
    // In a network of one or two addresses, each is a host's.
    return ((source & mask) >>> 0) === network && (last <= 1 || (rest !== 0 && rest !== last));
  });
}

/**
 * Returns `host` in the form that the system's resolver accepts: on Windows a zone is an index there, while Earshot
 * uses the interface's name.
 */
export function resolvable(
  host: string,
  links: () => readonly NetLink[] = readLinks,
  os: typeof Deno.build.os = Deno.build.os,
): string {
  const zone = zoneOf(host);
  if (os !== "windows" || zone === undefined) return host;
  const link = links().find((link) => link.family === 6 && link.interface === zone);
  return link ? `${plainHost(host)}%${link.zone}` : host;
}

/** Returns `host` with the zone of the only link that has `own`, our end of the connection. */
export function zonedRemote(host: string, own: string, links: () => readonly NetLink[] = readLinks): string {
  if (!isLinkLocal(host) || zoneOf(host) !== undefined) return host;
  const fitting = links().filter((link) =>
    link.family === familyOf(own) && link.addresses.includes(plainHost(own))
  );
  return fitting.length === 1 ? `${host}%${fitting[0]!.interface}` : host;
}
