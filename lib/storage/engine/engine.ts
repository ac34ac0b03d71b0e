import type { CannotSync } from "../../platform/sync.ts";
import { meaningOf } from "../../platform/trouble.ts";
import { DatabaseRemoved, databaseTrouble, isDamage } from "../database/database_error.ts";
import type { FileThread } from "../files/file_thread.ts";
import { Files, type PlaceJob, type PlaceResult, type SyncJob } from "../files/files.ts";
import { Housekeeping, type Retention } from "../inbox/housekeeping.ts";
import { Inbox } from "../inbox/inbox.ts";
import { requireDisk } from "../inbox/inbox_disk.ts";
import type { Lived } from "../tables/lived_time.ts";
import type { Operation } from "./operations.ts";
import { type PackedOperations, type PackedResults, packResults, unpackOperations } from "./packed_batch.ts";
import type { Journaled } from "./large_receiver.ts";
import { Receiver } from "./receiver.ts";
import { recover } from "../inbox/recovery.ts";
import { databasePath, openDatabase } from "../database/open_database.ts";
import { Spool } from "../files/spool.ts";
import { Store } from "../tables/store.ts";
import { Sweeper } from "../inbox/sweeper.ts";
import { Syncer } from "../inbox/syncer.ts";
import { type Performed, type Result, Transactor } from "./transactor.ts";
import type { Step } from "../testing.ts";
import type { PlacedDocument, ReceiveOutcome, WarnOwner } from "../types.ts";

/** Most files that are placed or synced without another thread. */
const FEW = 8;
/** Number of pending documents at which a pass starts at once. */
const PENDING_MANY = 20_000;
/** Number of pending documents at which new ones wait for a pass, so that the start after a crash stays short. */
const PENDING_MAX = 100_000;

const NO_BODY = new Uint8Array();

/** Operations that share a transaction. */
export interface Batch {
  readonly number: number;
  /** When they arrived, milliseconds since 1970. */
  readonly at: number;
  readonly lived: Lived;
  readonly operations: PackedOperations;
}

/** Results, each with the index of its operation in the batch. */
type Results = readonly (readonly [index: number, result: Result])[];

/** Folders of a store, and its limit. */
export interface StoreSettings {
  /** State folder; the database is `earshot.db` in it. Created with mode 0700. */
  readonly state: string;
  /** Inbox folder; created when the first document arrives. */
  readonly inbox: string;
  /** Limit of the sum of documents in the inbox, bytes. */
  readonly quota: number;
  readonly keep: Retention;
}

/** Environment of an engine. */
export interface EngineOptions extends StoreSettings {
  readonly reply: (batch: number, results: PackedResults) => void;
  readonly warn: WarnOwner;
  /** Called for documents that got their place after they were acknowledged. */
  readonly placed: (documents: readonly PlacedDocument[]) => void;
  readonly step: (step: Step) => void;
  readonly cannotSync: CannotSync;
  /** Threads for many files: one places, one syncs. */
  readonly placer: FileThread;
  readonly syncer: FileThread;
}

/** A batch whose transaction is committed and whose files are being made. */
interface Placing {
  readonly batch: number;
  /** Results of its documents. */
  readonly results: Results;
  readonly rows: readonly number[];
}

/** The store itself, in the worker: takes batches, returns results. */
export class Engine {
  readonly #store;
  readonly #files;
  readonly #inbox;
  readonly #transactor;
  readonly #syncer;
  readonly #housekeeping;
  readonly #sweeper;
  /** In the order of their transactions. */
  readonly #placing: Placing[] = [];
  /** Batches with files that could not be placed as planned. */
  #troubled: [Placing, PlaceResult][] = [];
  /** Settled when the placer has nothing left to do. */
  #placed = Promise.resolve();
  #passes = Promise.resolve(true);
  #passesDue = 0;
  #pending: number;
  readonly #path;
  /** Which file the database is. */
  readonly #inode;

