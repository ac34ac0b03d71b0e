const SEPARATOR = Deno.build.os === "windows" ? "\\" : "/";

/** What ends a line. */
export const NEWLINE = 0x0a;

/** Path of something in a folder whose path is normal; for safe names, and several times faster than `join`. */
export function pathIn(folder: string, name: string): string {
  return folder + SEPARATOR + name;
}

/** Size of a regular file, symbolic links followed; undefined if there is none. */
export function fileSize(path: string): number | undefined {
  const info = ifThere(() => Deno.statSync(path));
  return info?.isFile ? info.size : undefined;
}

/** Tells whether a regular file stands at `path` itself, not a link to one. */
export function isPlainFile(path: string): boolean {
  return ifThere(() => Deno.lstatSync(path))?.isFile ?? false;
}

/** Tells whether both are names of one regular file. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => ifThere(() => Deno.lstatSync(path)));
  return a !== undefined && b !== undefined && a.isFile && b.isFile && a.ino === b.ino && a.dev === b.dev;
}

/** Tells whether anything stands at `path`, a broken symbolic link included. */
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

/** Tells whether an error says that there is no such file, or no folder where it should be in. */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** Part of a file, as far as there is any. */
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

/** Overwrites part of a file; the file gets longer if the part ends behind it. */
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
 * Appends all of `data`, or nothing, wherever the file ends by then: what others append in the same instant is never
 * overwritten. Returns where it begins.
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

/** For file systems that cannot link: the file is seen while it grows. False if something stands there. */
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

/** Frees what a file of our own takes, also if somebody has it open; not if it has another name as well. */
export function emptyFile(path: string): void {
  try {
    if (Deno.lstatSync(path).nlink === 1) Deno.truncateSync(path);
  } catch { /* gone, or not to be written now */ }
}

/** A file of our own that cannot be removed now is no harm: a temporary one goes when its name is needed again. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch { /* gone, or not to be removed now */ }
}

/**
 * Comparison of what stands somewhere with what was written there. `torn`: nothing but a part of it, the rest cut off or
 * never written (the system then leaves zero bytes, which no JSON holds).
 */
export type Standing = "same" | "torn" | "other";

/** Compares `length` bytes of a file, as far as it has them, with what was written there. */
export function compare(path: string, offset: number, length: number, expected: Uint8Array): Standing {
  let actual;
  try {
    actual = readPart(path, offset, length);
  } catch {
    return "other"; // What we may not read, the owner made so.
  }
  return compareBytes(actual, expected);
}

/** Compares what was read with what was written. */
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
