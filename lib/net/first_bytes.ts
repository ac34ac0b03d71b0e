import type { Connection } from "./types.ts";

/** Protocol on a connection: an Earshot session, a browser or curl, or anything else. */
export type Spoken = "session" | "http" | "other";

const SESSION = "ES1\n";
const METHODS = ["GET ", "HEAD", "POST", "PUT ", "PATC", "DELE", "OPTI"];

/**
 * Tells the protocol from the first four bytes of a connection (PROTOCOL.md 2.8 and 5). Fewer bytes suffice if they
 * match no known protocol; undefined if more are needed.
 */
export function tellSpoken(first: Uint8Array): Spoken | undefined {
  const text = String.fromCharCode(...first.subarray(0, 4));
  if (text.length === 4) return text === SESSION ? "session" : METHODS.includes(text) ? "http" : "other";
  return [SESSION, ...METHODS].some((known) => known.startsWith(text)) ? undefined : "other";
}

/**
 * Reads the first bytes of an accepted connection and tells its protocol. The returned connection continues behind
 * `ES1\n` for a session, and otherwise begins with those bytes. Rejects if a read fails: to limit the time, close the
 * connection.
 */
export async function readSpoken(
  connection: Connection,
): Promise<{ spoken: Spoken; connection: Connection }> {
  const first = new Uint8Array(4);
  let length = 0;
  let spoken = tellSpoken(first.subarray(0, 0));
  while (spoken === undefined) {
    const n = await connection.read(first.subarray(length));
    if (n === null) break;
    length += n;
    spoken = tellSpoken(first.subarray(0, length));
  }
  if (spoken === "session") return { spoken, connection };
  return { spoken: spoken ?? "other", connection: new Prefixed(first.subarray(0, length), connection) };
}

/** A connection whose first bytes have been read already. */
class Prefixed implements Connection {
  constructor(private prefix: Uint8Array, private readonly connection: Connection) {}

  get remote() {
    return this.connection.remote;
  }

  read(into: Uint8Array): Promise<number | null> {
    const n = Math.min(this.prefix.length, into.length);
    if (n === 0) return this.connection.read(into);
    into.set(this.prefix.subarray(0, n));
    this.prefix = this.prefix.subarray(n);
    return Promise.resolve(n);
  }

  write(data: Uint8Array): Promise<void> {
    return this.connection.write(data);
  }

  close(): void {
    this.connection.close();
  }
}