  /**
   * Opens the store and recovers the inbox from the journal.
   *
   * @throws {UserError} if the database cannot be used, or the disk of the inbox is missing
   */
  constructor(private readonly options: EngineOptions) {
    const { state, inbox, quota, keep, warn, step, syncer } = options;
    this.#path = databasePath(state);
    this.#store = new Store(openDatabase(this.#path, warn));
    this.#inode = inodeOf(this.#path);
    this.#files = new Files(this.#store.token, "store", step, undefined, options.cannotSync);
    this.#inbox = new Inbox(this.#store, this.#files, inbox, warn);
    try {
      requireDisk(this.#store, this.#inbox.root);
    } catch (error) {
      this.#store.close();
      throw error;
    }
    const receiver = new Receiver(this.#store, this.#inbox, quota, warn);
    const spool = new Spool(state);
    this.#transactor = new Transactor(
      this.#store,
      this.#inbox,
      receiver,
      spool,
      warn,
      () => step("received"),
    );
    this.#housekeeping = new Housekeeping(this.#store, this.#inbox, keep, warn);
    this.#sweeper = new Sweeper(this.#store, this.#inbox, spool);
    const sync = (job: SyncJob) => job.files.length <= FEW ? this.#files.sync(job) : syncer.sync(job);
    this.#syncer = new Syncer(this.#store, this.#inbox, sync, warn, () => step("durable"));
    this.#tellPlaced(recover(this.#store, this.#files, this.#inbox));
    this.#pending = this.#store.messages.countPending();
  }

  /** Reading of the clock that is on disk. */
  get lived(): Lived {
    return this.#store.lived.now;
  }

  /** Distinguishes our temporary files from those of other stores. */
  get token(): string {
    return this.#store.token;
  }

  /** Performs a batch; its results go to `reply`. Batches are performed one after another. */
  async batch(batch: Batch): Promise<void> {
    this.#store.lived.tell(batch.lived);
    if (this.#troubled.length > 0) await this.#placed;
    if (this.#pending > PENDING_MANY && this.#passesDue === 0) this.sync(batch.lived);
    if (this.#pending > PENDING_MAX) await this.#passes;
    this.#tellPlaced(this.#inbox.placeBacklog());

    const operations = unpackOperations(batch.operations);
    const performed = this.#transactor.perform(operations, batch.at);
    this.options.step("committed");
    const toPlace: number[] = [];
    const done: (readonly [number, Result])[] = [];
    performed.forEach(({ result, journaled }, i) => journaled ? toPlace.push(i) : done.push([i, result]));
    if (done.length > 0) this.options.reply(batch.number, packResults(done));
    if (toPlace.length > 0) this.#place(batch.number, operations, performed, toPlace);
  }

  /**
   * Makes pending files durable until `deadline` (of `performance.now()`), and prunes the history.
   *
   * @param lived the time now
   * @returns true if something is left to do
   */
  sync(lived: Lived, deadline = Infinity): Promise<boolean> {
    this.#store.lived.tell(lived);
    this.#passesDue++;
    return this.#passes = this.#passes.then(async () => {
      try {
        this.#noteRemoval();
        this.#tellPlaced(this.#inbox.placeBacklog());
        const firstUnplaced = this.#placing[0]?.rows[0];
        const upto = firstUnplaced === undefined ? this.#store.messages.lastRow : firstUnplaced - 1;
        await this.#syncer.pass(upto, deadline);
        let isLeft = false;
        if (deadline !== Infinity) this.#housekeeping.runLast();
        else isLeft = this.#housekeeping.run();
        this.#sweeper.run();
        this.#writeTime(deadline !== Infinity);
        this.#pending = this.#store.messages.countPending();
        return isLeft || this.#pending > 0;
      } catch (error) {
        this.#transactor.noteFailure(error);
        const what = `What was received cannot be made durable: ${meaningOf(error)}.`;
        this.options.warn("storage-failed", isDamage(error) ? databaseTrouble(error, "") : what);
        return true;
      } finally {
        this.#passesDue--;
      }
    });
  }

  /** Finishes running batches and closes the database. */
  async close(lived: Lived, deadline: number): Promise<void> {
    await this.#placed;
    await this.sync(lived, deadline);
    this.#store.close();
  }

  /** Refuses what comes once the database is no longer the file that it was: nobody would find it there. */
  #noteRemoval(): void {
    if (inodeOf(this.#path) === this.#inode) return;
    const error = new DatabaseRemoved();
    this.#transactor.noteFailure(error);
    this.options.warn("storage-failed", databaseTrouble(error, "", this.#path));
  }

  #writeTime(always: boolean): void {
    const { lived } = this.#store;
    if (!always && !lived.isDue) return;
    try {
      this.#store.transaction(() => lived.flush(true));
    } catch (error) {
      // A start counts the unwritten time as a gap, at most one day.
      this.#transactor.noteFailure(error);
    }
  }

  /** Makes the files of a batch: in this thread if they are few and no earlier ones are on their way. */
  #place(
    number: number,
    operations: readonly Operation[],
    performed: readonly Performed[],
    indices: readonly number[],
  ): void {
    const placing: Placing = {
      batch: number,
      results: indices.map((i) => [i, performed[i]!.result]),
      rows: indices.map((i) => performed[i]!.journaled!.row),
    };
    const job = this.#job(indices.map((i) => {
      const [item] = (operations[i] as Operation & { name: "receive" }).args;
      return { ...performed[i]!.journaled!, body: item.kind === "document" ? item.body : NO_BODY };
    }));
    this.#pending += indices.length;
    this.#placing.push(placing);
    const files = job.documents.length + job.adoptions.length + job.streams.length;
    if (this.#placing.length === 1 && files <= FEW) {
      this.#finish(placing, this.#files.place(job));
    } else {
      this.#placed = this.options.placer.place(job).then((placed) => this.#finish(placing, placed));
    }
  }

