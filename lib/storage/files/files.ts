import { type CannotSync, syncFile, syncFolder } from "../../platform/sync.ts";
import { meaningOf } from "../../platform/trouble.ts";
import type { Step } from "../testing.ts";
import {
  appendWhole,
  createPlainly,
  exists,
  fileSize,
  isMissing,
  NEWLINE,
  pathIn,
  removeIfThere,
} from "./file_access.ts";

const RETURN = 0x0d;
const SPACE = 0x20;

const THREADS = ["store", "placer"] as const;

/** Threads that make files. */
export type Thread = typeof THREADS[number];

/** System calls that tests can make fail. */
export interface FileCalls {
  readonly link: (from: string, to: string) => void;
  readonly sync: (file: Deno.FsFile, told?: CannotSync) => void;
}

const systemCalls: FileCalls = { link: Deno.linkSync, sync: (file, told) => syncFile(file, told, true) };

/** Documents that one transaction put into the journal, to be placed in the inbox. Folders are paths. */
export interface PlaceJob {
  readonly documents: readonly {
    /** Its row in the history. */
    readonly row: number;
    readonly folder: string;
    readonly file: string;
    readonly body: Uint8Array;
  }[];
  /** Large documents: each is complete and on disk in the file `partial` of its folder. */
  readonly adoptions: readonly {
    readonly row: number;
    readonly folder: string;
    readonly file: string;
    readonly partial: string;
  }[];
  /** Documents that become lines of one file. */
  readonly streams: readonly {
    readonly rows: readonly number[];
    readonly folder: string;
    readonly file: string;
    /** Offset of the first line; 0 for a new file. */
    readonly offset: number;
    readonly bodies: readonly Uint8Array[];
  }[];
}

/** Result of a {@linkcode PlaceJob}. */
export interface PlaceResult {
  /** Rows of the documents that could not be placed, whatever the reason. */
  readonly failed: readonly number[];
  /** Lines of one file that begin at another offset than planned, because another program appended to it. */
  readonly moved: readonly { readonly rows: readonly number[]; readonly start: number }[];
}

/** Paths of files and folders to be made durable. */
export interface SyncJob {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** The files of the inbox, through synchronous calls, for a worker. It never overwrites an existing file. */
export class Files {
  /** Folders on file systems that cannot link. */
  readonly #unlinkable = new Set<string>();

  /**
   * @param token distinguishes our temporary files from those of other stores
   * @param thread distinguishes those of one thread from those of the other
   * @param step called at each {@linkcode Step}
   * @param cannotSync told each time that the file system cannot make something durable
   */
  constructor(
    private readonly token: string,
    private readonly thread: Thread = "store",
    private readonly step: (step: Step) => void = () => {},
    private readonly calls: FileCalls = systemCalls,
    private readonly cannotSync: CannotSync = () => {},
  ) {}

  /** Places documents, as far as possible. */
  place({ documents, adoptions, streams }: PlaceJob): PlaceResult {
    const failed: number[] = [];
    const moved: PlaceResult["moved"][number][] = [];
    for (const { row, folder, file, body } of documents) {
      if (!succeeds(() => this.create(folder, file, body))) failed.push(row);
    }
    for (const { row, folder, file, partial } of adoptions) {
      if (!succeeds(() => this.adopt(folder, partial, file))) failed.push(row);
    }
    for (const { rows, folder, file, offset, bodies } of streams) {
      const isThere = succeeds(() => {
        const start = this.append(folder, file, offset, toLines(bodies));
        if (start !== undefined && start !== offset) moved.push({ rows, start });
        return start !== undefined;
      });
      if (!isThere) failed.push(...rows);
    }
    return { failed, moved };
  }

