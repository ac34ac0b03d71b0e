import { type Clock, systemClock } from "./clock.ts";

/** Ticks in which Linux counts the time of a processor, milliseconds. */
const TICK_MS = 10;

/** A process that is let run for less than this share of the time is starved. */
const STARVED = 0.5;

let reads = 0;

/**
 * Reads a file of `/proc`, such as `self/status`; undefined if this system, or an older Deno, has none.
 *
 * Importing is the only way to it: Deno opens such a file only with all permissions.
 */
export async function readProc(name: string): Promise<string | undefined> {
  // No compiler looks this path up, and no read is answered with what an earlier one gave.
  const url = ["file:", "", "", "proc", `${name}?${reads++}`].join("/");
  try {
    const { default: text } = await import(url, { with: { type: "text" } });
    return text;
  } catch {
    return undefined;
  }
}

/** Tells a process that a busy machine does not let run from one that is stopped, sleeps or hangs. */
export class ProcessWatch {
  #last: { readonly pid: number; readonly at: number; readonly ran: number } | undefined;

  /** @param pid tells which process it is now */
  constructor(private readonly pid: () => number | undefined, private readonly clock: Clock = systemClock) {}

  /** True if the process wanted to run since the last call, and could not; false if the system does not tell. */
  async isStarved(): Promise<boolean> {
    const [pid, last] = [this.pid(), this.#last];
    this.#last = undefined;
    const text = pid === undefined ? undefined : await readProc(`${pid}/stat`);
    if (pid === undefined || text === undefined) return false;
    // Behind the name, which may hold anything: state, ten others, and the time in user and in system mode.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ran = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    const at = this.clock.now();
    this.#last = { pid, at, ran };
    return fields[0] === "R" && last?.pid === pid && ran - last.ran < STARVED * (at - last.at);
  }
}
