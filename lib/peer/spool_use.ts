import type { Storage } from "../storage/types.ts";

/** Which copies in the spool are being handed to their recipients: they stay until each is told or in the outbox. */
export class SpoolUse {
  /** Files, and how many calls are about each. */
  readonly #inUse = new Map<string, number>();

  constructor(private readonly storage: Pick<Storage, "unspool">) {}

  /** A call about this file begins. */
  begin(spool: string): void {
    this.#inUse.set(spool, (this.#inUse.get(spool) ?? 0) + 1);
  }

  /** It is over: the file goes, unless another call is about it, or the outbox needs it for one of these recipients. */
  async end(spool: string, recipients: readonly string[]): Promise<void> {
    const uses = this.#inUse.get(spool)! - 1;
    if (uses > 0) this.#inUse.set(spool, uses);
    else {
      this.#inUse.delete(spool);
      await Promise.all(recipients.map((recipient) => this.#remove(recipient, spool)));
    }
  }

  /** A message with this file ended. */
  settled(spool: string, recipient: string): void {
    if (!this.#inUse.has(spool)) void this.#remove(recipient, spool);
  }

  async #remove(recipient: string, spool: string): Promise<void> {
    // The store hears at the end of this turn that the message is settled.
    for (let turns = 0; turns < 4; turns++) await Promise.resolve();
    await this.storage.unspool(recipient, spool).catch(() => {/* removed at a later start */});
  }
}