  /** Makes files durable, then the names in folders. Returns the failures, with the reasons. */
  sync({ files, folders }: SyncJob): Map<string, string> {
    const failed = new Map<string, string>();
    const attempt = (path: string, work: () => void) => {
      try {
        work();
      } catch (error) {
        // A file that the owner removed needs no sync.
        if (!isMissing(error)) failed.set(path, meaningOf(error));
      }
    };
    for (const path of files) attempt(path, () => this.#syncFile(path));
    for (const path of folders) attempt(path, () => syncFolder(path, this.cannotSync));
    return failed;
  }

  /**
   * Creates a file that appears whole or not at all, if the file system has links. Creates its folder if need be. False
   * if the name is taken.
   */
  create(folder: string, file: string, data: Uint8Array): boolean {
    const path = pathIn(folder, file);
    if (!this.#unlinkable.has(folder)) {
      const temporary = this.#writeTemporary(folder, data);
      this.step("written");
      try {
        this.calls.link(temporary, path);
        this.step("linked");
        return true;
      } catch (error) {
        if (error instanceof Deno.errors.AlreadyExists) return false;
      } finally {
        removeIfThere(temporary);
      }
    }
    if (!createPlainly(path, data)) return false;
    this.#unlinkable.add(folder);
    return true;
  }

  /**
   * Gives a synced file its name in the same folder, durably; its old name stays if the file system has links. False if
   * the new name is taken.
   */
  adopt(folder: string, from: string, file: string): boolean {
    const path = pathIn(folder, file);
    try {
      this.calls.link(pathIn(folder, from), path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      if (isMissing(error)) throw error;
      if (exists(path)) return false;
      Deno.renameSync(pathIn(folder, from), path);
    }
    this.step("linked");
    syncFolder(folder, this.cannotSync);
    return true;
  }

  /** Returns an unused name for a partial file. */
  partialName(): string {
    return `.earshot-${this.token}-${crypto.randomUUID().replaceAll("-", "")}.part`;
  }

  /** Replaces a torn file. */
  replace(folder: string, file: string, data: Uint8Array): void {
    Deno.renameSync(this.#writeTemporary(folder, data), pathIn(folder, file));
  }

  /**
   * Appends lines to a file, all or none. Returns their offset: `offset`, or more if another program appended at the
   * same moment. Undefined, and nothing is written, if the file does not end at `offset`, or if it should be new but
   * exists.
   */
  append(
    folder: string,
    file: string,
    offset: number,
    lines: Uint8Array,
    isNew = offset === 0,
  ): number | undefined {
    if (isNew) return this.create(folder, file, lines) ? 0 : undefined;
    const path = pathIn(folder, file);
    if (fileSize(path) !== offset) return undefined;
    const start = appendWhole(path, lines);
    this.step("linked");
    return start;
  }

  /** Creates a folder if need be, and checks that it is writable. */
  prepareFolder(folder: string): void {
    Deno.removeSync(this.#writeTemporary(folder, new Uint8Array(1)));
  }

  #syncFile(path: string): void {
    if (fileSize(path) === undefined) return;
    // Windows flushes only files that are open for writing.
    const windows = Deno.build.os === "windows";
    const file = Deno.openSync(path, { read: !windows, write: windows });
    try {
      this.calls.sync(file, this.cannotSync);
    } finally {
      file.close();
    }
  }

  /** Removes temporary files that a crash left in a folder. */
  removeLeftovers(folder: string): void {
    for (const thread of THREADS) removeIfThere(this.#temporary(folder, thread));
  }

  #temporary(folder: string, thread: Thread): string {
    return pathIn(folder, `.earshot-${this.token}-${thread}.tmp`);
  }

  #writeTemporary(folder: string, data: Uint8Array): string {
    const path = this.#temporary(folder, this.thread);
    for (let tries = 0;; tries++) {
      try {
        Deno.writeFileSync(path, data, { createNew: true });
        return path;
      } catch (error) {
        if (tries > 2) throw error;
        if (error instanceof Deno.errors.NotFound) Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
        else {
          // A crash or a full disk left it behind.
          removeIfThere(path);
          if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
        }
      }
    }
  }
}

/**
 * Joins documents to one text with a line for each. Line breaks in a JSON document are white space, because strings
 * contain none, and become spaces. So a line is one byte longer than its document.
 */
export function toLines(documents: readonly Uint8Array[]): Uint8Array {
  const text = new Uint8Array(documents.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const document of documents) {
    text.set(document, at);
    at += document.length + 1;
  }
  for (const lineBreak of [NEWLINE, RETURN]) {
    for (let i = text.indexOf(lineBreak); i >= 0; i = text.indexOf(lineBreak, i + 1)) text[i] = SPACE;
  }
  at = 0;
  for (const { length } of documents) {
    at += length + 1;
    text[at - 1] = NEWLINE;
  }
  return text;
}

function succeeds(work: () => boolean): boolean {
  try {
    return work();
  } catch {
    return false;
  }
}
