import type { Address, Connection } from "./types.ts";

/** A {@linkcode Connection} over a TCP or Unix connection of Deno. */
export class StreamConnection implements Connection {
  #closed = false;
  #failWrite: ((error: Error) => void) | undefined;

  constructor(
    private readonly conn: Deno.Conn,
    readonly remote: Address,
    readonly localHost?: string,
  ) {}

  read(into: Uint8Array): Promise<number | null> {
    return this.conn.read(into);
  }

  async write(data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length;) {
      done += await this.#writeSome(done === 0 ? data : data.subarray(done));
    }
  }

  #writeSome(data: Uint8Array): Promise<number> {
    // Deno 2.7 leaves a write pending that waits when the connection is closed.
    return new Promise((resolve, reject) => {
      this.#failWrite = reject;
      this.conn.write(data).then(resolve, reject);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#failWrite?.(new Deno.errors.Interrupted("the connection was closed"));
    try {
      this.conn.close();
    } catch { /* the other end was faster */ }
  }
}

/** The part of a listener that {@linkcode acceptLoop} uses. */
export interface Acceptor {
  accept(): Promise<Deno.Conn>;
}

/** Pause after a failed accept, milliseconds: without file descriptors left, trying again at once would only burn time. */
const ACCEPT_PAUSE = 100;

/**
 * Hands every accepted connection to `accept`, until the listener is closed. A connection that died in the queue and a
 * process without file descriptors (ECONNABORTED, EMFILE) do not end it.
 */
export async function acceptLoop(
  listener: Acceptor,
  accept: (conn: Deno.Conn) => void,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<void> {
  for (;;) {
    let conn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      await pause(ACCEPT_PAUSE);
      continue;
    }
    accept(conn);
  }
}
