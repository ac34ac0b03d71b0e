import { ExitCode, UserError } from "../platform/user_error.ts";

/** A raw socket to open: `tcp://HOST:PORT` or `udp://HOST:PORT`. */
export interface RawTarget {
  readonly protocol: "tcp" | "udp";
  /** Name or IP address, an IPv6 address without brackets; empty to wait on every address. */
  readonly host: string;
  /** 1 to 65535; 0 too, to wait on any free port. */
  readonly port: number;
}

const FORM = /^(tcp|udp):\/\/(?:\[([0-9A-Fa-f:.]+(?:%[^\]/]+)?)\]|([^:/?#[\]@\s]*)):(\d{1,5})\/?$/;

/**
 * Reads a target.
 *
 * @param waits true if it is the address to wait at: then it may have no host
 * @throws {UserError} usage: it has another form
 */
export function parseRawTarget(text: string, waits = false): RawTarget {
  const [, protocol, bracketed, name = "", digits] = FORM.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (protocol !== undefined && port <= 65_535 && (waits || (host !== "" && port > 0))) {
    return { protocol: protocol as RawTarget["protocol"], host, port };
  }
  const hint = (text.match(/:/g)?.length ?? 0) > 2 && !text.includes("[")
    ? "; an IPv6 address stands in brackets: tcp://[::1]:3333"
    : "";
  throw new UserError(
    `invalid address "${text.slice(0, 100)}": expected tcp://HOST:PORT or udp://HOST:PORT${hint}`,
    ExitCode.usage,
  );
}

/** Formats a target as the user writes it. */
export function rawTargetText({ protocol, host, port }: RawTarget): string {
  return `${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
