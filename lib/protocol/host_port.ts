import { EARSHOT_PORT } from "./limits.ts";
import { isIpAddress } from "./ip_address.ts";

/** Place to dial: a name or IP address, and a TCP port. */
export interface HostPort {
  /** Name, or IP address without brackets; a link-local IPv6 address with its zone. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Description of what {@linkcode parseHostPort} takes, for messages. */
export const HOST_PORT_FORM =
  "a host like lab-pc.local, 10.0.1.5:3333, [fd00::5]:3333 or fe80::5%eth0 (with the zone)";

/** Longest name of a host, characters. */
const NAME_MAX = 253;
const NAME = /^[^\s:/?#@%[\]]+$/;
const ZONE = /^[^\s:/?#@%[\]]{1,64}$/;

/** Reads `HOST`, `HOST:PORT`, `IPv6` or `[IPv6]:PORT`; the port is 3333 unless told. Undefined for anything else. */
export function parseHostPort(text: string): HostPort | undefined {
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(text);
  const named = /^([^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  const [, host, digits] = bracketed ?? named ?? [, text];
  const port = digits === undefined ? EARSHOT_PORT : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  const isGood = named && !bracketed ? isName(host) : isIpv6(host);
  return isGood ? { host, port } : undefined;
}

/** Formats an address: `host:port`, or `[host]:port` for IPv6. */
export function hostPortText({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function isName(host: string): boolean {
  if (host.length > NAME_MAX || !NAME.test(host)) return false;
  return !/^[\d.]+$/.test(host) || isIpAddress(host);
}

function isIpv6(host: string): boolean {
  const [address = "", zone, ...more] = host.split("%");
  if (more.length > 0 || !address.includes(":") || !isIpAddress(address)) return false;
  return zone === undefined ? !/^fe[89ab][0-9a-f]:/i.test(address) : ZONE.test(zone);
}
