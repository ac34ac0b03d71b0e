import type { Clock } from "../platform/clock.ts";
import type { WarnOwner } from "./types.ts";

/** For how long the same warning is not repeated, milliseconds. */
const QUIET_MS = 60_000;
/** Different warnings that are remembered. */
const REMEMBERED_MAX = 256;

/** What stays as it is, and is told only once. */
const ONCE = /^cannot-/;

/** Lets each warning through once a minute, or once. */
export class WarningFilter {
  readonly #toldOnce = new Set<string>();
  /** Message → when it was told, the longest ago first. */
  readonly #told = new Map<string, number>();

  constructor(private readonly clock: Clock, private readonly tell: WarnOwner) {}

  /** Tells it, unless it was told within the last minute. */
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
