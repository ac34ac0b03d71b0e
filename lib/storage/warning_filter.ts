import type { Clock } from "../platform/clock.ts";
import type { WarnOwner } from "./types.ts";

/** Time during which the same warning is not repeated, milliseconds. */
const QUIET_MS = 60_000;
/** Most warnings that are remembered. */
const REMEMBERED_MAX = 256;

/** Codes of conditions that last; they are reported only once. */
const ONCE = /^cannot-/;

/** Limits each warning to once a minute, or to once at all. */
export class WarningFilter {
  readonly #toldOnce = new Set<string>();
  /** Message → when it was reported, oldest first. */
  readonly #told = new Map<string, number>();

  constructor(private readonly clock: Clock, private readonly tell: WarnOwner) {}

  /** Passes a warning on, unless it was reported within the last minute. */
  warn(code: string, message: string): void {
    if (ONCE.test(code)) {
      if (this.#toldOnce.has(code)) return;
      this.#toldOnce.add(code);
    }
    const now = this.clock.now();
    const last = this.#told.get(message);
    if (last !== undefined && now - last < QUIET_MS) return;
    this.#told.delete(message);
    this.#told.set(message, now);
    if (this.#told.size > REMEMBERED_MAX) this.#told.delete(this.#told.keys().next().value!);
    this.tell(code, message);
  }
}
