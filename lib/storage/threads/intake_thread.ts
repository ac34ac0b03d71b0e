import type { CannotSync } from "../../platform/sync.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { GoneError, HashError, PartialFile } from "../files/partial_file.ts";
import type { Step } from "../testing.ts";
import { pathIn } from "../files/file_access.ts";
import { DISK_FULL, reason } from "../database/database_error.ts";

/**
 * Most suspended documents that can resume without their file being read again, and how long they can, milliseconds.
 */
const PARKED_MAX = 16;
const PARKED_MS = 60_000;

/** Request from the main thread. Requests for one document are processed in order. */
export type IntakeRequest =
  & { readonly key: number }
  & (
    | {
      readonly kind: "open";
      /** Path of the folder, and name of the file in it. */
      readonly folder: string;
      readonly file: string;
      readonly size: number;
      /** SHA-256, hex. */
      readonly sha256: string;
      /** Number of its first bytes that are known to be on disk. */
      readonly durable: number;
    }
    | { readonly kind: "write"; readonly piece: Uint8Array<ArrayBuffer> }
    /** Ends a complete document: compares the hash, makes the file durable, closes it. */
    | { readonly kind: "finish" }
    /** Makes the written bytes durable and closes the file. */
    | { readonly kind: "suspend" }
  );

/** Reason why a document cannot be saved. */
export interface IntakeFailure {
  readonly code: "not-json" | "busy" | "hash";
  readonly why: string;
  /** The disk is full. */
  readonly isFull?: boolean;
  /** Its file was removed, or was discarded to make room. */
  readonly isGone?: boolean;
}

/**
 * Reply to the main thread. Each request but `suspend` gets one, in order; `durable` comes in between, `closed` last.
 */
export type IntakeReply =
  & { readonly key: number }
  & (
    /** Opened or written; the next byte is the one at `offset`. `memory` is that of the written piece. */
    | { readonly kind: "at"; readonly offset: number; readonly memory?: Uint8Array<ArrayBuffer> }
    | { readonly kind: "finished" }
    | { readonly kind: "failed"; readonly failure: IntakeFailure }
    /** This many bytes are on disk. */
    | { readonly kind: "durable"; readonly offset: number }
    | { readonly kind: "closed" }
  );

/** The thread that writes, validates and hashes large documents. */
export class IntakeThread {
  readonly #open = new Map<number, { file: PartialFile | undefined; work: Promise<void> }>();
  /** Suspended documents by path, oldest first. */
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

  /** Processes a request after all earlier ones for the same document. */
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
          ? { code: "busy", why: "Its partial file is gone: it has to be sent again.", isGone: true }
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
        this.step("part");
        return { kind: "at", key, offset: entry.file!.offset, memory: new Uint8Array(request.piece.buffer) };
      case "finish":
        await entry.file!.finish();
        this.step("whole");
        return { kind: "finished", key };
      case "suspend":
        await entry.file?.suspend();
    }
  }

  /** Keeps the state of a suspended document, so that resuming it soon does not read the file again. */
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
