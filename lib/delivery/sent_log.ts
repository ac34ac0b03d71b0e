import type { Clock, Timer } from "../platform/clock.ts";
import { SentBatch } from "../storage/engine/sent_batch.ts";
import type { Storage } from "../storage/storage.ts";
import type { SentEnd } from "../storage/types.ts";
import type { Ended } from "./outbound_store.ts";

/** How long an ended message waits for others to share its commit, milliseconds. */
const GATHER_MS = 500;
/** Most messages in a batch, and most bytes of their bodies. */
const BATCH_MESSAGES = 512;
const BATCH_BYTES = 256 * 1024;
/** Most batches that wait for the disk; messages that end meanwhile are missing in the history. */
const BATCHES_MAX = 32;

/** Options of a {@linkcode SentLog}. */
export interface SentLogOptions {
  readonly storage: Pick<Storage, "settle" | "noteSent">;
  readonly clock: Clock;
  /** Returns the name by which the user knows a peer. */
  readonly nameOf: (id: string) => string;
  readonly warning: (code: string, message: string) => void;
}

/**
 * Records the history of sent messages. Messages that were never in the outbox are not waited for: one that ended just
 * before a crash may be missing in the history.
 */
export class SentLog {
  readonly #options;
  readonly #batch = new SentBatch();
  #timer: Timer | undefined;
  #underWay = 0;
  #missed = 0;

  constructor(options: SentLogOptions) {
    this.#options = options;
  }

  /** Records that messages to a recipient ended: those in the outbox move to the history, in one transaction. */
  async settle(recipient: string, ended: readonly Ended[]): Promise<void> {
    const { clock, nameOf, storage } = this.#options;
    const common = { recipientName: nameOf(recipient), endedAt: Math.round(clock.wall()) };
    const stored = new Map<string, SentEnd | undefined>();
    for (const { message, stored: isStored, settlement } of ended) {
      const end = settlement && { ...common, ...settlement };
      if (isStored) stored.set(message.id, end);
      else if (end) this.#note(recipient, message, end);
    }
    if (stored.size > 0) await storage.settle(recipient, stored);
  }

  #note(recipient: string, message: Ended["message"], end: SentEnd): void {
    if (this.#underWay >= BATCHES_MAX) {
      this.#missed++;
      return;
    }
    this.#batch.add(recipient, message, message.size, end);
    if (this.#batch.count >= BATCH_MESSAGES || this.#batch.bytes >= BATCH_BYTES) this.flush();
    else this.#timer ??= this.#options.clock.after(GATHER_MS, () => this.flush());
  }

  /** Passes all ended messages to the store. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { count } = this.#batch;
    if (count === 0) return;
    this.#underWay++;
    const { storage, warning } = this.#options;
    storage.noteSent(this.#batch.take()).catch(() => this.#missed += count).finally(() => {
      if (--this.#underWay > 0 || this.#missed === 0) return;
      const missing = this.#missed === 1
        ? "A message that was sent is"
        : `${this.#missed} messages that were sent are`;
      warning("history", `${missing} missing in the history: the disk is too slow, or has no room.`);
      this.#missed = 0;
    });
  }
}
