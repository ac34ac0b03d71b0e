import type { DatabaseSync } from "node:sqlite";
import { CursorTable } from "./cursors.ts";
import { FolderTable } from "./folders.ts";
import { InboxMountTable } from "./inbox_mount.ts";
import { KnownIdTable } from "./known_ids.ts";
import { KnownTable } from "./known.ts";
import { LivedTable } from "./lived.ts";
import { MessageTable } from "./messages.ts";
import { NameTable } from "./names.ts";
import { OutboxTable } from "./outbox.ts";
import type { OutboxLimits } from "./outbox_usage.ts";
import { PartialTable } from "./partials.ts";
import { RetentionTable } from "./retention.ts";
import { QuestionTable } from "./questions.ts";
import { SenderTable } from "./senders.ts";
import { SentTable } from "./sent.ts";
import { StreamTable } from "./streams.ts";
import { UsageTable } from "./usage.ts";

/** The open database: its tables, and transactions over all of them. */
export class Store {
  readonly messages;
  readonly senders;
  readonly folders;
  readonly names;
  readonly streams;
  readonly usage;
  readonly partials;
  readonly outbox;
  readonly sent;
  readonly retention;
  readonly known;
  readonly knownIds;
  readonly questions;
  readonly cursors;
  readonly inboxMount;
  /** The lived time. */
  readonly lived;
  /** Random, made with the database: distinguishes our temporary files from those of other stores. */
  readonly token: string;

  /** @param limits of the outbox, for tests */
  constructor(private readonly db: DatabaseSync, limits?: OutboxLimits) {
    this.lived = new LivedTable(db);
    this.senders = new SenderTable(db);
    this.messages = new MessageTable(db);
    this.folders = new FolderTable(db, this.senders);
    this.names = new NameTable(db);
    this.streams = new StreamTable(db, this.names);
    this.usage = new UsageTable(db, this.senders);
    this.partials = new PartialTable(db, this.lived);
    this.outbox = new OutboxTable(db, limits);
    this.questions = new QuestionTable(db, this.outbox.usage);
    this.sent = new SentTable(db, this.usage);
    this.retention = new RetentionTable(db);
    this.known = new KnownTable(db);
    this.knownIds = new KnownIdTable(db);
    this.cursors = new CursorTable(db);
    this.inboxMount = new InboxMountTable(db);
    this.token = db.prepare("SELECT value FROM meta WHERE key = 'token'").get()!.value as string;
  }

  /** Does everything in `work` or, if that throws, nothing. What it did is on disk when this returns. */
  transaction<T>(work: () => T): T {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      for (const table of [this.streams, this.usage, this.senders, this.lived]) table.flush();
      this.db.exec("COMMIT");
      this.outbox.usage.flush();
      return result;
    } catch (error) {
      // Some errors, a full disk among them, have ended the transaction already.
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      const { streams, senders, usage, folders, names, partials, outbox, questions, retention, lived } = this;
      const inMemory = [streams, senders, usage, folders, names, partials, outbox.usage, questions];
      const tables = [...inMemory, retention, lived];
      for (const table of tables) table.reset();
      throw error;
    }
  }

  close(): void {
    this.db.close();
  }
}
