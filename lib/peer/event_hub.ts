import { UserError } from "../platform/user_error.ts";
import type { PeerEvent } from "./types.ts";

/** Most events that are kept until the first listener. */
const EARLY_MAX = 256;

/** Most different faults that are reported. */
const FAULTS_MAX = 64;

/** Passes events to listeners. The first listener also gets earlier events. */
export class EventHub {
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  readonly #faults = new Set<string>();
  #early: PeerEvent[] | undefined = [];

  constructor(private readonly wall: () => number) {}

  /** Adds a listener; the result removes it. */
  on(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) listener(event);
    return () => void this.#listeners.delete(listener);
  }

  /** Passes an event to all listeners. */
  emit(event: EventWithoutTime): void {
    const timed = { ...event, at: this.wall() } as PeerEvent;
    if (this.#early && this.#early.length < EARLY_MAX) this.#early.push(timed);
    for (const listener of this.#listeners) {
      try {
        listener(timed);
      } catch (error) {
        // An exception of the listener must surface as its own, and must not keep a message from being saved.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Reports a fault of this program, once for each text, so that an attacker who causes it cannot flood the screen. */
  fault(error: unknown): void {
    const what = error instanceof Error ? error.message : String(error);
    if (this.#faults.has(what) || this.#faults.size >= FAULTS_MAX) return;
    this.#faults.add(what);
    this.warn("internal", `internal error: ${what}; please report it`);
  }

  /** Reports that the database failed, unless it reported that itself. */
  storageFailed(error: unknown): void {
    if (error instanceof UserError) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.warn("storage", `The database did not take a change: ${reason}`);
  }

  /** Reports a problem to the owner. */
  warn(code: string, message: string): void {
    this.emit({ event: "warning", code, message });
  }
}

type WithoutTime<T> = T extends unknown ? Omit<T, "at"> : never;

/** An event as it is emitted, before it gets its time. */
export type EventWithoutTime = WithoutTime<PeerEvent>;
