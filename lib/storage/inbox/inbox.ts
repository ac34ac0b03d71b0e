import { resolve } from "../../platform/std_path.ts";
import { type Files, toLines } from "../files/files.ts";
import { explain, refusedFolder } from "../../platform/trouble.ts";
import type { Folder } from "../tables/folders.ts";
import type { DocumentPlace } from "../tables/messages.ts";
import { withoutNulls } from "../tables/rows.ts";
import type { PartialDocument } from "../tables/partials.ts";
import type { WarnOwner } from "../types.ts";
import type { Store } from "../tables/store.ts";
import {
  compareBytes,
  emptyFile,
  exists,
  fileSize,
  isPlainFile,
  NEWLINE,
  pathIn,
  readPart,
  removeIfThere,
  writePart,
} from "../files/file_access.ts";
import { reason } from "../database/database_error.ts";

/** Most attempts at once: with more, another program works against us. */
const TRIES_MAX = 100;
/** Most folders remembered to be writable. */
const READY_MAX = 65_536;

/** The inbox: places the documents of the journal, and remembers those that could not be placed yet. */
export class Inbox {
  /** Folders that could be written to. */
  readonly #ready = new Set<number>();
  /** Folders that cannot be written to now, with the reason. */
  readonly #blocked = new Map<number, string>();
  /** Rows of the journal that have no file. */
  #backlog = new Set<number>();

  /** Path of the inbox, normalized. */
  readonly root: string;

  constructor(
    private readonly store: Store,
    private readonly files: Files,
    root: string,
    private readonly warn: WarnOwner,
  ) {
    this.root = resolve(root);
  }

  /** Returns the path of a folder of the inbox, or of a file in it. */
  path(folder: string, file?: string): string {
    const path = pathIn(this.root, folder);
    return file === undefined ? path : pathIn(path, file);
  }

  /** Replaces the names of folder and file in a row of the history by the file's path. */
  located<T>({ folderName, file, ...row }: Record<string, unknown>): T {
    const path = file === null ? null : this.path(folderName as string, file as string);
    return withoutNulls<T>({ ...row, path });
  }

  /** Returns a new name for a partial document. */
  partialName(): string {
    return this.files.partialName();
  }

  /** Removes a partial document's file. */
  removePartial(folder: string, file: string): void {
    removeIfThere(pathIn(this.path(folder), file));
  }

  /** Returns the size of a partial document's file, bytes. */
  partialSize({ folder, file }: PartialDocument): number {
    return fileSize(pathIn(this.path(this.store.folders.name(folder)), file)) ?? 0;
  }

  /** Removes a partial document and its file. */
  discardPartial({ sender, id, folder, file }: PartialDocument): void {
    this.store.partials.remove(sender, id);
    const path = pathIn(this.path(this.store.folders.name(folder)), file);
    emptyFile(path);
    removeIfThere(path);
  }

  /** Tells whether the row's file is still missing. */
  isUnplaced(row: number): boolean {
    return this.#backlog.has(row);
  }

  /**
   * Tells why nothing can be placed in a folder now, as the middle of a sentence; undefined if it can be written to.
   */
  trouble(folder: Folder): string | undefined {
    if (!this.#blocked.has(folder.row) && !this.#ready.has(folder.row)) {
      try {
        this.files.prepareFolder(this.path(folder.name));
        if (this.#ready.size >= READY_MAX) this.#ready.clear();
        this.#ready.add(folder.row);
      } catch (error) {
        return this.#complain(folder.name, error);
      }
    }
    return this.#blocked.get(folder.row);
  }

  /** Tries again to place what could not be placed. Returns the rows that were placed now. */
  placeBacklog(): number[] {
    const rows = [...this.#backlog];
    this.#backlog = new Set();
    this.#blocked.clear();
    this.place(rows);
    return rows.filter((row) => !this.isUnplaced(row));
  }

  /**
   * Places documents of the journal that have no file yet. A file in their way belongs to the owner: they get another
   * name. Documents that cannot be placed wait for {@linkcode placeBacklog}.
   *
   * @param rows in their order
   */
  place(rows: readonly number[]): void {
    const places = rows.map((row) => this.store.messages.place(row));
    for (const [streamFile, group] of Map.groupBy(places, (place) => place.streamFile)) {
      if (streamFile !== null) this.attempt(group, () => this.placeLines(streamFile, group));
      else for (const place of group) this.attempt([place], () => this.placeDocument(place));
    }
  }

  /** Runs `work`, which places these documents of one folder. If it fails, they wait, and the owner is told. */
  attempt(places: readonly DocumentPlace[], work: () => void): void {
    const { folder, folderName } = places[0]!;
    if (!this.#blocked.has(folder)) {
      try {
        work();
        return;
      } catch (error) {
        this.#blocked.set(folder, this.#complain(folderName, error));
      }
    }
    for (const { row } of places) this.#backlog.add(row);
  }

  /** Places a document under its name, or under the next one that is free in the journal and on disk. */
  placeDocument({ row, folder, folderName, name, file, partial }: DocumentPlace): void {
    const { messages, names } = this.store;
    const path = this.path(folderName);
    const body = partial === null ? messages.body(row) : undefined;
    const place = () => body ? this.files.create(path, file, body) : this.files.adopt(path, partial!, file);
    for (let tries = 0; !place(); tries++) {
      if (tries === TRIES_MAX) throw new Error("no free name");
      const free = names.free(folder, name, (other) => exists(pathIn(path, other)));
      this.store.transaction(() => messages.rename(row, free));
      file = free.file;
    }
  }

  /**
   * Appends documents to the current end of their stream's file. If a file exists although the first line is among
   * them, that file is not ours: the stream gets another.
   */
  placeLines(streamFile: number, places: readonly DocumentPlace[]): void {
    const { messages, names, streams } = this.store;
    const { folder, folderName, offset } = places[0]!;
    const bodies = places.map(({ row }) => messages.body(row));
    const text = toLines(bodies);
    const path = this.path(folderName);
    let { file } = streams.get(streamFile);
    let start = offset!;
    if (this.#areAdjacent(places, bodies)) {
      const landed = this.files.append(path, file, start, text);
      if (landed === start) return;
      if (landed !== undefined) return this.noteLines(places.map(({ row }) => row), landed);
    }
    if (start === 0 && exists(pathIn(path, file))) {
      const free = names.free(folder, file, (other) => exists(pathIn(path, other)));
      this.store.transaction(() => streams.rename(streamFile, free));
      file = free.file;
    }
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      start = this.#ownersEnd(pathIn(path, file));
      this.#setOffsets(streamFile, places, bodies, start);
      const landed = this.files.append(path, file, start, text, !exists(pathIn(path, file)));
      if (landed === undefined) continue;
      if (landed !== start) this.#setOffsets(streamFile, places, bodies, landed);
      return;
    }
    throw new Error(`${file} keeps changing`);
  }

  /** Notes that consecutive lines begin elsewhere in their file, because another program's lines precede them. */
  noteLines(rows: readonly number[], start: number): void {
    const { messages } = this.store;
    const places = rows.map((row) => messages.place(row));
    const { streamFile, folderName, file } = places[0]!;
    this.#warnChanged(this.path(folderName, file));
    this.#setOffsets(streamFile!, places, rows.map((row) => messages.body(row)), start);
  }

  #setOffsets(
    streamFile: number,
    places: readonly DocumentPlace[],
    bodies: readonly Uint8Array[],
    start: number,
  ): void {
    const { messages, streams } = this.store;
    this.store.transaction(() => {
      let at = start;
      places.forEach(({ row }, i) => {
        messages.setOffset(row, at);
        at += bodies[i]!.length + 1;
      });
      streams.setLength(streamFile, at);
    });
  }

