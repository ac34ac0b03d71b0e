import { createHash, type Hash } from "node:crypto";
import { syncFolder } from "../platform/atomic_write.ts";
import { release } from "../platform/memory.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { JsonValidator } from "../protocol/json_validator.ts";
import { fileSize, pathIn, removeIfThere, writeAll } from "./files.ts";
import { reason } from "./reason.ts";
import type { Step } from "./types.ts";

/** So much of a file is written before it is made durable the next time, bytes. */
const SYNC_BYTES = 4 * 1024 * 1024;
/** What is read at a time when a file is taken up again, bytes. */
const READ_BYTES = 1024 * 1024;

/** Documents that may go on without their file being read, so many and so long after they were suspended, milliseconds. */
const PARKED_MAX = 16;
const PARKED_MS = 60_000;

/** From the main thread. What concerns one document is done in order. */
export type IntakeRequest =
  & { readonly key: number }
  & (
    | {
      readonly kind: "open";
      /** Path of the folder, and the name of the file in it. */
      readonly folder: string;
      readonly file: string;
      readonly size: number;
      /** Hex. */
      readonly sha256: string;
      /** So many of its first bytes are known to be on disk. */
      readonly durable: number;
    }
    | { readonly kind: "write"; readonly piece: Uint8Array }
    /** All is written: compares, makes durable, closes. */
    | { readonly kind: "finish" }
    /** Makes durable what there is, closes. */
    | { readonly kind: "suspend" }
  );

/** Why a document cannot be taken. */
export interface IntakeFailure {
  readonly code: "not-json" | "busy" | "hash";
  readonly why: string;
}

/** To the main thread: one for each request but `suspend`, in order; `durable` in between; `closed` at the end. */
export type IntakeReply =
  & { readonly key: number }
  & (
    /** Opened or written: the next byte is the one at `offset`. */
    | { readonly kind: "at"; readonly offset: number }
    | { readonly kind: "finished" }
    | { readonly kind: "failed"; readonly failure: IntakeFailure }
    /** So many bytes are on disk. */
    | { readonly kind: "durable"; readonly offset: number }
    | { readonly kind: "closed" }
  );

/** The thread that writes, checks and hashes documents that come in parts. */
export class IntakeThread {
  readonly #open = new Map<number, { file: PartialFile | undefined; work: Promise<void> }>();
  /** Suspended ones by their path, the longest ago first. */
  readonly #parked = new Map<
    string,
    { readonly file: PartialFile; readonly timer: ReturnType<typeof setTimeout> }
  >();
  readonly #reply;
  readonly #step;

  /** @param step called at each {@linkcode Step} */
  constructor(reply: (reply: IntakeReply) => void, step: (step: Step) => void) {
    this.#reply = reply;
    this.#step = step;
  }

  /** Does what is asked, behind what was asked for the same document before. */
  take(request: IntakeRequest): void {
    const { key } = request;
    const entry = this.#open.get(key) ?? { file: undefined, work: Promise.resolve() };
    this.#open.set(key, entry);
    entry.work = entry.work.then(async () => {
      try {
        const reply = await this.#perform(entry, request);
        if (reply) this.#reply(reply);
      } catch (error) {
        const failure: IntakeFailure = error instanceof ProtocolError
          ? { code: "not-json", why: error.message }
          : error instanceof HashError
          ? { code: "hash", why: error.message }
          : { code: "busy", why: `It cannot be saved: ${reason(error)}.` };
        if (request.kind !== "suspend") this.#reply({ kind: "failed", key, failure });
      }
      if (request.kind !== "finish" && request.kind !== "suspend") return;
      if (request.kind === "suspend" && entry.file?.isGood) this.#park(entry.file);
      else entry.file?.close();
      this.#open.delete(key);
      this.#reply({ kind: "closed", key });
    });
  }

  async #perform(
    entry: { file: PartialFile | undefined },
    request: IntakeRequest,
  ): Promise<IntakeReply | undefined> {
    const { key } = request;
    switch (request.kind) {
      case "open": {
        const path = pathIn(request.folder, request.file);
        let parked = this.#unpark(path);
        if (parked && (request.durable === 0 || !parked.isInPlace)) {
          parked.close();
          parked = undefined;
        }
        const file = entry.file = parked ?? new PartialFile(request.folder, path, request.sha256);
        file.onDurable = (offset) => {
          this.#reply({ kind: "durable", key, offset });
          this.#step("part-synced");
        };
        if (!parked) await file.takeUp(request.durable);
        return { kind: "at", key, offset: file.offset };
      }
      case "write":
        entry.file!.write(request.piece);
        release(new Uint8Array(request.piece.buffer));
        this.#step("part");
        return { kind: "at", key, offset: entry.file!.offset };
      case "finish":
        await entry.file!.finish();
        this.#step("whole");
        return { kind: "finished", key };
      case "suspend":
        await entry.file?.suspend();
    }
  }

  /** Whoever goes on soon need not wait until the file is read. */
  #park(file: PartialFile): void {
    this.#unpark(file.path)?.close();
    const timer = setTimeout(() => this.#unpark(file.path)?.close(), PARKED_MS);
    this.#parked.set(file.path, { file, timer });
    if (this.#parked.size > PARKED_MAX) this.#unpark(this.#parked.keys().next().value!)?.close();
  }

  #unpark(path: string): PartialFile | undefined {
    const parked = this.#parked.get(path);
    clearTimeout(parked?.timer);
    this.#parked.delete(path);
    return parked?.file;
  }
}

