/** Whether SQLite says that the file is not, or no longer, a good database. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && /malformed|not a database/.test(error.message);
}

/** Whether an error comes from SQLite. */
export function isFromDatabase(error: unknown): error is Error {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}

/**
 * What its owner is told about a database that fails, with the way out.
 *
 * @param does `cannot be opened`, `cannot be written`; where the database is damaged, that is what is said
 * @param path of the database, where the owner needs it
 */
export function databaseTrouble(error: unknown, does: string, path?: string): string {
  const which = path === undefined ? "The database" : `The database ${path}`;
  const { message } = error as Error;
  return isDamage(error)
    ? `${which} is damaged (${message}): with Earshot ended, restore it from a copy, or move it away to begin with an ` +
      `empty one. What is in the inbox stays.`
    : `${which} ${does} (${message}): make room on its disk, or make its folder writable.`;
}