  #job(journaled: readonly (Journaled & { body: Uint8Array })[]): PlaceJob {
    const documents: PlaceJob["documents"][number][] = [];
    const adoptions: PlaceJob["adoptions"][number][] = [];
    const streams = new Map<
      number,
      { rows: number[]; folder: string; file: string; offset: number; bodies: Uint8Array[] }
    >();
    for (const { row, folder: name, file, line, partial, body } of journaled) {
      const folder = this.#inbox.path(name);
      if (partial !== undefined) adoptions.push({ row, folder, file, partial });
      else if (!line) documents.push({ row, folder, file, body });
      else {
        let lines = streams.get(line.file.row);
        if (!lines) {
          streams.set(line.file.row, lines = { rows: [], folder, file, offset: line.offset, bodies: [] });
        }
        lines.rows.push(row);
        lines.bodies.push(body);
      }
    }
    return { documents, adoptions, streams: [...streams.values()] };
  }

  /** Replies. If files could not be placed as planned, first waits for the placer and then makes them one by one. */
  #finish(placing: Placing, placed: PlaceResult): void {
    if (placed.failed.length + placed.moved.length > 0) this.#troubled.push([placing, placed]);
    else this.#reply(placing, placing.results);
    if (this.#placing.length > this.#troubled.length) return;
    for (const [troubled, { failed, moved }] of this.#troubled) {
      for (const { rows, start } of moved) this.#inbox.noteLines(rows, start);
      this.#inbox.place(failed);
      this.#reply(
        troubled,
        troubled.results.map(([i, result], n) => {
          const row = troubled.rows[n]!;
          return [i, failed.includes(row) ? this.#placedAt(row, result) : result];
        }),
      );
    }
    this.#troubled = [];
  }

  #reply(placing: Placing, results: Results): void {
    this.#placing.splice(this.#placing.indexOf(placing), 1);
    this.options.step("placed");
    this.options.reply(placing.batch, packResults(results));
  }

  /** Returns the result of a document with its current path, if it has one. */
  #placedAt(row: number, result: Result): Result {
    const { folderName, file } = this.#store.messages.place(row);
    const { value } = result as { value: ReceiveOutcome };
    const path = this.#inbox.isUnplaced(row) ? undefined : this.#inbox.path(folderName, file);
    return { value: { ...value, path } };
  }

  #tellPlaced(rows: readonly number[]): void {
    if (rows.length === 0) return;
    this.options.placed(rows.map((row) => this.#inbox.located(this.#store.messages.document(row))));
  }
}

/** Returns the number of a file on its disk, or null where there are no such numbers; undefined if there is no file. */
function inodeOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return undefined;
  }
}
