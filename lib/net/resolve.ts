import { ExitCode, UserError } from "../platform/user_error.ts";

/**
 * Returns the addresses of a host, in the system's order; an IP address is its own.
 *
 * @throws {UserError} exit code 3: the system knows no such name
 */
export async function addressesOfHost(host: string): Promise<string[]> {
  if (host.includes(":") || /^[\d.]+$/.test(host)) return [host];
  try {
    const { lookup } = await import("node:dns/promises");
    const all = await lookup(host, { all: true });
    if (all.length > 0) return all.map(({ address }) => address);
  } catch { /* told below */ }
  throw new UserError(`There is no host "${host}": check the name, or give its address.`, ExitCode.nobody);
}
