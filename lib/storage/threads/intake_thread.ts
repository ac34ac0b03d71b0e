import type { CannotSync } from "../../platform/sync.ts";
import { release } from "../../platform/memory.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { GoneError, HashError, PartialFile } from "../files/partial_file.ts";
import type { Step } from "../testing.ts";
import { pathIn } from "../files/file_access.ts";
import { DISK_FULL, reason } from "../database/database_error.ts";

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

/** Reason why a document cannot be taken. */
export interface IntakeFailure {
  readonly code: "not-json" | "busy" | "hash";
  readonly why: string;
  /** The disk is full. */
  readonly isFull?: boolean;
  /** Its file was removed, or had to give way. */
  readonly isGone?: boolean;
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

  /** @param step called at each {@linkcode Step} */
  constructor(
    private readonly reply: (reply: IntakeReply) => void,
    private readonly step: (step: Step) => void,
    private readonly cannotSync: CannotSync = () => {},
  ) {}

  /** Does what is asked, behind what was asked for the same document before. */
  take(request: IntakeRequest): void {
    const { key } = request;
    const entry = this.#open.get(key) ?? { file: undefined, work: Promise.resolve() };
    this.#open.set(key, entry);
    entry.work = entry.work.then(async () => {
      try {
        const reply = await this.#perform(entry, request);
        if (reply) this.reply(reply);
      } catch (error) {
        const failure: IntakeFailure = error instanceof ProtocolError
          ? { code: "not-json", why: error.message }
          : error instanceof HashError
          ? { code: "hash", why: error.message }
          : error instanceof GoneError
          ? { code: "busy", why: "What was kept of it is gone: it has to come once more.", isGone: true }
          : {
            code: "busy",
            why: `It cannot be saved: ${reason(error)}.`,
            isFull: reason(error) === DISK_FULL,
          };
        if (request.kind !== "suspend") this.reply({ kind: "failed", key, failure });
      }
      if (request.kind !== "finish" && request.kind !== "suspend") return;
      if (request.kind === "suspend" && entry.file?.isGood) this.#park(entry.file);
      else entry.file?.close();
      this.#open.delete(key);
      this.reply({ kind: "closed", key });
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
        const file = entry.file = parked ??
          new PartialFile(request.folder, path, request.sha256, this.cannotSync);
        file.onDurable = (offset) => {
          this.reply({ kind: "durable", key, offset });
          this.step("part-synced");
        };
        if (!parked) await file.takeUp(request.durable);
        return { kind: "at", key, offset: file.offset };
      }
      case "write":
        entry.file!.write(request.piece);
        release(new Uint8Array(request.piece.buffer));
        this.step("part");
        return { kind: "at", key, offset: entry.file!.offset };
      case "finish":
        await entry.file!.finish();
        this.step("whole");
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
