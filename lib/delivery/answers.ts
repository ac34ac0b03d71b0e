import type { Clock, Timer } from "../platform/clock.ts";
import { TAG_BYTES } from "../protocol/limits.ts";
import { encodeMessage } from "../protocol/message.ts";

/** Most numbers in one `ack` frame. */
const ACKS_PER_FRAME = 8_000;
/** How long an acknowledgement that is not urgent waits for a frame to go with, milliseconds. */
const ACK_WAIT_MS = 2;

/**
 * Answers to the sender of a session that have not gone out. They are stored as state, so that they never exceed its
 * window.
 */
export class Answers {
  readonly #acks = new Set<number>();
  readonly #naks = new Map<number, { readonly code: string; readonly why: string }>();
  /** Requested parts, by number of their document. */
  readonly #wants = new Map<number, { readonly offset: number; readonly until: number }>();
  #timer: Timer | undefined;

  /** @param wake called when there is something to send */
  constructor(private readonly wake: () => void, private readonly clock: Clock) {}

  /** Count of answered numbers whose answer has not gone out. */
  get waiting(): number {
    return this.#acks.size + this.#naks.size;
  }

  /** Acknowledges a number: its message is durable here. `isUrgent`: at once, not with the next frame. */
  ack(seq: number, isUrgent: boolean): void {
    this.#wants.delete(seq);
    this.#acks.add(seq);
    if (isUrgent) return this.wake();
    this.#timer ??= this.clock.after(ACK_WAIT_MS, () => {
      this.#timer = undefined;
      if (this.#acks.size > 0) this.wake();
    });
  }

  /** Stops the timer. */
  close(): void {
    this.#timer?.cancel();
  }

  /** Refuses a number. */
  nak(seq: number, code: string, why: string): void {
    this.#wants.delete(seq);
    this.#naks.set(seq, { code, why });
    this.wake();
  }

  /** Requests parts of a document. */
  want(seq: number, offset: number, until: number): void {
    this.#wants.set(seq, { offset, until });
    this.wake();
  }

  /** Returns the next answer, for a record of at most `rx` bytes. */
  nextFrame(rx: number): Uint8Array | undefined {
    if (this.#acks.size > 0) {
      const room = Math.min(ACKS_PER_FRAME, Math.floor((rx - TAG_BYTES - 16) / 4));
      const seqs = [...this.#acks.values().take(room)];
      for (const seq of seqs) this.#acks.delete(seq);
      return encodeMessage({ type: "ack", seqs });
    }
    for (const [seq, { code, why }] of this.#naks) {
      this.#naks.delete(seq);
      return encodeMessage({ type: "nak", seq, code, why });
    }
    for (const [seq, { offset, until }] of this.#wants) {
      this.#wants.delete(seq);
      return encodeMessage({ type: "want", seq, offset, until });
    }
    return undefined;
  }
}
