/** Runs `fn` with a new temporary folder, which is removed afterwards. */
export async function withFolder(fn: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-identity-" });
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `fn` while a function of the runtime is what `replace` makes of it: for what a disk does only rarely. */
export function replaced<K extends "chmodSync" | "linkSync" | "openSync">(
  name: K,
  replace: (original: typeof Deno[K]) => unknown,
  fn: () => void,
): void {
  const original = Deno[name];
  Object.defineProperty(Deno, name, { value: replace(original), configurable: true, writable: true });
  try {
    fn();
  } finally {
    Object.defineProperty(Deno, name, { value: original, configurable: true, writable: true });
  }
}
