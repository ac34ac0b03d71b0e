import { dirname } from "../../platform/std_path.ts";
import type { SyncJob } from "../files/files.ts";
import type { Inbox } from "./inbox.ts";
import type { PendingFile } from "../tables/messages.ts";
import type { Store } from "../tables/store.ts";
import type { WarnOwner } from "../types.ts";

/** Rows processed at a time. */
const CHUNK = 512;

/** Makes the files of pending documents durable; their rows are then no longer pending. */
export class Syncer {
  /** Rows whose file failed to sync: a second sync would succeed although the data was never written. */
  readonly #doubtful = new Set<number>();
  #parentSynced = false;

  /**
   * @param run syncs files, here or in another thread; returns the failures with their reasons
   * @param beforeSettled called after the sync, before the transaction that records it
   */
  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly run: (job: SyncJob) => Map<string, string> | Promise<Map<string, string>>,
    private readonly warn: WarnOwner,
    private readonly beforeSettled: () => void = () => {},
  ) {}

  /**
   * Syncs all pending documents once. If a file cannot be synced, the owner is told and the document stays pending: the
   * next pass writes the file again from the journal.
   *
   * @param upto later rows are ignored
   * @param deadline no new chunk is started after it, by `performance.now()`
   */
  async pass(upto: number, deadline = Infinity): Promise<void> {
    const { messages } = this.store;
    this.#writeDoubtfulAnew();
    let after = 0;
    do {
      const chunk = messages.pendingFiles(after, upto + 1, CHUNK);
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

  /** Writes files again after a failed sync. Those that cannot be written now are tried again next time. */
  #writeDoubtfulAnew(): void {
    for (const row of [...this.#doubtful].slice(0, CHUNK)) {
      try {
        this.inbox.writeAnew(this.store.messages.place(row));
        this.#doubtful.delete(row);
      } catch { /* the owner was told when the sync failed */ }
    }
  }

  /** Syncs files; returns the rows that are durable now. */
  async #sync(places: readonly PendingFile[]): Promise<Set<number>> {
    if (places.length === 0) return new Set();
    const roots = [this.inbox.root, ...(this.#parentSynced ? [] : [dirname(this.inbox.root)])];
    const located = places.map(({ row, folderName, file }) => {
      return { row, folder: this.inbox.path(folderName), file: this.inbox.path(folderName, file) };
    });
    const files = new Set(located.map(({ file }) => file));
    const folders = new Set([...located.map(({ folder }) => folder), ...roots]);
    const failed = await this.run({ files: [...files], folders: [...folders] });
    if (failed.size === 0) {
      this.#parentSynced = true;
      return new Set(located.map(({ row }) => row));
    }
    for (const [path, why] of failed) {
      this.warn("sync-failed", `${path} could not be made durable (${why}): check that disk.`);
    }
    const rootFailed = roots.some((root) => failed.has(root));
    this.#parentSynced ||= !rootFailed;
    const isFailed = new Set(located.filter(({ file, folder }) => failed.has(file) || failed.has(folder)));
    for (const { row } of isFailed) this.#doubtful.add(row);
    return new Set(rootFailed ? [] : located.filter((each) => !isFailed.has(each)).map(({ row }) => row));
  }
}
