import { LARGE_TIMEOUT_MS } from "../../peer/messenger.ts";
import type { DocumentOptions } from "../../peer/types.ts";
import { TIMEOUT } from "./recipients.ts";
import { cannotNowText } from "./results.ts";
import type { NameText } from "../terminal/text.ts";

/** Tells, once for each recipient, that it cannot take a document now, and how long it is tried again. */
export class DeferredRemarks {
  readonly #told = new Set<string>();

  /** @param print takes a sentence */
  constructor(private readonly print: (text: string) => void, private readonly nameText?: NameText) {}

  /**
   * Gives what to call while this document is under way.
   *
   * @param what the document, as a sentence names it
   * @param isLarge whether it goes in parts
   * @param timeout how long it is tried if the user said so, milliseconds
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
