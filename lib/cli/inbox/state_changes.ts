import { basename } from "@std/path";

/** Files of the state folder that change when something arrives. */
const DATABASE = /^earshot\.db(?:-wal)?$/;

/** The file that changes when a peer starts. */
const SOCKET = "control.sock";

/** Shortest time between two looks, milliseconds. */
const PAUSE = 50;

/** Longest time between two looks, for a file system that reports no changes, milliseconds. */
const LONGEST = 2_000;

/** Waits for changes of a profile's database, by whichever process. */
export class StateChanges implements Disposable {
  readonly #watcher: Deno.FsWatcher | undefined;
  #isChanged = false;
  #isStarted = false;
  #wake: (() => void) | undefined;

  /** @param state the state folder, which must exist */
  constructor(state: string) {
    try {
      this.#watcher = Deno.watchFs(state, { recursive: false });
    } catch { /* The system has no more watches: then it looks every now and then. */ }
    void this.#read();
  }

  /** Resolves after a change since the last call, or after some time; at once if `isDue`. */
  async next(isDue: boolean): Promise<void> {
    await pause(PAUSE);
    if (!isDue && !this.#isChanged) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, LONGEST);
      });
      clearTimeout(timer);
    }
    this.#isChanged = false;
  }

  /** Tells whether a peer may have started since the last call. */
  takeStarted(): boolean {
    const isStarted = this.#isStarted;
    this.#isStarted = false;
    return isStarted;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }

  async #read(): Promise<void> {
    if (this.#watcher === undefined) return;
    try {
      for await (const { kind, paths } of this.#watcher) {
        // Reading the database must not look like a change of it.
        if (kind === "access") continue;
        const names = paths.map((path) => basename(path));
        const isStarted = names.includes(SOCKET);
        if (!isStarted && !names.some((name) => DATABASE.test(name))) continue;
        this.#isStarted ||= isStarted;
        this.#isChanged = true;
        this.#wake?.();
      }
    } catch { /* as if nothing could be watched */ }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
