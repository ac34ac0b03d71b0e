import type { Inbox } from "./inbox.ts";
import type { Spool } from "../files/spool.ts";
import type { PartialDocument } from "../tables/partials.ts";
import type { Store } from "../tables/store.ts";

/** How long a partial document is kept if nobody sends the rest, milliseconds of lived time. */
const PARTIAL_KEPT_MS = 7 * 24 * 3_600_000;
/** The same for one that has no bytes. */
const EMPTY_KEPT_MS = 3_600_000;
/** How long a copy that no message refers to is kept, likewise: a message may be about to refer to it. */
const ORPHAN_MS = 24 * 3_600_000;
/** How often to look, likewise. */
const EVERY_MS = 3_600_000;

/** Removes what was started and never finished: partial documents, and copies in the spool that nobody sends. */
export class Sweeper {
  #sweptAt = -Infinity;

  constructor(private readonly store: Store, private readonly inbox: Inbox, private readonly spool: Spool) {}

  /** Removes it if it is time to look. */
  run(): void {
    const now = this.store.lived.now.ms;
    if (now - this.#sweptAt < EVERY_MS) return;
    this.#sweptAt = now;
    this.#sweepSpool(now);
    const { partials } = this.store;
    // What comes slowly is not touched before its first 4 MiB are on disk.
    const isEmpty = (partial: PartialDocument) => this.inbox.partialSize(partial) === 0;
    const empty = partials.emptySince(now - EMPTY_KEPT_MS).filter(isEmpty);
    const going = [...partials.untouchedSince(now - PARTIAL_KEPT_MS), ...empty];
    if (going.length === 0) return;
    this.store.transaction(() => going.forEach((partial) => this.inbox.discardPartial(partial)));
  }

  #sweepSpool(now: number): void {
    const { outbox } = this.store;
    const orphans = this.spool.files().filter((name) => !outbox.needs(name));
    const known = outbox.unreferenced();
    const isOld = (name: string) => now - (known.get(name) ?? now) > ORPHAN_MS;
    for (const name of orphans.filter(isOld)) this.spool.remove(name);
    const left = new Map(
      orphans.filter((name) => !isOld(name)).map((name) => [name, known.get(name) ?? now]),
    );
    if (left.size === known.size && [...left.keys()].every((name) => known.has(name))) return;
    this.store.transaction(() => outbox.noteUnreferenced(left));
  }
}
