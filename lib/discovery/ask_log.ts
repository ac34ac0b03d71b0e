import type { Announcement } from "../protocol/announcement.ts";

const REPEATED_WITHIN_MS = 10_000;
const ASKERS_MAX = 1024;

interface Ask {
  readonly boot: number;
  readonly seq: number;
  readonly at: number;
}

/** Who asked lately, at most 1 024 askers each way: tells a repeated `ask` from its copy that came another way. */
export class AskLog {
  readonly #ways = { shared: new Map<string, Ask>(), own: new Map<string, Ask>() };

  /**
   * Notes an `ask`.
   *
   * @param via how it came; what was asked of all and what was asked of us alone are no repetitions of each other
   * @param now monotonic, milliseconds
   */
  note({ id, boot, seq }: Announcement, via: "shared" | "own", now: number): "first" | "repeated" | "copy" {
    const askers = this.#ways[via];
    const last = askers.get(id);
    if (last?.boot === boot && seq <= last.seq) return "copy";
    askers.delete(id);
    if (askers.size >= ASKERS_MAX) askers.delete(askers.keys().next().value!);
    askers.set(id, { boot, seq, at: now });
    return last?.boot === boot && now - last.at < REPEATED_WITHIN_MS ? "repeated" : "first";
  }
}
