import { ControlClient } from "../../control/client.ts";
import { controlPath } from "../profile/control_socket.ts";

/** Shortest time between two looks, milliseconds. */
const PAUSE = 50;

/** Time between two attempts to reach a peer, and longest time between two looks, milliseconds. */
const LONGEST = 1_000;

/**
 * Waits until something may have come in: a running peer tells, through its control socket.
 *
 * The files of the database are not watched: Deno's watcher opens and closes a file that changes, and with that a
 * process loses its locks on it, which SQLite relies on.
 */
export class ArrivalSignal implements Disposable {
  readonly #state: string;
  #client: ControlClient | undefined;
  #isTold = false;
  #isStarted = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param state state folder of the profile */
  constructor(state: string) {
    this.#state = state;
  }

  /** Resolves once something may have come in since the last call, or after a second; soon if `isDue`. */
  async next(isDue: boolean): Promise<void> {
    await pause(PAUSE);
    if (this.#client === undefined) await this.#connect();
    if (!isDue && !this.#isTold) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, LONGEST);
      });
      clearTimeout(timer);
    }
    this.#isTold = false;
  }

  /** Tells whether a peer has started since the last call. */
  takeStarted(): boolean {
    const isStarted = this.#isStarted;
    this.#isStarted = false;
    return isStarted;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#client?.close();
  }

  async #connect(): Promise<void> {
    const client = await ControlClient.connect(controlPath(this.#state));
    if (client === undefined) return;
    if (this.#isClosed) return client.close();
    const lost = () => {
      if (this.#client === client) this.#client = undefined;
    };
    this.#client = client;
    try {
      await client.subscribe(({ event }) => {
        if (event === "chat" || event === "document" || event === "ask") this.#tell();
      }, lost);
    } catch {
      // It left at once, or hangs.
      client.close();
      return lost();
    }
    this.#isStarted = true;
    // What came in before it told of its events.
    this.#tell();
  }

  #tell(): void {
    this.#isTold = true;
    this.#wake?.();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
