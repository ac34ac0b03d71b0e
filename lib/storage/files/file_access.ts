const SEPARATOR = Deno.build.os === "windows" ? "\\" : "/";

/** The byte at the end of a line. */
export const NEWLINE = 0x0a;

/** Joins a normalized folder and a safe name; several times faster than `join`. */
export function pathIn(folder: string, name: string): string {
  return folder + SEPARATOR + name;
}

/** Returns the size of a regular file, following symbolic links; undefined if there is none. */
export function fileSize(path: string): number | undefined {
  const info = ifThere(() => Deno.statSync(path));
  return info?.isFile ? info.size : undefined;
}

/** Tells whether `path` itself is a regular file, not a link to one. */
export function isPlainFile(path: string): boolean {
  return ifThere(() => Deno.lstatSync(path))?.isFile ?? false;
}

/** Tells whether two paths lead to the same regular file. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => ifThere(() => Deno.lstatSync(path)));
  return a !== undefined && b !== undefined && a.isFile && b.isFile && a.ino === b.ino && a.dev === b.dev;
}

/** Tells whether anything exists at `path`, even a broken symbolic link. */
export function exists(path: string): boolean {
  return ifThere(() => Deno.lstatSync(path)) !== undefined;
}

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Tells whether an error means that a file or its folder does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** Reads part of a file, as far as it exists. */
export function readPart(path: string, offset: number, length: number): Uint8Array {
  const file = Deno.openSync(path, { read: true });
  try {
    file.seekSync(offset, Deno.SeekMode.Start);
    const part = new Uint8Array(length);
    let done = 0;
    for (let n; done < length && (n = file.readSync(part.subarray(done))); done += n);
    return part.subarray(0, done);
  } finally {
    file.close();
  }
}

/** Overwrites part of a file, extending the file if need be. */
export function writePart(path: string, offset: number, data: Uint8Array): void {
  const file = Deno.openSync(path, { write: true });
  try {
    file.seekSync(offset, Deno.SeekMode.Start);
    writeAll(file, data);
  } finally {
    file.close();
  }
}

/**
 * Appends all of `data`, or nothing, to the current end of a file, without overwriting what another program appends at
 * the same time. Returns the offset of `data`.
 */
export function appendWhole(path: string, data: Uint8Array): number {
  const file = Deno.openSync(path, { append: true });
  let done = 0;
  try {
    while (done < data.length) done += file.writeSync(data.subarray(done));
    return file.seekSync(0, Deno.SeekMode.Current) - done;
  } catch (error) {
    const end = file.seekSync(0, Deno.SeekMode.Current);
    if (done > 0 && file.statSync().size === end) file.truncateSync(end - done);
    throw error;
  } finally {
    file.close();
  }
}

/** Writes all of `data` at the file's position. */
export function writeAll(file: Deno.FsFile, data: Uint8Array): void {
  for (let done = 0; done < data.length;) done += file.writeSync(data.subarray(done));
}

/** Creates a file on file systems without links: other programs may see it incomplete. False if the name is taken. */
export function createPlainly(path: string, data: Uint8Array): boolean {
  let file;
  try {
    file = Deno.openSync(path, { write: true, createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  try {
    writeAll(file, data);
  } catch (error) {
    removeIfThere(path);
    throw error;
  } finally {
    file.close();
  }
  return true;
}

/** Truncates a file of ours to free its space even if a program has it open; not if it has another name too. */
export function emptyFile(path: string): void {
  try {
    if (Deno.lstatSync(path).nlink === 1) Deno.truncateSync(path);
  } catch { /* gone, or not to be written now */ }
}

/** Removes a file of ours if possible. A temporary one that stays is removed when its name is needed again. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch { /* gone, or not to be removed now */ }
}

/**
 * Result of a comparison with expected content. `torn`: a part of it, the rest missing or zero bytes, which no JSON
 * holds and which the system leaves for data that was never written.
 */
export type Standing = "same" | "torn" | "other";

/** Compares `length` bytes of a file, as far as they exist, with the expected content. */
export function compare(path: string, offset: number, length: number, expected: Uint8Array): Standing {
  let actual;
  try {
    actual = readPart(path, offset, length);
  } catch {
    return "other"; // What we may not read, the owner made so.
  }
  return compareBytes(actual, expected);
}

/** Compares bytes that were read with the expected content. */
export function compareBytes(actual: Uint8Array, expected: Uint8Array): Standing {
  if (actual.length > expected.length) return "other";
  let standing: Standing = actual.length === expected.length ? "same" : "torn";
  for (let i = 0; i < actual.length; i++) {
    if (actual[i] === expected[i]) continue;
    if (actual[i] !== 0) return "other";
    standing = "torn";
  }
  return standing;
}
