import { dirname, join } from "../../platform/std_path.ts";
import { DatabaseSync } from "node:sqlite";
import { syncFile } from "../../platform/sync.ts";
import { UserError } from "../../platform/user_error.ts";
import type { WarnOwner } from "../types.ts";
import { MIGRATIONS, SCHEMA_VERSION } from "../tables/schema.ts";
import { databaseTrouble } from "./database_error.ts";
import { migrate, newerDatabase, versionOf } from "./migrate.ts";

/** Returns the path of a profile's database. */
export function databasePath(state: string): string {
  return join(state, "earshot.db");
}

/**
 * Opens the database of a profile and migrates it to {@linkcode SCHEMA_VERSION}. Creates it (mode 0600) if it is
 * missing. A commit is on disk when it returns.
 *
 * @param warn told the path of the copy that is made before a migration
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
        // For documents of a kilobyte this takes a tenth less work than 4096.
        db.exec("PRAGMA page_size = 8192");
        // Pruned space is returned to the file system step by step.
        db.exec("PRAGMA auto_vacuum = INCREMENTAL");
      }
      db.exec("PRAGMA journal_mode = WAL");
      // Only macOS needs it: fsync alone does not reach the disk there.
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
 * Opens the database of a profile for reading only; undefined if there is none.
 *
 * @throws {UserError} if it has another version, or cannot be read
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

/** The database has an older version; it is migrated when a peer of the profile starts. */
export class OldDatabaseError extends UserError {
  constructor(path: string) {
    super(
      `The database ${path} was written by an older Earshot: start this one once to bring it up to date.`,
    );
  }
}

/** Tells whether the database file, created if it is missing, can be synced; if not, SQLite would fail. */
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
