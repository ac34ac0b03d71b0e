import { ipv4ToNumber, ipv6ToNumber, numberToIpv4, plainHost } from "../../net/addresses.ts";

/**
 * Tells whether the value of a `Host` header, with any port or none, means this machine: one of `hosts` (addresses and
 * host names), such a host name with `.local`, or `localhost`.
 *
 * A name that anybody else gave this address does not count: the page of a foreign site could reach us by it.
 */
export function isOurHost(host: string, hosts: readonly string[]): boolean {
  const parts = /^(\[[0-9a-f:.%a-z]+\]|[^[\]:@/\\\s]+)(?::\d{0,5})?$/i.exec(host.trim());
  if (!parts) return false;
  const asked = normal(parts[1]!.replace(/^\[(.*)\]$/, "$1"));
  if (asked === "localhost") return true;
  return hosts.some((each) => {
    const own = normal(each);
    return asked === own || (!isAddress(own) && asked === `${own}.local`);
  });
}

/** Writes each host in one way: small, without zone or final dot, an IPv6 address as a number. */
function normal(host: string): string {
  const bare = plainHost(host).toLowerCase();
  const number = ipv6ToNumber(bare);
  if (number === undefined) return bare.replace(/\.$/, "");
  // An IPv4 address in an IPv6 one (::ffff:a00:1).
  if (number >> 32n === 0xffffn) return numberToIpv4(Number(number & 0xffffffffn));
  return `[${number.toString(16)}]`;
}

function isAddress(normalHost: string): boolean {
  return normalHost.startsWith("[") || ipv4ToNumber(normalHost) !== undefined;
}
