/**
 * Documents of one sender that come one after another share memory of this size at most, bytes: the first few less, as
 * all of it counts, and another sender may be next.
 */
const SLAB_BYTES = 32 * 1024;
/** Larger documents get memory of their own, bytes. */
const SMALL_BYTES = SLAB_BYTES / 8;

const NOTHING = new Uint8Array();

/** Memory for documents on their way to the worker: an allocation for each small one would take longer than its copy. */
export class BodyMemory {
  #sender = "";
  #slab = NOTHING;
  #used = 0;

  /**
   * Returns bytes that depend on no larger buffer of the caller, and how much memory they take beyond that of the
   * sender's earlier ones.
   */
  keep(sender: string, bytes: Uint8Array): { readonly body: Uint8Array; readonly taken: number } {
    const { length } = bytes;
    // Of several senders, the slowest would keep what all others shared with it.
    if (sender !== this.#sender || length > SMALL_BYTES) {
      this.#sender = sender;
      this.#slab = NOTHING;
      this.#used = 0;
      return { body: own(bytes), taken: length };
    }
    const isFull = this.#used + length > this.#slab.length;
    if (isFull) {
      this.#slab = new Uint8Array(Math.min(SLAB_BYTES, Math.max(SMALL_BYTES, 2 * this.#slab.length)));
      this.#used = 0;
    }
    const body = this.#slab.subarray(this.#used, this.#used += length);
    body.set(bytes);
    return { body, taken: isFull ? this.#slab.length : 0 };
  }
}

/** Returns bytes with memory of their own: a view would be sent to the worker with the whole buffer behind it. */
export function own(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