  /**
   * Writes a document's file or line again: if a sync failed, a later successful one proves nothing about earlier
   * writes. Leaves alone what its owner changed or removed.
   */
  writeAnew({ row, folderName, file, streamFile, offset, partial }: DocumentPlace): void {
    // A large document was durable before; only its name has to be synced again.
    if (partial !== null) return;
    const body = this.store.messages.body(row);
    const path = this.path(folderName, file);
    const isLine = streamFile !== null;
    if (isLine ? fileSize(path) === undefined : !isPlainFile(path)) return;
    const expected = isLine ? toLines([body]) : body;
    const found = readPart(path, offset ?? 0, expected.length + (isLine ? 0 : 1));
    if (compareBytes(found, expected) === "other") return;
    if (isLine) writePart(path, offset!, expected);
    else this.files.replace(this.path(folderName), file, body);
  }

  /** Tells whether each line begins at the end of the one before it. */
  #areAdjacent(places: readonly DocumentPlace[], bodies: readonly Uint8Array[]): boolean {
    return places.every(({ offset }, i) =>
      i === 0 || offset === places[i - 1]!.offset! + bodies[i - 1]!.length + 1
    );
  }

  /** Returns the end of a file that another program changed, after ending its last line if need be. */
  #ownersEnd(path: string): number {
    const size = fileSize(path) ?? 0;
    if (size === 0) return 0;
    this.#warnChanged(path);
    if (readPart(path, size - 1, 1)[0] === NEWLINE) return size;
    Deno.writeFileSync(path, Uint8Array.of(NEWLINE), { append: true, create: false });
    return size + 1;
  }

  #warnChanged(path: string): void {
    this.warn("stream-changed", `${path} was changed by another program: what arrives is appended to it.`);
  }

  #complain(folder: string, error: unknown): string {
    const trouble = inboxTrouble(this.root) ??
      `Nothing can be placed in ${this.path(folder)} ${explain(error)}`;
    this.warn("inbox-unwritable", `${trouble}; what has been acknowledged is safe and follows then.`);
    return reason(error);
  }
}

/** Tells why an inbox folder cannot be used, with the remedy; undefined if it can, or if it is not made yet. */
export function inboxTrouble(root: string): string | undefined {
  try {
    if (Deno.statSync(root).isDirectory) return undefined;
    return `The inbox ${root} is a file, not a folder: move it away, or choose another place with --inbox`;
  } catch (error) {
    if (!isLinkToNowhere(root, error)) return troubleAt(root, error);
    return `The inbox ${root} is a broken link: restore its target, or remove the link`;
  }
}

function isLinkToNowhere(root: string, error: unknown): boolean {
  if (error instanceof Deno.errors.FilesystemLoop) return true;
  return error instanceof Deno.errors.NotFound && exists(root);
}

/** A folder that does not exist is made when something arrives. */
function troubleAt(root: string, error: unknown): string | undefined {
  const refused = refusedFolder(root, error);
  if (refused instanceof Deno.errors.NotFound) return undefined;
  return `The inbox ${root} cannot be used ${explain(refused, "choose another place with --inbox")}`;
}
