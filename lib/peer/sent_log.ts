import type { Clock, Timer } from "../platform/clock.ts";
import type { OutboundMessage, Settlement } from "../session/outbound_message.ts";
import { SentBatch } from "../storage/sent_batch.ts";
import type { SentEnd, Storage } from "../storage/types.ts";

/** How long the end of a message waits for others to share a commit with. */
const GATHER_MS = 500;
/** Messages, and bytes of their bodies, that are handed over at once. */
const BATCH_MESSAGES = 512;
const BATCH_BYTES = 256 * 1024;
/** Batches that may wait for the disk; what ends meanwhile is not noted. */
const BATCHES_MAX = 32;

/** Options of a {@linkcode SentLog}. */
export interface SentLogOptions {
  readonly storage: Pick<Storage, "settle" | "noteSent">;
  readonly clock: Clock;
  /** What the user knows a peer as. */
  readonly nameOf: (id: string) => string;
  readonly warning: (code: string, message: string) => void;
}

/**
 * Keeps the history of what was sent. Nothing waits for it: what ended within the last moments before a crash may be
 * missing there.
 */
export class SentLog {
  readonly #options;
  /** Messages of the outbox that are being settled in this turn of the event loop, by recipient and id. */
  readonly #settling = new Map<string, Map<string, SentEnd>>();
  readonly #batch = new SentBatch();
  #timer: Timer | undefined;
  #underWay = 0;
  #missed = 0;

  constructor(options: SentLogOptions) {
    this.#options = options;
  }

  /** Like `Storage.settle`. What is told to have {@linkcode ended} right after it goes from the outbox into the history. */
  async settle(recipient: string, epoch: number, ids: readonly string[], acked: number): Promise<void> {
    const ends = new Map<string, SentEnd>();
    for (const id of ids) this.#settling.set(`${recipient} ${id}`, ends);
    if (ids.length > 0) await Promise.resolve();
    for (const id of ids) this.#settling.delete(`${recipient} ${id}`);
    await this.#options.storage.settle(recipient, epoch, ids, acked, ends);
  }

  /** A message has ended. */
  ended(recipient: string, message: OutboundMessage, settlement: Settlement): void {
    const { clock, nameOf } = this.#options;
    const end = { recipientName: nameOf(recipient), endedAt: Math.round(clock.wall()), ...settlement };
    const ends = this.#settling.get(`${recipient} ${message.id}`);
    if (ends) {
      ends.set(message.id, end);
      return;
    }
    if (this.#underWay >= BATCHES_MAX) {
      this.#missed++;
      return;
    }
    this.#batch.add(recipient, message, message.size, end);
    if (this.#batch.count >= BATCH_MESSAGES || this.#batch.bytes >= BATCH_BYTES) this.flush();
    else this.#timer ??= clock.after(GATHER_MS, () => this.flush());
  }

  /** Hands everything to the store. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { count } = this.#batch;
    if (count === 0) return;
    this.#underWay++;
    const { storage, warning } = this.#options;
    storage.noteSent(this.#batch.take()).catch(() => this.#missed += count).finally(() => {
      if (--this.#underWay > 0 || this.#missed === 0) return;
      warning(
        "history",
        `${this.#missed} messages that were sent are missing in the history: the disk is too slow, or has no room.`,
      );
      this.#missed = 0;
    });
  }
}