class HashError extends Error {}

/** The file of one document that comes in parts. */
class PartialFile {
  readonly #folder;
  readonly #expected;
  readonly path;
  /** Told how many bytes are on disk. */
  onDurable: (offset: number) => void = () => {};
  #file: Deno.FsFile | undefined;
  #hash: Hash = createHash("sha256");
  #validator = new JsonValidator();
  #synced = 0;
  #syncing: Promise<void> | undefined;
  #failed = false;
  #isResumed = false;

  /** Bytes written. */
  offset = 0;

  /** @param sha256 of the whole document, hex */
  constructor(folder: string, path: string, sha256: string) {
    this.#folder = folder;
    this.path = path;
    this.#expected = sha256;
  }

  /** Whether it may go on where it is. */
  get isGood(): boolean {
    return this.#file !== undefined && !this.#failed;
  }

  /** Whether its name still leads to it. */
  get isInPlace(): boolean {
    const { ino, dev } = this.#file!.statSync();
    try {
      const named = Deno.lstatSync(this.path);
      return named.ino === ino && named.dev === dev;
    } catch {
      return false;
    }
  }

  /** Goes on behind the bytes that are on disk; reads those for hash and check. */
  async takeUp(durable: number): Promise<void> {
    const there = fileSize(this.path);
    if (there === undefined || there < durable) removeIfThere(this.path);
    Deno.mkdirSync(this.#folder, { recursive: true });
    const file = this.#file = Deno.openSync(this.path, { read: true, write: true, create: true });
    const end = there !== undefined && there >= durable ? durable : 0;
    try {
      const buffer = new Uint8Array(Math.min(READ_BYTES, end));
      while (this.offset < end) {
        const n = await file.read(buffer.subarray(0, end - this.offset));
        if (n === null) throw new Error("the file of what came so far ends too early");
        this.#count(buffer.subarray(0, n));
      }
    } catch {
      // What was kept is not what came: it begins anew.
      this.#restart();
    }
    this.#isResumed = this.offset > 0;
    this.#synced = this.offset;
    file.truncateSync(this.offset);
  }

  #count(bytes: Uint8Array): void {
    this.#validator.push(bytes);
    this.#hash.update(bytes);
    this.offset += bytes.length;
  }

  #restart(): void {
    this.#hash = createHash("sha256");
    this.#validator = new JsonValidator();
    this.offset = 0;
    this.#file!.seekSync(0, Deno.SeekMode.Start);
  }

  /** Appends a piece; now and then makes durable what there is, while it goes on. */
  write(piece: Uint8Array): void {
    if (this.#failed) throw new Error("an earlier piece could not be written");
    try {
      this.#count(piece);
      writeAll(this.#file!, piece);
    } catch (error) {
      this.#failed = true;
      throw this.#blame(error);
    }
    this.#syncInTime();
  }

  #syncInTime(): void {
    if (this.offset - this.#synced < SYNC_BYTES || this.#syncing || this.#failed) return;
    this.#syncing = this.#sync().catch(() => {
      this.#failed = true;
    }).finally(() => {
      this.#syncing = undefined;
      this.#syncInTime();
    });
  }

  async #sync(): Promise<void> {
    const { offset } = this;
    await this.#file!.syncData();
    this.#synced = offset;
    this.onDurable(offset);
  }

  /** @throws {ProtocolError} not JSON; {HashError} not what was announced */
  async finish(): Promise<void> {
    while (this.#syncing) await this.#syncing;
    if (this.#failed) throw new Error("a piece could not be written");
    const digest = this.#hash.digest("hex");
    if (digest !== this.#expected) throw new HashError("its hash is not the one that was announced");
    try {
      this.#validator.end();
    } catch (error) {
      throw this.#blame(error);
    }
    this.#file!.syncSync();
    if (!this.isInPlace) throw new HashError("what was kept of it is gone");
    syncFolder(this.#folder);
  }

  /** What the disk gave back may be what is not JSON: then all of it has to come once more, before anybody is blamed. */
  #blame(error: unknown): unknown {
    return this.#isResumed && error instanceof ProtocolError
      ? new HashError("what was kept of it is damaged")
      : error;
  }

  /** Makes durable what there is. */
  async suspend(): Promise<void> {
    while (this.#syncing) await this.#syncing;
    if (!this.#failed && this.offset > this.#synced) await this.#sync();
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
