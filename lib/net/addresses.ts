import type { Family } from "./types.ts";

/** Returns the family of an IP address in text form. */
export function familyOf(host: string): Family {
  return host.includes(":") ? 6 : 4;
}

/** Tells whether an address reaches only its own machine. */
export function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.");
}

/** Tells whether this is a link-local IPv6 address (fe80::/10), which needs a zone. */
export function isLinkLocal(host: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(host);
}

/** Returns the zone of `fe80::1%eth0`, or undefined. */
export function zoneOf(host: string): string | undefined {
  const at = host.indexOf("%");
  return at < 0 ? undefined : host.slice(at + 1);
}

/** Returns the address without its zone, and an IPv4 address without the `::ffff:` of a dual-stack socket. */
export function plainHost(host: string): string {
  const at = host.indexOf("%");
  const bare = at < 0 ? host : host.slice(0, at);
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(bare) ? bare.slice(7) : bare;
}

/** Returns `host` with the zone that a link-local IPv6 address needs; other addresses unchanged. */
export function withZone(host: string, zone: string): string {
  return isLinkLocal(host) && zoneOf(host) === undefined ? `${host}%${zone}` : host;
}

/** Returns an IPv6 address without zone as a 128-bit number, or undefined for anything else. */
export function ipv6ToNumber(host: string): bigint | undefined {
  const halves = host.split("::");
  if (!host.includes(":") || halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = 8 - head!.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const groups = tail ? [...head!, ...Array<string>(missing).fill("0"), ...tail] : head!;
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`);
}

/** Returns a dotted IPv4 address as a 32-bit number, or undefined for anything else. */
export function ipv4ToNumber(host: string): number | undefined {
  const parts = host.split(".");
  if (parts.length !== 4) return undefined;
  let number = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    number = number * 256 + Number(part);
  }
  return number;
}

/**
 * Tells whether an address without zone is of a range that is used within networks only: 10/8, 172.16/12, 192.168/16,
 * fc00::/7.
 */
export function isPrivate(host: string): boolean {
  if (host.includes(":")) {
    const number = ipv6ToNumber(host);
    return number !== undefined && number >> 121n === 0b1111110n;
  }
  const number = ipv4ToNumber(host);
  return number !== undefined &&
    (number >>> 24 === 10 || number >>> 20 === 0xac1 || number >>> 16 === 0xc0a8);
}

/** Returns the text of an IPv4 address of 32 bits. */
export function numberToIpv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** Returns the smallest network that one owner has: an IPv4 address, or the first 64 bits of an IPv6 address. */
export function networkOf(host: string): string {
  const bare = plainHost(host);
  if (!bare.includes(":")) return bare;
  const [head = "", tail] = bare.split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const right = tail === "" ? [] : tail.split(":");
    while (left.length + right.length < 8) left.push("0");
    left.push(...right);
  }
  return left.slice(0, 4).map((group) => parseInt(group, 16)).join(":");
}

/**
 * Returns the things from the network that has most of them; if several have as many, from the one that came first.
 * They give way when room runs out: a fixed share for each network would exclude peers behind one router.
 */
export function largestCrowd<T>(things: Iterable<T>, hostOf: (thing: T) => string): readonly T[] {
  let largest: readonly T[] = [];
  for (const members of Map.groupBy(things, (thing) => networkOf(hostOf(thing))).values()) {
    if (members.length > largest.length) largest = members;
  }
  return largest;
}
