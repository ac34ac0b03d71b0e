import { dirname } from "@std/path";
import type { DatabaseSync } from "node:sqlite";
import { syncFile, syncFolder } from "../../platform/sync.ts";
import { explain } from "../../platform/trouble.ts";
import { UserError } from "../../platform/user_error.ts";
import type { WarnOwner } from "../types.ts";

/** The version that a database has: how many migrations it went through. */
export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()!.user_version);
}

/**
 * Brings a database to the newest version, in one transaction. One that holds anything is copied first, to its name with
 * `.v` and its version.
 *
 * @param migrations how each version is made from the one before it, the first from nothing
 * @param warn told where the copy is
 * @param beforeCommit called when all is done but not committed
 * @throws {UserError} if the database is of a newer version, or cannot be copied; it is as it was then
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
    `The database was brought to version ${newest}. A copy of it as it was is in ${copy}: remove it when all is well.`,
  );
}

/** The sentence of a database that this program is too old for. */
export function newerDatabase(path: string, version: number, newest: number): string {
  return `The database ${path} was written by a newer Earshot (version ${version}, this one knows ${newest}): ` +
    "update Earshot, or move that file away.";
}

/**
 * Copies the database, durably, over what an attempt before this one left. Its file is copied as such: to have SQLite do
 * that takes more permissions than a program has here.
 */
function copyTo(copy: string, db: DatabaseSync, path: string): string {
  try {
    // From here on the file has everything: nobody else writes to the database of a profile that is locked.
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
