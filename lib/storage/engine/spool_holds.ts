import type { Spool } from "../files/spool.ts";

/** Files of the spool: which somebody is about to refer to, and which may go once a transaction is committed. */
export class SpoolHolds {
  readonly #holders = new Map<string, Set<number>>();
  readonly #freed = new Set<string>();

  /** @param isNeeded whether a waiting message is in a file */
  constructor(private readonly spool: Spool, private readonly isNeeded: (file: string) => boolean) {}

  /** A file stays as long as this holder has it. */
  hold(file: string, holder: number): void {
    const holders = this.#holders.get(file) ?? new Set();
    this.#holders.set(file, holders.add(holder));
  }

  /** The holder has it no more. */
  release(file: string, holder: number): void {
    const holders = this.#holders.get(file);
    holders?.delete(holder);
    if (holders?.size === 0) this.#holders.delete(file);
    this.free(file);
  }

  /** A message that was in this file is settled. */
  free(file: string): void {
    this.#freed.add(file);
  }

  /** The transaction is committed: removes what nobody needs. */
  committed(): void {
    for (const file of this.#freed) {
      if (!this.#holders.has(file) && !this.isNeeded(file)) this.spool.remove(file);
    }
    this.#freed.clear();
  }

  /** The transaction was rolled back. */
  reset(): void {
    this.#freed.clear();
  }
}
