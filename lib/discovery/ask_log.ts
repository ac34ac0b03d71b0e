import type { Announcement } from "../protocol/announcement.ts";

const REPEATED_WITHIN_MS = 10_000;
const ASKERS_MAX = 1024;

/** Who asked lately, at most 1 024 askers: tells a repeated `ask` from its copy that came another way. */
export class AskLog {
  readonly #askers = new Map<string, { readonly boot: number; readonly seq: number; readonly at: number }>();

  /**
   * Notes an `ask`.
   *
   * @param via how it came; what was asked of all and what was asked of us alone are no repetitions of each other
   * @param now monotonic, milliseconds
   */
  note({ id, boot, seq }: Announcement, via: "shared" | "own", now: number): "first" | "repeated" | "copy" {
    const key = `${via} ${id}`;
    const last = this.#askers.get(key);
    if (last?.boot === boot && seq <= last.seq) return "copy";
    this.#askers.delete(key);
    if (this.#askers.size >= ASKERS_MAX) this.#askers.delete(this.#askers.keys().next().value!);
    this.#askers.set(key, { boot, seq, at: now });
    return last?.boot === boot && now - last.at < REPEATED_WITHIN_MS ? "repeated" : "first";
  }
}
