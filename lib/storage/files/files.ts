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

/** Calls of the operating system that tests make fail. */
export interface FileCalls {
  readonly link: (from: string, to: string) => void;
  readonly sync: (file: Deno.FsFile, told?: CannotSync) => void;
}

const systemCalls: FileCalls = { link: Deno.linkSync, sync: (file, told) => syncFile(file, told, true) };

/** Files that one transaction put into the journal, now to be seen in the inbox. Folders are paths. */
export interface PlaceJob {
  readonly documents: readonly {
    /** Its row in the history. */
    readonly row: number;
    readonly folder: string;
    readonly file: string;
    readonly body: Uint8Array;
  }[];
  /** Documents that came in parts, each whole and on disk in the file `partial` of its folder. */
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
    /** Where the first line goes; at 0 the file is new. */
    readonly offset: number;
    readonly bodies: readonly Uint8Array[];
  }[];
}

/** Result of a {@linkcode PlaceJob}. */
export interface PlaceResult {
  /** Rows of what could not be placed, whatever the reason. */
  readonly failed: readonly number[];
  /** Lines of one file each that begin elsewhere in it than they should: another program's stand before them. */
  readonly moved: readonly { readonly rows: readonly number[]; readonly start: number }[];
}

/** Files and folders to be made durable, as paths. */
export interface SyncJob {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** The files of the inbox, through synchronous calls: for a worker. Nothing that exists is ever overwritten. */
export class Files {
  /** Folders on file systems that cannot link. */
  readonly #unlinkable = new Set<string>();

  /**
   * @param token tells our temporary files from those of other stores
   * @param thread and those of one thread from those of the other
   * @param step called at each {@linkcode Step}
   * @param cannotSync told what the file system cannot make durable, every time
   */
  constructor(
    private readonly token: string,
    private readonly thread: Thread = "store",
    private readonly step: (step: Step) => void = () => {},
    private readonly calls: FileCalls = systemCalls,
    private readonly cannotSync: CannotSync = () => {},
  ) {}

  /** Places what it can. */
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

  /** Makes files and then the names in folders durable. Returns what could not be, and why. */
  sync({ files, folders }: SyncJob): Map<string, string> {
    const failed = new Map<string, string>();
    const attempt = (path: string, work: () => void) => {
      try {
        work();
      } catch (error) {
        // What the owner removed needs no more care.
        if (!isMissing(error)) failed.set(path, meaningOf(error));
      }
    };
    for (const path of files) attempt(path, () => this.#syncFile(path));
    for (const path of folders) attempt(path, () => syncFolder(path, this.cannotSync));
    return failed;
  }

  /**
   * Makes a new file that appears whole or not at all, if the file system can link. False if something stands
   * under that name. The folder is made if it is missing.
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
   * Gives a file that is on disk its name in the same folder, durably; its other name stays if the file system can
   * link. False if something stands under the new name.
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

  /** A name for a file that grows; never that of another one. */
  partialName(): string {
    return `.earshot-${this.token}-${crypto.randomUUID().replaceAll("-", "")}.part`;
  }

  /** Puts a file that is torn right. */
  replace(folder: string, file: string, data: Uint8Array): void {
    Deno.renameSync(this.#writeTemporary(folder, data), pathIn(folder, file));
  }

  /**
   * Writes lines at the end of a file, all or none. Returns where they begin: at `offset`, or behind what another program
   * has appended in that instant. Undefined if the end is not at `offset`, or if the file should be new and something
   * stands there: then nothing was written.
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

  /** Makes sure that a folder is there and can be written to. */
  prepareFolder(folder: string): void {
    Deno.removeSync(this.#writeTemporary(folder, new Uint8Array(1)));
  }

  #syncFile(path: string): void {
    if (fileSize(path) === undefined) return;
    // Windows flushes only what is open for writing.
    const windows = Deno.build.os === "windows";
    const file = Deno.openSync(path, { read: !windows, write: windows });
    try {
      this.calls.sync(file, this.cannotSync);
    } finally {
      file.close();
    }
  }

  /** Removes the temporary files that a crash left in a folder. */
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
          // One that a crash or a full disk left behind.
          removeIfThere(path);
          if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
        }
      }
    }
  }
}

/**
 * Documents as lines of one text. Line breaks in a JSON document are white space, for no string holds one: each becomes a
 * space, so that a line has one byte more than its document.
 */
export function toLines(documents: readonly Uint8Array[]): Uint8Array {
  const text = new Uint8Array(documents.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const document of documents) {
    const line = text.subarray(at, at + document.length);
    line.set(document);
    for (const lineBreak of [NEWLINE, RETURN]) {
      for (let i = line.indexOf(lineBreak); i >= 0; i = line.indexOf(lineBreak, i + 1)) line[i] = SPACE;
    }
    at += document.length;
    text[at++] = NEWLINE;
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
