import type { Inbox } from "./inbox.ts";
import type { Spool } from "./spool.ts";
import type { Store } from "./store.ts";

/** What came of a document in parts is kept so long when nobody sends the rest, milliseconds. */
const PARTIAL_KEPT_MS = 7 * 24 * 3_600_000;
/** How often it is looked, milliseconds. */
const EVERY_MS = 3_600_000;

/** Removes what was begun and never finished: documents that came in part, copies in the spool that nobody sends. */
export class Sweeper {
  readonly #store;
  readonly #inbox;
  readonly #spool;
  #sweptAt = 0;

  constructor(store: Store, inbox: Inbox, spool: Spool) {
    this.#store = store;
    this.#inbox = inbox;
    this.#spool = spool;
  }

  /** Does so where it is time. @param now milliseconds since 1970 */
  run(now: number): void {
    if (now - this.#sweptAt < EVERY_MS) return;
    this.#sweptAt = now;
    this.#spool.sweep((name) => this.#store.outbox.needs(name), now);
    const untouched = this.#store.partials.untouchedSince(now - PARTIAL_KEPT_MS);
    if (untouched.length === 0) return;
    this.#store.transaction(() => untouched.forEach((partial) => this.#inbox.discardPartial(partial)));
  }
}
