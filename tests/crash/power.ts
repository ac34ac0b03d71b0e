import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import type { SeededRandom } from "../support/seeded_random.ts";
import type { Folders } from "./judge.ts";

/** A file that a power cut may leave in any state, as far as it is not noted as durable. */
export interface Doubtful {
  readonly path: string;
  /** Bytes at its beginning that are noted as durable. */
  readonly durable: number;
  /** Whether its name may be lost. */
  readonly removable: boolean;
}

/** What a power cut leaves of what was not durable yet. */
const DAMAGES = [
  "removed",
  "emptied",
  "cut short",
  "zero-filled",
  "zero-filled at the end",
  "whole",
] as const;

/** Files of a peer that is not running which exist and are not noted as durable. */
export function doubtfulFiles({ state, inbox }: Folders): Doubtful[] {
  const copy = Deno.makeTempDirSync({ prefix: "earshot-power-" });
  try {
    // Whoever opens a database puts its journal in order; that of the peer is left as it is.
    for (const suffix of ["", "-wal"]) {
      const file = join(state, `earshot.db${suffix}`);
      if (isThere(file)) Deno.copyFileSync(file, join(copy, `earshot.db${suffix}`));
    }
    const db = new DatabaseSync(join(copy, "earshot.db"));
    try {
      const rows = db.prepare(
        `SELECT f.name AS folderName, coalesce(m.file, s.file) AS fileName, min(coalesce(m.offset, 0)) AS durable,
           l.partial
         FROM message m LEFT JOIN large l ON l.row = m.row JOIN folder f ON f.row = m.folder LEFT JOIN stream_file s ON s.row = m.stream_file
         WHERE m.row > (SELECT value FROM meta WHERE key = 'synced row') OR m.row IN (SELECT row FROM unsynced)
         GROUP BY folderName, fileName`,
      ).all() as { folderName: string; fileName: string; durable: number; partial: string | null }[];
      const partials = db.prepare(
        "SELECT f.name AS folderName, p.file AS fileName, p.durable FROM partial p JOIN folder f ON f.row = p.folder",
      ).all() as { folderName: string; fileName: string; durable: number }[];
      const path = (folder: string, file: string) => join(inbox, folder, file);
      return [
        ...rows.map(({ folderName, fileName, durable, partial }) => ({
          path: path(folderName, fileName),
          // Of one in parts every byte is durable before it gets its name; that it loses, but for its other name.
          durable: partial === null ? durable : Infinity,
          removable: partial === null ? durable === 0 : isThere(path(folderName, partial)),
        })),
        ...partials.map(({ folderName, fileName, durable }) => {
          return { path: path(folderName, fileName), durable, removable: true };
        }),
      ].filter(({ path }) => isThere(path));
    } finally {
      db.close();
    }
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
}

/** Does to each file, or to its end that is not durable, what a power cut may do. Returns how many suffered. */
export function cutPower(folders: Folders, random: SeededRandom): number {
  let damaged = 0;
  for (const { path, durable, removable } of doubtfulFiles(folders)) {
    const damage = random.pick(DAMAGES);
    const data = Deno.readFileSync(path);
    if (damage === "whole" || (data.length <= durable && !(damage === "removed" && removable))) continue;
    const from = Math.max(durable, Math.floor(random.between(durable, data.length)));
    damaged++;
    if (damage === "removed" && removable) Deno.removeSync(path);
    else if (damage === "cut short") Deno.truncateSync(path, from);
    else if (damage === "zero-filled") Deno.writeFileSync(path, data.fill(0, durable));
    else if (damage === "zero-filled at the end") Deno.writeFileSync(path, data.fill(0, from));
    else Deno.truncateSync(path, durable);
  }
  return damaged;
}

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
