import type { DatabaseSync } from "node:sqlite";
import type { SenderTable } from "./senders.ts";

/** A file takes whole blocks, bytes. */
const BLOCK_BYTES = 4096;
/** A row of the history with its entries in indexes, and what a folder keeps for a file, roughly, bytes. */
export const ROW_BYTES = 256;

/** Cost of a document that is a file of its own. */
export function fileCost(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES + ROW_BYTES;
}

/** Cost of a document that is a line of a stream's file. */
export function lineCost(size: number): number {
  return size + 1 + ROW_BYTES;
}

/** The same in SQL, of a row `m` of message. */
export const COST_SQL = `iif(m.stream_file IS NULL, (m.size + ${
  BLOCK_BYTES - 1
}) / ${BLOCK_BYTES} * ${BLOCK_BYTES},
  m.size + 1) + ${ROW_BYTES}`;

/** Cost of a row of the history with a body or text of so many bytes. */
export function heldCost(bytes: number): number {
  return bytes + ROW_BYTES;
}

/** Sums of what is kept, bytes, so that nobody has to add it up. */
export class UsageTable {
  readonly #select;
  readonly #update;
  /** Bodies and chat that the database holds of what was sent. */
  sent = 0;
  /** Whether a document did not fit since it was last looked which files are gone. */
  isShort = false;
  #written = { documents: 0, held: 0 };

  constructor(db: DatabaseSync, private readonly senders: Pick<SenderTable, "all">) {
    this.#select = db.prepare("SELECT value FROM meta WHERE key = ?");
    this.#update = db.prepare("UPDATE meta SET value = ? WHERE key = ?");
    this.reset();
  }

  /** Documents in the inbox. */
  get documents(): number {
    return this.senders.all.bytes;
  }

  /** Bodies and chat that the database holds, received and sent. */
  get held(): number {
    return this.senders.all.held + this.sent;
  }

  /** Writes what changed. To be called at the end of each transaction. */
  flush(): void {
    const { documents, held } = this;
    if (documents !== this.#written.documents) this.#update.run(documents, "document bytes");
    if (held !== this.#written.held) this.#update.run(held, "held bytes");
    this.#written = { documents, held };
  }

  /** Back to what the database says: the transaction was rolled back. To be called once senders are. */
  reset(): void {
    this.sent = Number(this.#select.get("held bytes")!.value) - this.senders.all.held;
    this.#written = { documents: this.documents, held: this.held };
  }
}
