import { dirname, join } from "./std_path.ts";

/** Meaning of a failed call of the system or of SQLite, for the owner of this machine. */
export interface Trouble {
  /** The cause, as the end of a sentence: `its disk is full`. */
  readonly what: string;
  /** The remedy, as the end of a sentence: `make room there`. Undefined if only another place helps. */
  readonly remedy?: string;
  /** True if the disk is full. */
  readonly isFull?: boolean;
  /** True if the cause has nothing to do with the place in question. */
  readonly isGeneral?: boolean;
}

interface Case extends Trouble {
  readonly kinds?: readonly (new (...args: never[]) => Error)[];
  readonly text?: RegExp;
}

const { errors } = Deno;

/** The first that matches counts. Texts are those of Rust and SQLite; numbers those of Windows. */
const CASES: readonly Case[] = [
  {
    text: /disk is full|no space left|os error (?:28|112|39)\b|quota exceeded/i,
    what: "its disk is full",
    remedy: "make room there",
    isFull: true,
  },
  { text: /read-?only/i, what: "it can only be read", remedy: "make it writable for this user" },
  { kinds: [errors.NotCapable], what: "it is among the special files of the system" },
  {
    kinds: [errors.PermissionDenied],
    text: /permission denied|not permitted|access is denied/i,
    what: "this user may not use it",
    remedy: "give it to this user",
  },
  {
    text: /too many open files/i,
    what: "too many files are open",
    remedy: "end other programs, or raise the limit (`ulimit -n`)",
    isGeneral: true,
  },
  { text: /is locked/i, what: "another program has locked it", remedy: "end that program" },
  {
    kinds: [errors.Busy],
    text: /busy|used by another process/i,
    what: "another program uses it",
    remedy: "end that program",
  },
  {
    kinds: [errors.NotADirectory],
    text: /not a directory/i,
    what: "a part of its path is not a folder",
    remedy: "move that part away",
  },
  {
    kinds: [errors.IsADirectory],
    text: /is a directory/i,
    what: "it is a folder",
    remedy: "move that folder away",
  },
  {
    kinds: [errors.AlreadyExists],
    text: /file exists/i,
    what: "another file is in its place, or a broken link",
    remedy: "move it away",
  },
  {
    kinds: [errors.FilesystemLoop],
    text: /levels of symbolic links/i,
    what: "its links form a loop",
    remedy: "correct them",
  },
  { text: /file ?name too long/i, what: "its name is too long", remedy: "choose a shorter one" },
  { text: /malformed|not a database/i, what: "it is damaged", remedy: "put back a copy of it" },
  {
    text: /input\/output error|disk i\/o error|os error 5\b/i,
    what: "its disk reports an error",
    remedy: "check that disk",
  },
  {
    kinds: [errors.AddrInUse],
    text: /address already in use|EADDRINUSE/i,
    what: "another program has it",
    remedy: "end that program",
  },
  {
    kinds: [errors.AddrNotAvailable],
    text: /EADDRNOTAVAIL|cannot assign requested address/i,
    what: "this machine does not have that address now",
    remedy: "check the network",
  },
  {
    text: /no such device|ENODEV|network is (?:unreachable|down)|ENETUNREACH|no route to host|EHOSTUNREACH/i,
    what: "the network has no route to it",
    remedy: "check the network",
  },
  { kinds: [errors.NotFound], text: /no such file/i, what: "it is not there", remedy: "bring it back" },
];

/** Explains an error. An unknown one keeps the system's words. */
export function troubleOf(error: unknown): Trouble {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? ` ${error.code}` : "";
  const found = CASES.find(({ kinds = [], text }) =>
    kinds.some((kind) => error instanceof kind) || text?.test(message + code)
  );
  if (found) return found;
  const plain = message.replace(/ \(os error \d+\).*$/s, "");
  const isSystems = plain !== message || isSystemError(error);
  return { what: isSystems ? `the system says: ${plain}` : message, remedy: "check that place" };
}

/**
 * Normalizes the error of a folder that cannot be made or found. Older versions of Deno report a folder among the
 * system's special files as missing; this returns the error of newer versions.
 */
export function refusedFolder(path: string, error: unknown): unknown {
  const isSpecial = Deno.build.os === "linux" && /^\/(?:proc|sys)(?:\/|$)/.test(path);
  return isSpecial && error instanceof errors.NotFound ? new errors.NotCapable(error.message) : error;
}

/** Tells whether an error is a failed call of the system, not a fault of this program. */
export function isSystemError(error: unknown): boolean {
  if (Object.values(errors).some((kind) => error instanceof kind)) return true;
  // Node's errors carry the system's code.
  return error instanceof Error && "code" in error && /^E[A-Z]+$/.test(`${error.code}`);
}

/**
 * Returns an error's cause and remedy, as the end of a sentence: `(its disk is full): make room there`.
 *
 * @param otherwise another remedy
 */
export function explain(error: unknown, otherwise?: string): string {
  const { what, remedy, isGeneral } = troubleOf(error);
  return `(${what}): ${
    [remedy, isGeneral ? undefined : otherwise].filter(Boolean).join(", or ") || "choose another place"
  }`;
}

/** Returns {@linkcode Trouble.what} of an error. */
export function meaningOf(error: unknown): string {
  return troubleOf(error).what;
}

/** Part of a path that keeps a user out because it belongs to another user. */
export interface ForeignPart {
  /** The folder itself, a folder above it, or an entry of it. */
  readonly path: string;
  /** `belongs to root`. */
  readonly whose: string;
  /** Path whose ownership is to be changed, with everything in it. */
  readonly giveBack: string;
}

/**
 * Finds a part of a folder's path, or an entry of the folder, that belongs to another user. Undefined if there is none,
 * or the system does not tell.
 */
export function foreignPart(folder: string): ForeignPart | undefined {
  const above: ForeignPart[] = [];
  for (let path = folder;; path = dirname(path)) {
    const whose = whoseIs(path);
    if (whose === "own") return above.at(-1) ?? foreignEntry(folder);
    if (whose !== undefined) above.push({ path, whose, giveBack: path });
    // No part of it is this user's: the folders above may be the system's.
    if (dirname(path) === path) return above.find((part) => part.path === folder);
  }
}

function foreignEntry(folder: string): ForeignPart | undefined {
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      const path = join(folder, name);
      const whose = whoseIs(path);
      if (whose !== undefined && whose !== "own") return { path, whose, giveBack: folder };
    }
  } catch { /* closed to this user, or not there */ }
  return undefined;
}

function whoseIs(path: string): string | undefined {
  if (Deno.build.os === "windows") return undefined;
  try {
    const { uid } = Deno.lstatSync(path);
    if (uid === null) return undefined;
    if (uid === Deno.uid()) return "own";
    return uid === 0 ? "belongs to root" : `belongs to another user (${uid})`;
  } catch {
    return undefined;
  }
}
