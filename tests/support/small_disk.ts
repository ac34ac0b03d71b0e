/** A small file system in memory, mounted on a folder of its own until it is disposed of. Needs Linux and root. */
export class SmallDisk implements Disposable {
  /**
   * @param path made where it is missing
   * @param options of the mount: `size=1m`
   */
  constructor(readonly path: string, options: string) {
    Deno.mkdirSync(path, { recursive: true });
    run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path);
  }

  /** Changes options of the mount: `size=16m`, `ro`. */
  remount(options: string): void {
    run("mount", "-o", `remount,${options}`, this.path);
  }

  /** Leaves no more than `free` bytes, where the file system counts in pages. Returns the file to remove for room. */
  fill(free = 0): string {
    const path = `${this.path}/filling`;
    const file = Deno.openSync(path, { write: true, create: true });
    try {
      for (;;) file.writeSync(new Uint8Array(4096));
    } catch (error) {
      if (!(error as Error).message.includes("No space left")) throw error;
    }
    file.truncateSync(file.statSync().size - free);
    file.close();
    return path;
  }

  [Symbol.dispose](): void {
    // Threads that were ended may have files open for another moment.
    run("umount", "--lazy", this.path);
  }
}

function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}
