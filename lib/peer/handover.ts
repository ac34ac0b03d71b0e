import type { Delivery } from "../delivery/delivery.ts";
import type { Outbound } from "../delivery/outbound.ts";
import type { OutboundMessage } from "../storage/types.ts";
import type { DocumentOptions } from "./types.ts";

/** Hands messages over to delivery in their order, although the ids of some have to be looked up first. */
export class Handover {
  /** The last message to each recipient whose id is being looked up: later ones wait for it. */
  readonly #looking = new Map<string, Promise<void>>();

  constructor(private readonly delivery: Delivery) {}

  /**
   * Calls `add` with the messages to a recipient, in the order in which messages to it were handed over, and returns its
   * result. If another message to the recipient has the id of this one, returns undefined, and does not call it.
   */
  async add<T>(
    recipient: string,
    message: OutboundMessage,
    { id, name }: Partial<DocumentOptions>,
    add: (outbound: Outbound) => T,
  ): Promise<T | undefined> {
    const outbound = await this.delivery.outbound(recipient);
    const before = this.#looking.get(recipient);
    // A new id is known as such at once.
    if (!before && !outbound.has(message.id) && (id === undefined || !this.delivery.mayHaveEnded(id))) {
      return add(outbound);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#looking.set(recipient, promise);
    try {
      await before;
      const isNamed = name !== undefined || message.ask === true;
      const isAnother = (await this.delivery.outbound(recipient)).isAnother(message, isNamed) ??
        (id !== undefined && this.delivery.mayHaveEnded(id) &&
          this.delivery.hasEndedAnother(recipient, id, message, isNamed));
      if (await isAnother) return undefined;
      // It may have been dropped meanwhile.
      return add(await this.delivery.outbound(recipient));
    } finally {
      resolve();
      if (this.#looking.get(recipient) === promise) this.#looking.delete(recipient);
    }
  }
}
