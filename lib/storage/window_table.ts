import type { DatabaseSync } from "node:sqlite";
import { Window } from "../protocol/window.ts";
import type { WindowState } from "./types.ts";

/** Senders whose window is held in memory between transactions; a window takes up to some 30 KiB. */
const CACHED_MAX = 256;

interface Entry {
  window: Window;
  previousEpoch: number | null;
}

/** The delivery windows of all senders (PROTOCOL.md section 4, Delivery). */
export class WindowTable {
  readonly #select;
  readonly #upsert;
  /** The longest unused first. */
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Set<string>();

  constructor(db: DatabaseSync) {
    this.#select = db.prepare(
      "SELECT epoch, previous_epoch, upto, bitmap FROM delivery_window WHERE sender = ?",
    );
    this.#upsert = db.prepare(
      `INSERT INTO delivery_window (sender, epoch, previous_epoch, upto, bitmap) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (sender) DO UPDATE SET epoch = ?2, previous_epoch = ?3, upto = ?4, bitmap = ?5`,
    );
  }

  /** What is kept for a sender. */
  state(sender: string): WindowState | undefined {
    const window = this.#entry(sender)?.window;
    return window && { epoch: window.epoch, upto: window.upto, bitmap: window.toBitmap() };
  }

  /**
   * The window of this numbering, for reading; a numbering that is not kept yet begins at 0. Undefined where a newer
   * one has taken its place: what still comes in it is told apart by message ids alone.
   */
  peek(sender: string, epoch: number): Window | undefined {
    const entry = this.#entry(sender);
    if (entry?.window.epoch === epoch) return entry.window;
    return entry?.previousEpoch === epoch ? undefined : new Window(epoch);
  }

  /** Marks a number as done; with the first one of a numbering that one takes the place of the one before it. */
  add(sender: string, epoch: number, seq: number): void {
    const window = this.peek(sender, epoch);
    if (!window?.add(seq)) return;
    const before = this.#entry(sender);
    const previousEpoch = before
      ? (before.window === window ? before.previousEpoch : before.window.epoch)
      : null;
    this.#entries.delete(sender);
    this.#entries.set(sender, { window, previousEpoch });
    this.#changed.add(sender);
  }

  /** Writes what changed. To be called at the end of each transaction. */
  flush(): void {
    for (const sender of this.#changed) {
      const { window, previousEpoch } = this.#entries.get(sender)!;
      this.#upsert.run(sender, window.epoch, previousEpoch, window.upto, window.toBitmap());
    }
    this.#changed.clear();
    for (const sender of this.#entries.keys()) {
      if (this.#entries.size <= CACHED_MAX) break;
      this.#entries.delete(sender);
    }
  }

  /** Forgets what was not written: the transaction was rolled back. */
  reset(): void {
    this.#entries.clear();
    this.#changed.clear();
  }

  #entry(sender: string): Entry | undefined {
    const cached = this.#entries.get(sender);
    if (cached) return cached;
    const row = this.#select.get(sender);
    if (!row) return undefined;
    const window = new Window(Number(row.epoch), undefined, Number(row.upto), row.bitmap as Uint8Array);
    const entry = { window, previousEpoch: row.previous_epoch as number | null };
    this.#entries.set(sender, entry);
    return entry;
  }
}
