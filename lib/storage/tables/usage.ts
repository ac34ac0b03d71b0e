import type { DatabaseSync } from "node:sqlite";

/** Sums of sizes, bytes, kept up to date so that nobody has to add them up. */
export class UsageTable {
  readonly #db;
  readonly #update;
  /** Of the documents in the inbox. */
  documents = 0;
  /** Of the bodies and the chat that the database holds, received and sent. */
  held = 0;
  /** Whether a document did not fit since it was last looked which files are gone. */
  isShort = false;
  #written = { documents: 0, held: 0 };

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#update = db.prepare("UPDATE meta SET value = ? WHERE key = ?");
    this.reset();
  }

  /** Writes what changed. To be called at the end of each transaction. */
  flush(): void {
    const { documents, held } = this;
    if (documents !== this.#written.documents) this.#update.run(documents, "document bytes");
    if (held !== this.#written.held) this.#update.run(held, "held bytes");
    this.#written = { documents, held };
  }

  /** Back to what the database says: the transaction was rolled back. */
  reset(): void {
    const read = this.#db.prepare("SELECT value FROM meta WHERE key = ?");
    this.documents = Number(read.get("document bytes")!.value);
    this.held = Number(read.get("held bytes")!.value);
    this.#written = { documents: this.documents, held: this.held };
  }
}
