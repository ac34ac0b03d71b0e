import { U32_MAX, WINDOW } from "./limits.ts";

/**
 * Which of one sender's numbers are done (PROTOCOL.md section 4, Delivery): every one up to `upto`, and some of the
 * `size` numbers beyond it.
 */
export class Window {
  #upto: number;
  /** Done numbers beyond `#upto`; never more than `size`. */
  readonly #beyond = new Set<number>();

  /**
   * @param epoch the numbering that this is about
   * @param size how many numbers beyond `upto` are tracked
   * @param upto highest number up to which all are done
   * @param bitmap done beyond `upto`, most significant bit first, bit 0 = `upto` + 1; bits past `size` are ignored
   */
  constructor(
    readonly epoch: number,
    readonly size: number = WINDOW,
    upto: number = 0,
    bitmap: Uint8Array = new Uint8Array(),
  ) {
    this.#upto = upto;
    const bits = Math.min(bitmap.length * 8, size, U32_MAX - upto);
    for (let bit = 0; bit < bits; bit++) {
      if (bitmap[bit >> 3]! & (0x80 >> (bit & 7))) this.#beyond.add(upto + 1 + bit);
    }
    this.#advance();
  }

  /** Highest number up to which all are done. */
  get upto(): number {
    return this.#upto;
  }

  /** Highest number that is done. */
  get highest(): number {
    return Math.max(this.#upto, ...this.#beyond);
  }

  /** Whether this number is done. */
  has(seq: number): boolean {
    return seq <= this.#upto || this.#beyond.has(seq);
  }

  /** Whether this number is not done yet and near enough to be tracked. */
  accepts(seq: number): boolean {
    return seq > this.#upto && seq <= this.#upto + this.size && seq <= U32_MAX && !this.#beyond.has(seq);
  }

  /** Marks a number as done. False where {@linkcode accepts} is false; then nothing changes. */
  add(seq: number): boolean {
    if (!this.accepts(seq)) return false;
    this.#beyond.add(seq);
    this.#advance();
    return true;
  }

  /** What is done beyond `upto`, as the constructor and `have` take it; trailing zero bytes are left out. */
  toBitmap(): Uint8Array {
    if (this.#beyond.size === 0) return new Uint8Array();
    const last = this.highest - this.#upto - 1;
    const bitmap = new Uint8Array((last >> 3) + 1);
    for (const seq of this.#beyond) {
      const bit = seq - this.#upto - 1;
      bitmap[bit >> 3]! |= 0x80 >> (bit & 7);
    }
    return bitmap;
  }

  #advance(): void {
    while (this.#beyond.delete(this.#upto + 1)) this.#upto++;
  }
}
