import { readProc } from "../platform/process_watch.ts";
import { ExitCode } from "../platform/user_error.ts";

/** Signals by which the user, the shell or the system ends the program. */
const ENDING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

/** Longest time between a request to end and the end, milliseconds. */
const END_MAX = 1_000;

/**
 * Requests within so many milliseconds are one: what starts the program passes on a signal that the terminal, or the
 * system, has sent to both.
 */
const SAME_REQUEST = 150;

/** Bit of SIGHUP, which is signal 1, in a set of signals. */
const SIGHUP = 1n;

/**
 * Returns a signal that aborts when the program is asked to end. A second request after {@linkcode SAME_REQUEST}, or
 * {@linkcode END_MAX}, ends it at once.
 */
export async function interruptSignal(): Promise<AbortSignal> {
  const isHangupIgnored = ENDING.includes("SIGHUP") && await ignoresHangup();
  const controller = new AbortController();
  let asked = -Infinity;
  const end = () => {
    if (performance.now() - asked < SAME_REQUEST) return;
    if (controller.signal.aborted) Deno.exit(ExitCode.interrupted);
    asked = performance.now();
    controller.abort();
    setTimeout(() => Deno.exit(ExitCode.interrupted), END_MAX);
  };
  for (const signal of ENDING) {
    // Deno ends the program on SIGHUP once a listener for any signal exists.
    Deno.addSignalListener(signal, signal === "SIGHUP" && isHangupIgnored ? () => {} : end);
  }
  return controller.signal;
}

/**
 * Tells whether the program was started with SIGHUP ignored, as `nohup` does. Call it before adding a listener for that
 * signal. If the system does not tell, a process without a terminal counts as such: it has no terminal to lose.
 */
async function ignoresHangup(): Promise<boolean> {
  const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(await readProc("self/status") ?? "")?.[1];
  if (ignored !== undefined) return (BigInt(`0x${ignored}`) & SIGHUP) !== 0n;
  return ![Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
