/** Called if the file system cannot make files, or the names in folders, durable; everything else was done. */
export type CannotSync = (what: "file" | "folder", why: string) => void;

/** Error numbers of a file system that lacks such a call: EINVAL, ENOTTY, ENOSYS, ENOTSUP, EOPNOTSUPP. */
const CANNOT: Readonly<Partial<Record<typeof Deno.build.os, readonly number[]>>> = {
  linux: [22, 25, 38, 95],
  darwin: [22, 25, 45, 78, 102],
  windows: [1, 50],
};

/** Tells whether an error means that the file system lacks the call, rather than that the call failed. */
function cannot(error: unknown): boolean {
  const number = Number(/\(os error (\d+)\)/.exec((error as Error).message)?.[1]);
  return (CANNOT[Deno.build.os] ?? CANNOT.linux!).includes(number);
}

/** Makes a file durable, as far as its file system can. @param data true if its content is enough */
export function syncFile(file: Deno.FsFile, told: CannotSync = () => {}, data = false): void {
  attempt("file", told, data ? [() => file.syncDataSync(), () => file.syncSync()] : [() => file.syncSync()]);
}

/** Makes the content of a file durable, as far as its file system can. */
export async function syncData(file: Deno.FsFile, told: CannotSync = () => {}): Promise<void> {
  try {
    await file.syncData();
  } catch (error) {
    if (!cannot(error)) throw error;
    syncFile(file, told);
  }
}

/** Makes the names in a folder durable, as far as its file system can. Windows has no such call and needs none. */
export function syncFolder(path: string, told: CannotSync = () => {}): void {
  if (Deno.build.os === "windows") return;
  const folder = Deno.openSync(path, { read: true });
  try {
    attempt("folder", told, [() => folder.syncSync()]);
  } finally {
    folder.close();
  }
}

/** Does the first of `ways` that the file system supports; calls `told` if it supports none. */
function attempt(what: "file" | "folder", told: CannotSync, ways: readonly (() => void)[]): void {
  let why = "";
  for (const way of ways) {
    try {
      return way();
    } catch (error) {
      if (!cannot(error)) throw error;
      why = (error as Error).message;
    }
  }
  told(what, why);
}
