import { type Clock, systemClock } from "./clock.ts";

/** Unit of Linux's processor times, milliseconds. */
const TICK_MS = 10;

/** A process that gets less than this share of the time it wants is starved. */
const STARVED = 0.5;

/** A machine is busy if, in the last ten seconds, something waited for a processor for more of the time; percent. */
const BUSY = 60;

let reads = 0;

/**
 * Reads a file of `/proc`, such as `self/status`; undefined if this system, or an older Deno, has none.
 *
 * Importing is the only way to it: Deno opens such a file only with all permissions.
 */
export async function readProc(name: string): Promise<string | undefined> {
  // A literal path would be resolved by compilers, and a repeated one answered from the cache of modules.
  const url = ["file:", "", "", "proc", `${name}?${reads++}`].join("/");
  try {
    const { default: text } = await import(url, { with: { type: "text" } });
    return text;
  } catch {
    return undefined;
  }
}

/** Tells a process that a busy machine does not let run from one that is stopped, asleep or stuck. */
export class ProcessWatch {
  #last: { readonly pid: number; readonly at: number; readonly ran: number } | undefined;

  /**
   * @param pid returns the id of the process to watch
   * @param read see {@linkcode readProc}
   */
  constructor(
    private readonly pid: () => number | undefined,
    private readonly clock: Clock = systemClock,
    private readonly read: typeof readProc = readProc,
  ) {}

  /**
   * True if the process wanted to run since the last call but got too little time, or rests on a busy machine: it may
   * wait for a thread of its own that cannot run. False if the system does not tell.
   */
  async isStarved(): Promise<boolean> {
    const [pid, last] = [this.pid(), this.#last];
    this.#last = undefined;
    const text = pid === undefined ? undefined : await this.read(`${pid}/stat`);
    if (pid === undefined || text === undefined) return false;
    // After the name, which may hold any character: state, ten other fields, user time and system time.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ran = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    const at = this.clock.now();
    this.#last = { pid, at, ran };
    if (last?.pid !== pid || ran - last.ran >= STARVED * (at - last.at)) return false;
    return fields[0] === "R" || (fields[0] !== "T" && await this.#isBusy());
  }

  async #isBusy(): Promise<boolean> {
    const [, share] = /^some avg10=([\d.]+)/.exec(await this.read("pressure/cpu") ?? "") ?? [];
    return Number(share ?? 0) > BUSY;
  }
}
