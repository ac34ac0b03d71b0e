import type { Inbox } from "./inbox.ts";
import type { Spool } from "../files/spool.ts";
import type { Store } from "../tables/store.ts";

/** What came of a document in parts is kept so long when nobody sends the rest, milliseconds of lived time. */
const PARTIAL_KEPT_MS = 7 * 24 * 3_600_000;
/** And that of one of which nothing has come. */
const EMPTY_KEPT_MS = 3_600_000;
/** A copy that no message refers to is kept so long, likewise: somebody may be about to refer to it. */
const ORPHAN_MS = 24 * 3_600_000;
/** How often it is looked, likewise. */
const EVERY_MS = 3_600_000;

/** Removes what was begun and never finished: documents that came in part, copies in the spool that nobody sends. */
export class Sweeper {
  #sweptAt = -Infinity;

  constructor(private readonly store: Store, private readonly inbox: Inbox, private readonly spool: Spool) {}

  /** Does so if it is time. */
  run(): void {
    const now = this.store.lived.now.ms;
    if (now - this.#sweptAt < EVERY_MS) return;
    this.#sweptAt = now;
    this.#sweepSpool(now);
    const untouched = this.store.partials.untouchedSince(now - PARTIAL_KEPT_MS, now - EMPTY_KEPT_MS);
    if (untouched.length === 0) return;
    this.store.transaction(() => untouched.forEach((partial) => this.inbox.discardPartial(partial)));
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
