import { dirname } from "../../platform/std_path.ts";
import type { DatabaseSync } from "node:sqlite";
import { syncFile, syncFolder } from "../../platform/sync.ts";
import { explain } from "../../platform/trouble.ts";
import { UserError } from "../../platform/user_error.ts";
import type { WarnOwner } from "../types.ts";

/** Returns the version of a database: the number of migrations it has been through. */
export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()!.user_version);
}

/**
 * Migrates a database to the newest version, in one transaction. A database with content is first copied, to its name
 * plus `.v` and its version.
 *
 * @param migrations statements for each version, the first from an empty file
 * @param warn told the path of the copy
 * @param beforeCommit called when everything is done but not committed
 * @throws {UserError} if the database is of a newer version, or cannot be copied; it is unchanged then
 */
export function migrate(
  db: DatabaseSync,
  path: string,
  migrations: readonly string[],
  warn: WarnOwner,
  beforeCommit: () => void = () => {},
): void {
  const version = versionOf(db);
  const newest = migrations.length;
  if (version > newest) throw new UserError(newerDatabase(path, version, newest));
  if (version === newest) return;
  const copy = version === 0 ? undefined : copyTo(`${path}.v${version}`, db, path);
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.exec(`PRAGMA user_version = ${newest}`);
    beforeCommit();
    db.exec("COMMIT");
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
  if (copy === undefined) return;
  warn(
    "database-upgraded",
    `The database was migrated to version ${newest}. A copy of the old one is in ${copy}: remove it when all is well.`,
  );
}

/** Returns the sentence about a database that needs a newer program. */
export function newerDatabase(path: string, version: number, newest: number): string {
  return `The database ${path} was written by a newer Earshot (version ${version}, this one knows ${newest}): ` +
    "update Earshot, or move that file away.";
}

/**
 * Copies the database durably, replacing the copy of an earlier attempt. It copies the file, because SQLite's own
 * copying needs more permissions than the program has.
 */
function copyTo(copy: string, db: DatabaseSync, path: string): string {
  try {
    // Now the file has everything, and nobody else writes to the database: the profile is locked.
    const { busy } = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()!;
    if (busy !== 0) throw new Error("another program uses it");
    Deno.copyFileSync(path, copy);
    if (Deno.build.os !== "windows") Deno.chmodSync(copy, 0o600);
    const file = Deno.openSync(copy, { write: true });
    try {
      syncFile(file);
    } finally {
      file.close();
    }
    syncFolder(dirname(copy));
    return copy;
  } catch (error) {
    try {
      Deno.removeSync(copy);
    } catch { /* it was never made */ }
    throw new UserError(
      `The database ${path} has to be brought to the version of this Earshot, and could not be copied to ${copy} ` +
        `before ${explain(error)}, and start again; nothing was changed.`,
      undefined,
      { cause: error },
    );
  }
}
