import { ProtocolError } from "./protocol_error.ts";

const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * Returns the 16 bytes of an IPv6 address, or of an IPv4 address as `::ffff:a.b.c.d`. A zone (`%eth0`) is dropped.
 *
 * @throws {ProtocolError} `bad-field` for anything that is not an IP address
 */
export function ipToBytes(address: string): Uint8Array {
  if (IPV4.test(address)) return Uint8Array.from([...MAPPED, ...address.split(".").map(Number)]);
  const plain = address.split("%")[0]!;
  // The URL parser checks and normalizes IPv6, so that only hexadecimal groups and one `::` are left.
  if (!/^[0-9a-fA-F:.]+$/.test(plain) || !URL.canParse(`http://[${plain}]`)) {
    throw new ProtocolError("bad-field", "not an IP address");
  }
  const [front, back] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split("::").map(groups);
  const all = back === undefined
    ? front!
    : [...front!, ...Array(8 - front!.length - back.length).fill(0), ...back];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Tells whether a text is an IP address; IPv6 may have a zone. */
export function isIpAddress(text: string): boolean {
  try {
    ipToBytes(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns the text of an address of 16 bytes: IPv4 with dots, IPv6 as in RFC 5952. */
export function ipFromBytes(bytes: Uint8Array): string {
  if (MAPPED.every((byte, index) => bytes[index] === byte)) return bytes.subarray(12).join(".");
  const text = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index]! << 8 | bytes[2 * index + 1]!).toString(16),
  );
  return new URL(`http://[${text.join(":")}]`).hostname.slice(1, -1);
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}
