import type { Spool } from "../files/spool.ts";
import type { OutboxTable } from "../tables/outbox.ts";

/** Files of the spool: which somebody is about to refer to, and which may go once a transaction is committed. */
export class SpoolHolds {
  /** Holder → the file that it has. */
  readonly #held = new Map<number, string>();
  readonly #freed = new Set<string>();

  constructor(private readonly spool: Spool, private readonly outbox: OutboxTable) {}

  /** Keeps a file as long as this holder has it. */
  hold(file: string, holder: number): void {
    this.#held.set(holder, file);
  }

  /** Notes that the holder has it no more. */
  release(file: string, holder: number): void {
    this.#held.delete(holder);
    this.free(file);
  }

  /** Notes that a message that was in this file is settled. */
  free(file: string): void {
    this.#freed.add(file);
  }

  /** Removes what nobody needs: the transaction is committed. */
  committed(): void {
    for (const file of this.#freed) {
      const isHeld = [...this.#held.values()].includes(file);
      if (!isHeld && !this.outbox.needs(file)) this.spool.remove(file);
    }
    this.#freed.clear();
  }

  /** Forgets what was freed: the transaction was rolled back. */
  reset(): void {
    this.#freed.clear();
  }
}
