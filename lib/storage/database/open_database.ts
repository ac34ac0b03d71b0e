import { dirname, join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { syncFile } from "../../platform/sync.ts";
import { UserError } from "../../platform/user_error.ts";
import type { WarnOwner } from "../types.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../tables/schema.ts";
import { databaseTrouble } from "./database_error.ts";
import { migrate, newerDatabase, versionOf } from "./migrate.ts";

/** Path of the database of a profile. */
export function databasePath(state: string): string {
  return join(state, "earshot.db");
}

/**
 * Opens the database of a profile, which is created (mode 0600) if it is missing, and brings it to
 * {@linkcode SCHEMA_VERSION}. A commit is on disk when it returns.
 *
 * @param warn told where the copy of a database is that was brought to a newer version
 * @throws {UserError} if the file is damaged, not ours, was written by a newer Earshot, or cannot be copied first
 */
export function openDatabase(
  path: string,
  warn: WarnOwner = () => {},
): DatabaseSync {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const isSyncable = probe(path, warn);
    const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    try {
      db.exec("PRAGMA busy_timeout = 5000");
      db.exec(`PRAGMA synchronous = ${isSyncable ? "FULL" : "OFF"}`);
      if (versionOf(db) === 0) {
        // A tenth less work than with 4096 for documents of a kilobyte.
        db.exec("PRAGMA page_size = 8192");
        // What is pruned is given back to the file system bit by bit.
        db.exec("PRAGMA auto_vacuum = INCREMENTAL");
      }
      db.exec("PRAGMA journal_mode = WAL");
      // Only on macOS, where fsync alone does not reach the disk.
      db.exec("PRAGMA fullfsync = ON");
      db.exec("PRAGMA checkpoint_fullfsync = ON");
      migrate(db, path, MIGRATIONS, warn);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(databaseTrouble(error, "cannot be opened", path), undefined, { cause: error });
  }
}

/**
 * Opens the database of a profile so that nothing in it can change; undefined if there is none.
 *
 * @throws {UserError} if it is of another version, or cannot be read
 */
export function openForReading(state: string): DatabaseSync | undefined {
  const path = databasePath(state);
  try {
    if (Deno.statSync(path).size === 0) return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
  }
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      db.exec("PRAGMA busy_timeout = 5000");
      const version = versionOf(db);
      if (version > SCHEMA_VERSION) throw new UserError(newerDatabase(path, version, SCHEMA_VERSION));
      if (version < SCHEMA_VERSION) throw new OldDatabaseError(path);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(databaseTrouble(error, "cannot be read", path), undefined, { cause: error });
  }
}

/** The database is of an older version: it is brought to this one when a peer of the profile starts. */
export class OldDatabaseError extends UserError {
  constructor(path: string) {
    super(
      `The database ${path} was written by an older Earshot: start this one once to bring it up to date.`,
    );
  }
}

/** Tells whether the file of the database, created if it is missing, can be made durable; if not, SQLite would fail. */
function probe(path: string, warn: WarnOwner): boolean {
  const file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  let isSyncable = true;
  try {
    syncFile(file, (_, why) => {
      isSyncable = false;
      warn(
        "cannot-sync-state",
        `The file system of ${
          dirname(path)
        } cannot be made to write what is in a file to the disk at once (${why}): a ` +
          "power cut may lose what was acknowledged just before. Put the state folder on a local disk if that matters.",
      );
    });
  } finally {
    file.close();
  }
  return isSyncable;
}
