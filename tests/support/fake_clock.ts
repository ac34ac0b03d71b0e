import type { Clock, Timer } from "../../lib/platform/clock.ts";

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/**
 * A clock that moves only when the test says so. Timers fire in order of time, then of creation; those with slack as late
 * as they may.
 */
export class FakeClock implements Clock {
  #now = 0;
  #order = 0;
  #heap: Pending[] = [];
  readonly #waiting = new WeakSet<Pending>();
  readonly #cancelled = new Set<Pending>();
  /** What `wall()` adds to `now()`; a test may change it to make the wall clock jump. */
  wallOffset = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.wallOffset;
  }

  after(ms: number, fn: () => void, slack = 0): Timer {
    const pending = { at: this.#now + Math.max(0, ms) + slack, order: this.#order++, fn };
    this.#push(pending);
    return { cancel: () => void (this.#waiting.has(pending) && this.#cancelled.add(pending)) };
  }

  /** Time of the next timer, or undefined where none waits. */
  next(): number | undefined {
    while (this.#heap.length > 0 && this.#cancelled.delete(this.#heap[0]!)) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Moves time by `ms`, firing what is due, synchronously: for code without promises. */
  advanceSync(ms: number): void {
    const end = this.#now + ms;
    for (let at = this.next(); at !== undefined && at <= end; at = this.next()) this.#fire();
    this.#now = end;
  }

  /** Moves time by `ms`, firing what is due, and lets promises settle after each timer and at the end. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let at = this.next(); at !== undefined && at <= end; at = this.next()) {
      this.#fire();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #fire(): void {
    const pending = this.#pop();
    this.#now = pending.at;
    pending.fn();
  }

  #push(pending: Pending): void {
    const heap = this.#heap;
    heap.push(pending);
    this.#waiting.add(pending);
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  #pop(): Pending {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    this.#waiting.delete(top);
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0;;) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2]) {
          if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
        }
        if (least === i) break;
        [heap[i], heap[least]] = [heap[least]!, heap[i]!];
        i = least;
      }
    }
    return top;
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Lets every promise that can settle without time or I/O do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
