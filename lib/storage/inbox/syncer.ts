import { dirname } from "@std/path";
import type { SyncJob } from "../files/files.ts";
import type { Inbox } from "./inbox.ts";
import type { DocumentPlace } from "../tables/messages.ts";
import type { Store } from "../tables/store.ts";
import type { WarnOwner } from "../types.ts";

/** Rows taken in one go. */
const CHUNK = 512;

/** Makes pending documents' files durable, and their rows no longer pending. */
export class Syncer {
  /** Rows whose file the system failed to sync: another try would succeed without having written anything. */
  readonly #doubtful = new Set<number>();
  #parentSynced = false;

  /**
   * @param run does the work, here or in another thread; returns what failed, and why
   * @param beforeSettled called between that and the transaction that notes it
   */
  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly run: (job: SyncJob) => Map<string, string> | Promise<Map<string, string>>,
    private readonly warn: WarnOwner,
    private readonly beforeSettled: () => void = () => {},
  ) {}

  /**
   * Goes once through what is pending. A file that cannot be synced is told to the owner and stays pending: the next pass
   * writes it anew from the journal.
   *
   * @param upto rows beyond this one are left alone
   * @param deadline after which no more is begun, of `performance.now()`
   */
  async pass(upto: number, deadline = Infinity): Promise<void> {
    const { messages } = this.store;
    this.#writeDoubtfulAnew();
    let after = 0;
    do {
      const chunk = messages.pending(after, upto + 1, CHUNK);
      if (chunk.length === 0) return messages.settleUpto(upto);
      const rows = chunk.map(({ row }) => row);
      after = rows.at(-1)!;
      const synced = await this.#sync(
        chunk.filter(({ row }) => !this.inbox.isUnplaced(row) && !this.#doubtful.has(row)),
      );
      for (const { row, folderName, partial } of chunk) {
        if (partial !== null && synced.has(row)) this.inbox.removePartial(folderName, partial);
      }
      this.beforeSettled();
      this.store.transaction(() => messages.settle(rows, synced));
    } while (performance.now() < deadline);
  }

  /** Those that cannot be written now stay doubtful. */
  #writeDoubtfulAnew(): void {
    for (const row of [...this.#doubtful].slice(0, CHUNK)) {
      try {
        this.inbox.writeAnew(this.store.messages.place(row));
        this.#doubtful.delete(row);
      } catch { /* the owner was told when the sync failed */ }
    }
  }

  /** Returns the rows of those that are durable now. */
  async #sync(places: readonly DocumentPlace[]): Promise<Set<number>> {
    if (places.length === 0) return new Set();
    const fileOf = (place: DocumentPlace) => this.inbox.path(place.folderName, place.file);
    const folderOf = (place: DocumentPlace) => this.inbox.path(place.folderName);
    const roots = [this.inbox.root, ...(this.#parentSynced ? [] : [dirname(this.inbox.root)])];
    const files = new Set(places.map(fileOf));
    const folders = new Set([...places.map(folderOf), ...roots]);
    const failed = await this.run({ files: [...files], folders: [...folders] });
    for (const [path, why] of failed) {
      this.warn("sync-failed", `${path} could not be made durable (${why}): check that disk.`);
    }
    const rootFailed = roots.some((root) => failed.has(root));
    this.#parentSynced ||= !rootFailed;
    for (const place of places) {
      if (failed.has(fileOf(place)) || failed.has(folderOf(place))) this.#doubtful.add(place.row);
    }
    return new Set(
      places.filter((place) => !rootFailed && !failed.has(fileOf(place)) && !failed.has(folderOf(place)))
        .map(({ row }) => row),
    );
  }
}
