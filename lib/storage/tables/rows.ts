import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Most statements of a database that are kept to be used again; the least recently used is dropped for another. */
const KEPT_MAX = 128;

/** Statements by their text, least recently used first. */
const kept = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/**
 * Returns a statement, prepared once for all its uses. One that nobody uses any more holds 5 KiB and more until the whole
 * heap is collected, which a quiet thread does not do for hours.
 *
 * Not for `iterate`, nor to be configured: others use the same statement.
 */
export function statementOf(db: DatabaseSync, sql: string): StatementSync {
  let statements = kept.get(db);
  if (!statements) kept.set(db, statements = new Map());
  const statement = statements.get(sql) ?? db.prepare(sql);
  statements.delete(sql);
  if (statements.size >= KEPT_MAX) statements.delete(statements.keys().next().value!);
  statements.set(sql, statement);
  return statement;
}

/** Prepares statements by name. */
export function prepareAll<Name extends string>(
  db: DatabaseSync,
  sql: Readonly<Record<Name, string>>,
): Readonly<Record<Name, StatementSync>> {
  const prepared = Object.entries<string>(sql).map(([name, text]) => [name, db.prepare(text)]);
  return Object.fromEntries(prepared);
}

/** Returns a row without its columns that are NULL. */
export function withoutNulls<T>(row: Record<string, unknown>): T {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as T;
}
