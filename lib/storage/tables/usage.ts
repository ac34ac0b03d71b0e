import type { DatabaseSync } from "node:sqlite";
import type { SenderTable } from "./senders.ts";

/** Block size: a file takes whole blocks, bytes. */
const BLOCK_BYTES = 4096;
/** Rough size of a row of the history with its index entries, and of a file's entry in its folder, bytes. */
export const ROW_BYTES = 256;

/** Returns the cost of a document with a file of its own, bytes. */
export function fileCost(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES + ROW_BYTES;
}

/** Returns the cost of a document that is a line of a stream's file, bytes. */
export function lineCost(size: number): number {
  return size + 1 + ROW_BYTES;
}

/** The same in SQL, for a row `m` of message. */
export const COST_SQL = `iif(m.stream_file IS NULL, (m.size + ${
  BLOCK_BYTES - 1
}) / ${BLOCK_BYTES} * ${BLOCK_BYTES},
  m.size + 1) + ${ROW_BYTES}`;

/** Returns the cost of a row of the history with a body or text of `bytes` bytes. */
export function heldCost(bytes: number): number {
  return bytes + ROW_BYTES;
}

/** Running sums of what the store holds, bytes. */
export class UsageTable {
  readonly #select;
  readonly #update;
  /** Cost of bodies and chats of sent messages in the database: that of received ones is in the sums of senders. */
  sent = 0;
  /** True if a document did not fit since the last look for files that the owner removed. */
  isShort = false;
  #written = 0;

  constructor(db: DatabaseSync, private readonly senders: Pick<SenderTable, "all">) {
    this.#select = db.prepare("SELECT value FROM meta WHERE key = 'sent bytes'");
    this.#update = db.prepare("UPDATE meta SET value = ? WHERE key = 'sent bytes'");
    this.reset();
  }

  /** Cost of the documents in the inbox. */
  get documents(): number {
    return this.senders.all.bytes;
  }

  /** Cost of bodies and chats in the database, received and sent. */
  get held(): number {
    return this.senders.all.held + this.sent;
  }

  /** Writes the changes; call at the end of each transaction. */
  flush(): void {
    if (this.sent !== this.#written) this.#update.run(this.sent);
    this.#written = this.sent;
  }

  /** Reads the state from the database again after a rollback. */
  reset(): void {
    this.sent = this.#written = Number(this.#select.get()!.value);
  }
}
