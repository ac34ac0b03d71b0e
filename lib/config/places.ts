import { parseHostPort } from "../protocol/host_port.ts";

/** Reads `ADDRESS`, `ADDRESS:PORT`, an IPv6 address in brackets; undefined for a name, and for what no browser takes. */
export function parsePlace(text: string): { readonly host: string; readonly port?: number } | undefined {
  const place = parseHostPort(text);
  if (!place || !/^[\d.]+$|^[^%]*:[^%]*$/.test(place.host)) return undefined;
  return /^[^:]+:\d+$|\]:\d+$/.test(text) ? place : { host: place.host };
}

/** Reads `HOST` or `HOST:PORT` as a browser writes it; undefined for what no browser takes. */
export function parseCalledHost(text: string): string | undefined {
  if (parseHostPort(text) === undefined || text.includes("%")) return undefined;
  return (/^[^[]*:.*:/.test(text) ? `[${text}]` : text).toLowerCase();
}

/** Tells an IPv4 or IPv6 address of a multicast group. */
export function isMulticast(address: string): boolean {
  if (/^ff[0-9a-f]{2}:[0-9a-f:]+$/i.test(address)) return URL.canParse(`http://[${address}]`);
  const parts = address.split(".").map((part) => /^\d{1,3}$/.test(part) ? Number(part) : NaN);
  return parts.length === 4 && parts[0]! >= 224 && parts[0]! <= 239 && parts.every((part) => part <= 255);
}
