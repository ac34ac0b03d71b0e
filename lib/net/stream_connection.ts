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
    // In Deno 2.7 a pending write stays pending when the connection is closed.
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

/** The part of a listener that {@linkcode acceptLoop} needs. */
export interface Acceptor {
  accept(): Promise<Deno.Conn>;
}

/** Pause after a failed accept, milliseconds: retrying at once without file descriptors would only burn CPU time. */
const ACCEPT_PAUSE = 100;

/**
 * Passes each accepted connection to `accept` until the listener is closed. Neither a connection that died in the queue
 * (ECONNABORTED) nor a lack of file descriptors (EMFILE) ends the loop.
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
