import { ExitCode, UserError } from "../platform/user_error.ts";

/**
 * Returns the addresses of a host, in the system's order; an IP address is its own.
 *
 * @param timeout how long to wait for the system, which may look for minutes, milliseconds; default: until it ends
 * @param look asks the system
 * @throws {UserError} exit code 3: the system knows no such name, or did not find it in time
 */
export async function addressesOfHost(host: string, timeout?: number, look = lookUp): Promise<string[]> {
  if (host.includes(":") || /^[\d.]+$/.test(host)) return [host];
  const late = Promise.withResolvers<never>();
  const timer = timeout === undefined ? undefined : setTimeout(() => {
    const what = `The addresses of "${host}" were not found in time`;
    late.reject(new UserError(`${what}: check the network, or give an address.`, ExitCode.nobody));
  }, timeout);
  try {
    return await Promise.race([look(host), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function lookUp(host: string): Promise<string[]> {
  try {
    const { lookup } = await import("node:dns/promises");
    const all = await lookup(host, { all: true });
    if (all.length > 0) return all.map(({ address }) => address);
  } catch { /* told below */ }
  throw new UserError(`There is no host "${host}": check the name, or give its address.`, ExitCode.nobody);
}
