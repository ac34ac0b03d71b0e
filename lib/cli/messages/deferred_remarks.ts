import { LARGE_TIMEOUT_MS } from "../../peer/message_checks.ts";
import type { DocumentOptions } from "../../peer/types.ts";
import { TIMEOUT } from "./recipients.ts";
import { cannotNowText } from "./results.ts";
import type { NameText } from "../terminal/text.ts";

/** Tells the user, once for each recipient, that it cannot take a document now, and how long it is retried. */
export class DeferredRemarks {
  readonly #told = new Set<string>();

  /** @param print prints a sentence */
  constructor(private readonly print: (text: string) => void, private readonly nameText?: NameText) {}

  /**
   * Returns the callback for a document under way.
   *
   * @param what the document, as a sentence names it
   * @param isLarge true if it is sent in parts
   * @param timeout how long it is retried, if the user gave a timeout, milliseconds
   */
  about(
    what: string,
    isLarge: boolean,
    timeout?: number,
  ): NonNullable<DocumentOptions["deferred"]> {
    const ms = timeout ?? (isLarge ? LARGE_TIMEOUT_MS : TIMEOUT);
    return (to, why) => {
      if (this.#told.has(to.id)) return;
      this.#told.add(to.id);
      const seconds = Math.round(ms / 100) / 10;
      this.print(`${cannotNowText(what, to, why, this.nameText)} Trying again for up to ${seconds} s.`);
    };
  }
}
