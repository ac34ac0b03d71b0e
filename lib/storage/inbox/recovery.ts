import { type Files, toLines } from "../files/files.ts";
import type { Inbox } from "./inbox.ts";
import type { DocumentPlace } from "../tables/messages.ts";
import type { Store } from "../tables/store.ts";
import { compare, fileSize, isPlainFile, isSameFile, writePart } from "../files/file_access.ts";

/** Rows processed at a time. */
const CHUNK = 256;

/** A stream's file as it was found at the start. */
interface FoundFile {
  /** Its size before any repair, bytes. */
  readonly size: number;
  /** True if lines were appended to it since. */
  grown: boolean;
}

/**
 * Recovers the inbox from the journal after a crash or a power cut. Writes a pending document's file again if it is
 * missing, empty, zero-filled or cut short; any other file belongs to the owner, and ours gets another name. Lines of a
 * stream likewise; lines that another program changed are appended again. Returns the rows that were written.
 */
export function recover(store: Store, files: Files, inbox: Inbox): number[] {
  const written: number[] = [];
  const found = new Map<number, FoundFile>();
  const folders = new Set<string>();
  for (let after = 0;;) {
    const chunk = store.messages.pending(after, Number.MAX_SAFE_INTEGER, CHUNK);
    if (chunk.length === 0) return written.filter((row) => !inbox.isUnplaced(row));
    after = chunk.at(-1)!.row;
    for (const { folderName } of chunk) {
      if (!folders.has(folderName)) files.removeLeftovers(inbox.path(folderName));
      folders.add(folderName);
    }
    for (const [streamFile, places] of Map.groupBy(chunk, (place) => place.streamFile)) {
      if (streamFile !== null) {
        unlessUnreadable(inbox, places, () => {
          written.push(...recoverLines(store, inbox, streamFile, places, found));
        });
      } else {
        for (const place of places) {
          unlessUnreadable(inbox, [place], () => {
            if (recoverDocument(store, files, inbox, place)) written.push(place.row);
          });
        }
      }
    }
  }
}

/** Runs `work`; if the folder cannot be read, these documents wait like those that cannot be placed. */
function unlessUnreadable(inbox: Inbox, places: readonly DocumentPlace[], work: () => void): void {
  try {
    work();
  } catch (error) {
    inbox.attempt(places, () => {
      throw error;
    });
  }
}

/** Returns whether it had to be written. */
function recoverDocument(store: Store, files: Files, inbox: Inbox, place: DocumentPlace): boolean {
  if (place.partial !== null) return recoverLarge(inbox, place, place.partial);
  const body = store.messages.body(place.row);
  const path = inbox.path(place.folderName, place.file);
  const standing = isPlainFile(path) ? compare(path, 0, body.length + 1, body) : "other";
  if (standing === "same") return false;
  inbox.attempt([place], () => {
    if (standing === "torn") files.replace(inbox.path(place.folderName), place.file, body);
    else inbox.placeDocument(place);
  });
  return true;
}

/** Its bytes were on disk before it was in the journal: only its name can be missing. */
function recoverLarge(inbox: Inbox, place: DocumentPlace, partial: string): boolean {
  const partialPath = inbox.path(place.folderName, partial);
  const path = inbox.path(place.folderName, place.file);
  if (!isPlainFile(partialPath) || isSameFile(partialPath, path)) return false;
  inbox.attempt([place], () => inbox.placeDocument(place));
  return true;
}

/** Returns the rows that had to be written. */
function recoverLines(
  store: Store,
  inbox: Inbox,
  streamFile: number,
  places: readonly DocumentPlace[],
  found: Map<number, FoundFile>,
): number[] {
  const path = inbox.path(places[0]!.folderName, places[0]!.file);
  let state = found.get(streamFile);
  if (!state) found.set(streamFile, state = { size: fileSize(path) ?? 0, grown: false });
  const lost: DocumentPlace[] = [];
  const torn: DocumentPlace[] = [];
  for (const place of places) {
    const line = toLines([store.messages.body(place.row)]);
    const offset = place.offset!;
    const there = Math.min(line.length, state.size - offset);
    const standing = there >= 0 ? compare(path, offset, there, line) : "other";
    const isOurs = there === line.length || !state.grown;
    if (standing === "torn" && isOurs) {
      torn.push(place);
      inbox.attempt([place], () => writePart(path, offset, line));
    } else if (standing !== "same") lost.push(place);
  }
  if (lost.length > 0) {
    inbox.attempt(lost, () => inbox.placeLines(streamFile, lost));
    state.grown = true;
  }
  return [...torn, ...lost].map(({ row }) => row);
}
