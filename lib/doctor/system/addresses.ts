import { familyOf, ipv4ToNumber, ipv6ToNumber, numberToIpv4 } from "../../net/addresses.ts";

/** Tells whether an address is in a network, given as `10.0.0.0/8` or as one address; undefined if it cannot be read. */
export function isWithin(host: string, network: string): boolean | undefined {
  const [base = "", given] = network.split("/");
  if (familyOf(host) !== familyOf(base)) return false;
  const bits = familyOf(base) === 4 ? 32 : 128;
  const length = given === undefined ? bits : given.includes(".") ? lengthOf(given) : Number(given);
  const [own, other] = [numberOf(host), numberOf(base)];
  if (own === undefined || other === undefined || !(length >= 0 && length <= bits)) return undefined;
  const rest = BigInt(bits - length);
  return own >> rest === other >> rest;
}

/** Returns an address of the same network that is not `host`; undefined if there is none, or for IPv6. */
export function otherHost(
  host: string,
  { network, mask }: { network: number; mask: number },
): string | undefined {
  const size = ~mask >>> 0;
  if (size < 2) return undefined;
  const first = network + 1;
  const other = first === ipv4ToNumber(host) ? first + 1 : first;
  return numberToIpv4(other);
}

function numberOf(host: string): bigint | undefined {
  if (familyOf(host) === 6) return ipv6ToNumber(host);
  const number = ipv4ToNumber(host);
  return number === undefined ? undefined : BigInt(number);
}

function lengthOf(mask: string): number {
  const number = ipv4ToNumber(mask);
  return number === undefined ? NaN : number.toString(2).replaceAll("0", "").length;
}
