import { ExitCode, UserError } from "../../platform/user_error.ts";
import { databasePath, OldDatabaseError } from "../../storage/database/open_database.ts";
import { History, type HistoryMessage } from "../../storage/history/history.ts";
import { aborted, type Context, jsonLine } from "../command.ts";
import { inboxFolder, openHistory } from "../profile/open_history.ts";
import { ScreenNames } from "../terminal/screen_names.ts";
import { ArrivalSignal } from "./arrival_signal.ts";
import { messageCells, messageJson } from "./list.ts";

/** Most messages read at a time. */
const CHUNK = 500;

/** How long a document that was committed may wait for its file, milliseconds; after that its owner has moved it. */
const PLACING_MAX = 2_000;

/** How long a starting peer may take to upgrade the database, milliseconds. */
const UPGRADE_MAX = 5_000;

/**
 * `earshot inbox --follow`: prints what comes in from now on, until the user ends it or the reader of the output has
 * left. It reads the database, so no peer has to run.
 */
export async function follow(context: Context): Promise<void> {
  const { config, out, interrupted } = context;
  if (config.given.sent || config.given.to !== undefined) {
    throw new UserError("--follow shows what comes in: leave out --sent and --to.", ExitCode.usage);
  }
  const ended = AbortSignal.any([interrupted, out.closed]);
  using signal = new ArrivalSignal(config.state);
  using arrivals = new Arrivals(context, await inboxFolder(context));
  const names = new ScreenNames();
  const print = async (messages: readonly HistoryMessage[]) => {
    await out.lines(
      messages.map((message) =>
        config.json
          ? jsonLine(messageJson(message))
          : messageCells(message, arrivals.root, names.text).filter((cell) => cell !== "").join("  ")
      ),
    );
  };
  const run = async () => {
    await print(await arrivals.begin(config.given.limit ?? 0));
    while (!ended.aborted) {
      const { messages, isMore } = await arrivals.next();
      await print(messages);
      if (ended.aborted || isMore) continue;
      await signal.next(arrivals.isWaiting);
      // A peer may have been started with another inbox.
      if (signal.takeStarted()) arrivals.moveTo(await inboxFolder(context));
    }
  };
  await Promise.race([run(), aborted(ended)]);
}

/** Findings of a look at the history. */
interface Found {
  readonly messages: readonly HistoryMessage[];
  /** True if there may be more at once. */
  readonly isMore: boolean;
}

/** The received messages of a profile after a position in the order of their arrival. */
class Arrivals implements Disposable {
  readonly #context: Context;
  #root: string;
  #history: History | undefined;
  /** Identifies the file of the database: a restored one is another. */
  #file: string | undefined;
  #row = 0;
  #oldSince: number | undefined;
  /** The row whose document has no file yet, and since when. */
  #placing: { readonly row: number; readonly since: number } | undefined;

  /** @param root folder of the inbox */
  constructor(context: Context, root: string) {
    this.#context = context;
    this.#root = root;
  }

  /** Folder of the inbox. */
  get root(): string {
    return this.#root;
  }

  /** Takes another folder for the inbox. */
  moveTo(root: string): void {
    if (root === this.#root) return;
    this.#root = root;
    this[Symbol.dispose]();
  }

  /** True if something has to be looked at again soon, though nothing may change. */
  get isWaiting(): boolean {
    return this.#placing !== undefined || this.#oldSince !== undefined;
  }

  /** Goes to the end, and returns the last `count` messages before it, oldest first. */
  async begin(count: number): Promise<HistoryMessage[]> {
    while (!await this.#open()) {
      if (this.#oldSince === undefined) return [];
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#row = this.#history!.lastRow;
    const latest: HistoryMessage[] = [];
    if (count === 0) return latest;
    const { from, stream } = this.#context.config.given;
    for (const message of this.#history!.received(from, stream)) {
      if (message.row <= this.#row && latest.push(message) >= count) break;
    }
    return latest.reverse();
  }

  /** Returns the messages after the last ones. */
  async next(): Promise<Found> {
    if (!await this.#open()) return { messages: [], isMore: false };
    const { from, stream } = this.#context.config.given;
    const all = this.#history!.arrivals(this.#row, CHUNK);
    const messages: HistoryMessage[] = [];
    for (const message of all) {
      if (!this.#isPlaced(message)) break;
      this.#row = message.row;
      messages.push(message);
    }
    return {
      messages: this.#history!.selected(messages, from, stream),
      isMore: all.length === CHUNK && this.#placing === undefined,
    };
  }

  [Symbol.dispose](): void {
    this.#history?.[Symbol.dispose]();
    this.#history = undefined;
  }

  /** Tells whether a document is in its file: the peer writes it just after the commit. */
  #isPlaced({ row, path, offset = 0, size, stream }: HistoryMessage): boolean {
    const since = this.#placing?.row === row ? this.#placing.since : performance.now();
    this.#placing = undefined;
    if (path === undefined) return true;
    const length = sizeOf(path);
    const isThere = length !== undefined && (stream === undefined || length >= offset + size);
    if (isThere || performance.now() - since > PLACING_MAX) return true;
    this.#placing = { row, since };
    return false;
  }

  /** Opens the database; false if there is none yet. */
  async #open(): Promise<boolean> {
    const { state } = this.#context.config;
    const file = identityOf(databasePath(state));
    if (file !== undefined && file === this.#file && this.#history !== undefined) return true;
    const isReplaced = this.#file !== undefined && file !== undefined && file !== this.#file;
    this[Symbol.dispose]();
    if (file === undefined) return false;
    try {
      this.#history = History.open(state, this.#root);
    } catch (error) {
      // A peer that is starting may be about to make or to upgrade it.
      if (!(error instanceof OldDatabaseError)) throw error;
      this.#oldSince ??= performance.now();
      if (performance.now() - this.#oldSince < UPGRADE_MAX) return false;
      this.#history = await openHistory(this.#context, this.#root);
    }
    this.#oldSince = undefined;
    if (this.#history === undefined) return false;
    this.#file = file;
    // What a restored database holds did not come in now.
    if (isReplaced) this.#row = Math.min(this.#row, this.#history.lastRow);
    return true;
  }
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch {
    return undefined;
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino, birthtime } = Deno.statSync(path);
    return `${dev} ${ino ?? birthtime?.getTime()}`;
  } catch {
    return undefined;
  }
}
