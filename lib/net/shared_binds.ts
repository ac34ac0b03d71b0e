import { familyOf, withZone } from "./addresses.ts";
import { broadcastsOf, type NetLink } from "./interfaces.ts";
import type { Family } from "./types.ts";

/** Earshot's multicast groups (PROTOCOL.md 1.1). */
export const GROUPS = { 4: "239.255.83.72", 6: "ff12::ea25:5348" } as const;

/** One socket on the shared port. */
export interface SharedBind {
  readonly family: Family;
  /** Address to bind. */
  readonly host: string;
  /** The link of everything that arrives there; undefined if only the source of a datagram tells its link. */
  readonly link: NetLink | undefined;
  /** Links on which it joins the groups. */
  readonly joins: readonly NetLink[];
  /** True if the address is that of all hosts of the link. */
  readonly isBroadcast?: boolean;
  /** Groups of its family that it joins; default Earshot's. */
  readonly groups?: readonly string[];
}

/**
 * Lists the sockets on the shared port. On Unix:
 * - IPv4 multicast: one socket bound to the group. With more, each would get every datagram, because the system
 *   delivers a multicast datagram to all sockets of the port, whichever interface they joined on.
 * - IPv6 multicast: one socket for each link, bound to the group with the link's zone; it receives from that link only.
 * - Broadcast, except for a brief peer: one socket for each address of all hosts of a link.
 * - Unicast, except for a brief peer: one socket for each of our addresses. A wildcard would get the multicast again.
 *
 * Windows cannot bind a group: there, one wildcard per family takes multicast and unicast. A brief peer has none,
 * because it must take no unicast meant for others.
 *
 * @param others multicast groups of other programs to hear as well
 */
export function sharedBinds(
  links: readonly NetLink[],
  brief: boolean,
  os: typeof Deno.build.os = Deno.build.os,
  others: readonly string[] = [],
): SharedBind[] {
  const v4 = links.filter((link) => link.family === 4);
  const v6 = links.filter((link) => link.family === 6);
  const binds: SharedBind[] = [];
  if (os === "windows") {
    if (brief) return [];
    const groups = (
      family: Family,
    ) => [GROUPS[family], ...others.filter((other) => familyOf(other) === family)];
    binds.push({ family: 4, host: "0.0.0.0", link: undefined, joins: v4, groups: groups(4) });
    binds.push({ family: 6, host: "::", link: undefined, joins: v6, groups: groups(6) });
    return binds.filter((bind) => bind.joins.length > 0);
  }
  if (v4.length > 0) binds.push({ family: 4, host: GROUPS[4], link: undefined, joins: v4 });
  for (const link of v6) binds.push({ family: 6, host: `${GROUPS[6]}%${link.zone}`, link, joins: [link] });
  for (const group of others) {
    const groups = [group];
    if (familyOf(group) === 6) {
      for (const link of v6) {
        binds.push({ family: 6, host: `${group}%${link.zone}`, link, joins: [link], groups });
      }
    } else if (v4.length > 0) binds.push({ family: 4, host: group, link: undefined, joins: v4, groups });
  }
  if (!brief) {
    for (const link of links) {
      for (const address of link.addresses) {
        binds.push({ family: link.family, host: withZone(address, link.zone), link, joins: [] });
      }
      for (const host of broadcastsOf(link)) {
        binds.push({ family: 4, host, link, joins: [], isBroadcast: true });
      }
    }
  }
  return binds;
}

/** Tells whether a socket opened for `a` can be used for `b`. */
export function sameBind(a: SharedBind, b: SharedBind): boolean {
  return a.host === b.host && a.link === b.link && a.joins.length === b.joins.length &&
    a.joins.every((link) => b.joins.includes(link));
}
