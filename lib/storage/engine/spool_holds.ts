import type { Spool } from "../files/spool.ts";
import type { OutboxTable } from "../tables/outbox.ts";

/** Files of the spool that are in use, and those to be deleted once a transaction is committed. */
export class SpoolHolds {
  /** Holder → its file. */
  readonly #held = new Map<number, string>();
  readonly #freed = new Set<string>();

  constructor(private readonly spool: Spool, private readonly outbox: OutboxTable) {}

  /** Protects a file for a holder. */
  hold(file: string, holder: number): void {
    this.#held.set(holder, file);
  }

  /** Ends a holder's protection of a file. */
  release(file: string, holder: number): void {
    this.#held.delete(holder);
    this.free(file);
  }

  /** Notes that a message with this file is settled. */
  free(file: string): void {
    this.#freed.add(file);
  }

  /** Deletes files that nothing needs, after a commit. */
  committed(): void {
    for (const file of this.#freed) {
      const isHeld = [...this.#held.values()].includes(file);
      if (!isHeld && !this.outbox.needs(file)) this.spool.remove(file);
    }
    this.#freed.clear();
  }

  /** Forgets the settled messages of a transaction that was rolled back. */
  reset(): void {
    this.#freed.clear();
  }
}
