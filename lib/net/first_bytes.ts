import type { Clock } from "../platform/clock.ts";
import type { Connection } from "./types.ts";

/** Protocol on a connection: an Earshot session, or anything else. */
export type Spoken = "session" | "other";

const SESSION = "ES1\n";

/** A connection that says nothing for so long is no session's: the other side of one speaks at once; milliseconds. */
const SILENCE_MS = 1_000;

/** Tells the protocol from the first bytes of a connection (PROTOCOL.md 2.8); undefined if more are needed. */
export function tellSpoken(first: Uint8Array): Spoken | undefined {
  const text = String.fromCharCode(...first.subarray(0, SESSION.length));
  if (text === SESSION) return "session";
  return SESSION.startsWith(text) ? undefined : "other";
}

/**
 * Reads the first bytes of an accepted connection and tells its protocol, after a second of silence at the latest. The
 * returned connection begins with those bytes. Rejects if a read fails.
 */
export async function readSpoken(
  connection: Connection,
  clock: Clock,
): Promise<{ spoken: Spoken; connection: Connection }> {
  const first = new Uint8Array(SESSION.length);
  let length = 0;
  for (;;) {
    const spoken = tellSpoken(first.subarray(0, length));
    if (spoken) return { spoken, connection: new PrefixedConnection(first.subarray(0, length), connection) };
    const into = new Uint8Array(SESSION.length - length);
    const reading = connection.read(into);
    const silence = Promise.withResolvers<"silent">();
    const timer = clock.after(SILENCE_MS, () => silence.resolve("silent"));
    const n = await Promise.race([reading, silence.promise]).finally(() => timer.cancel());
    const prefix = first.subarray(0, length);
    if (n === "silent") {
      return { spoken: "other", connection: new PrefixedConnection(prefix, connection, { reading, into }) };
    }
    if (n === null) return { spoken: "other", connection: new PrefixedConnection(prefix, connection) };
    first.set(into.subarray(0, n), length);
    length += n;
  }
}

/** A connection of which some bytes have been read already. */
export class PrefixedConnection implements Connection {
  #prefix: Uint8Array;
  readonly #connection: Connection;
  #pending: { readonly reading: Promise<number | null>; readonly into: Uint8Array } | undefined;

  /** @param pending a read that has not ended */
  constructor(
    prefix: Uint8Array,
    connection: Connection,
    pending?: { readonly reading: Promise<number | null>; readonly into: Uint8Array },
  ) {
    this.#prefix = prefix;
    this.#connection = connection;
    this.#pending = pending;
    // It fails if the connection is closed before the next read.
    pending?.reading.catch(() => {});
  }

  get remote() {
    return this.#connection.remote;
  }

  get localHost() {
    return this.#connection.localHost;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#prefix.length === 0 && this.#pending) {
      const { reading, into: read } = this.#pending;
      const n = await reading;
      this.#pending = undefined;
      if (n === null) return null;
      this.#prefix = read.subarray(0, n);
    }
    const n = Math.min(this.#prefix.length, into.length);
    if (n === 0) return await this.#connection.read(into);
    into.set(this.#prefix.subarray(0, n));
    this.#prefix = this.#prefix.subarray(n);
    return n;
  }

  write(data: Uint8Array): Promise<void> {
    return this.#connection.write(data);
  }

  close(): void {
    this.#connection.close();
  }
}
