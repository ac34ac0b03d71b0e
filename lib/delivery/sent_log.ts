import type { Clock, Timer } from "../platform/clock.ts";
import { SentBatch } from "../storage/engine/sent_batch.ts";
import type { Storage } from "../storage/storage.ts";
import { type SentEnd, WITHDRAWN } from "../storage/types.ts";
import type { Ended, Settlement } from "./outbound_store.ts";

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
  readonly #underWay = new Set<Promise<void>>();
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
      const end = settlement && { ...common, ...endOf(settlement) };
      if (isStored) stored.set(message.id, end);
      else if (end) this.#note(recipient, message, end);
    }
    if (stored.size > 0) await storage.settle(recipient, stored);
  }

  #note(recipient: string, message: Ended["message"], end: SentEnd): void {
    if (this.#underWay.size >= BATCHES_MAX) {
      this.#missed++;
      return;
    }
    this.#batch.add(recipient, message, message.size, end);
    if (this.#batch.count >= BATCH_MESSAGES || this.#batch.bytes >= BATCH_BYTES) this.#write();
    else this.#timer ??= this.#options.clock.after(GATHER_MS, () => void this.flush());
  }

  /**
   * Passes all ended messages to the store. Resolves once they are in the history, or cannot be, and after half a second
   * in any case.
   */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#batch.count > 0) this.#write();
    if (this.#underWay.size === 0) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(GATHER_MS, late.resolve);
    await Promise.race([Promise.all(this.#underWay), late.promise]);
    timer.cancel();
  }

  #write(): void {
    const { count } = this.#batch;
    const { storage, warning } = this.#options;
    const writing = storage.noteSent(this.#batch.take()).catch(() => void (this.#missed += count)).then(
      () => {
        this.#underWay.delete(writing);
        if (this.#underWay.size > 0 || this.#missed === 0) return;
        const missing = this.#missed === 1
          ? "A message that was sent is"
          : `${this.#missed} messages that were sent are`;
        warning("history", `${missing} missing in the history: the disk is too slow, or has no room.`);
        this.#missed = 0;
      },
    );
    this.#underWay.add(writing);
  }
}

/** Returns how a message ended as the store has it. */
function endOf(settlement: Settlement): Pick<SentEnd, "status" | "code" | "why"> {
  if (settlement.status !== "withdrawn") return settlement;
  return { ...settlement, status: "expired", code: WITHDRAWN };
}
