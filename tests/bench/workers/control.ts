// What nobody can leave out for a large document, and nothing else: `control.ts take FOLDER`, or
// `control.ts give FOLDER PORT`. Read, check, hash, write, sync; read, seal, send; receive, open, check, hash, write, sync.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { JsonValidator } from "../../../lib/protocol/json_validator.ts";
import { serve } from "../harness/serve.ts";
import type { Told } from "./control_disk.ts";

const RECORD = 65_519;
const TAG = 16;
const KEY = new Uint8Array(32);
const PIECE = 2 ** 20;
/** Records that are written to the connection at once. */
const AT_ONCE = 3;
/** Pieces on their way to the disk. */
const PIECES = 4;

/** A file that another thread writes and hashes. */
class DiskThread {
  readonly #worker = new Worker(new URL("./control_disk.ts", import.meta.url), { type: "module" });
  readonly #empty = Array.from({ length: PIECES }, () => new Uint8Array(PIECE));
  #emptied: (() => void) | undefined;
  readonly #digest = Promise.withResolvers<string>();

  constructor(path: string, isChecked: boolean) {
    this.#worker.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer> | string>) => {
      if (typeof data === "string") return this.#digest.resolve(data);
      this.#empty.push(data);
      this.#emptied?.();
    };
    this.#tell({ path, isChecked });
  }

  /** Returns memory for the next piece. */
  async memory(): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#empty.length === 0) await new Promise<void>((resolve) => this.#emptied = resolve);
    return this.#empty.pop()!;
  }

  write(memory: Uint8Array<ArrayBuffer>, length: number): void {
    this.#tell({ memory, length }, [memory.buffer]);
  }

  /** Resolves with the hash once the file is durable. */
  async end(): Promise<string> {
    this.#tell("end");
    const digest = await this.#digest.promise;
    this.#worker.terminate();
    return digest;
  }

  #tell(told: Told, transfer: Transferable[] = []): void {
    this.#worker.postMessage(told, transfer);
  }
}

function nonce(n: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, n);
  return bytes;
}

/** Copies a document durably, then sends the copy. Returns once the other side has it on its disk. */
async function give(connection: Deno.Conn, folder: string, path: string): Promise<void> {
  const copy = `${folder}/control-copy`;
  const disk = new DiskThread(copy, false);
  const validator = new JsonValidator();
  using source = Deno.openSync(path);
  for (;;) {
    const memory = await disk.memory();
    const length = source.readSync(memory);
    if (length === null) break;
    validator.push(memory.subarray(0, length));
    disk.write(memory, length);
  }
  validator.end();
  await disk.end();
  await send(connection, copy);
  await readFully(connection, new Uint8Array(1));
  Deno.removeSync(copy);
}

async function send(connection: Deno.Conn, path: string): Promise<void> {
  using file = Deno.openSync(path);
  const piece = new Uint8Array(RECORD * AT_ONCE);
  const records = new Uint8Array((RECORD + TAG) * AT_ONCE);
  for (let n = 0, length; (length = file.readSync(piece)) !== null;) {
    let filled = 0;
    for (let at = 0; at < length; at += RECORD) {
      const cipher = createCipheriv("chacha20-poly1305", KEY, nonce(n++), { authTagLength: TAG });
      const sealed = cipher.update(piece.subarray(at, Math.min(length, at + RECORD)));
      cipher.final();
      records.set(sealed, filled);
      records.set(cipher.getAuthTag(), filled + sealed.length);
      filled += sealed.length + TAG;
    }
    for (let sent = 0; sent < filled;) sent += await connection.write(records.subarray(sent, filled));
  }
}

async function take(connection: Deno.Conn, folder: string, size: number): Promise<void> {
  const path = `${folder}/control-taken`;
  const disk = new DiskThread(path, true);
  const record = new Uint8Array(RECORD + TAG);
  let memory = await disk.memory();
  let filled = 0;
  for (let done = 0, n = 0; done < size; done += RECORD, n++) {
    const length = Math.min(RECORD, size - done);
    const sealed = record.subarray(0, length + TAG);
    await readFully(connection, sealed);
    const decipher = createDecipheriv("chacha20-poly1305", KEY, nonce(n), { authTagLength: TAG });
    decipher.setAuthTag(sealed.subarray(length));
    const opened = decipher.update(sealed.subarray(0, length));
    decipher.final();
    if (filled + length > memory.length) {
      disk.write(memory, filled);
      memory = await disk.memory();
      filled = 0;
    }
    memory.set(opened, filled);
    filled += length;
  }
  disk.write(memory, filled);
  await disk.end();
  await connection.write(new Uint8Array(1));
  Deno.removeSync(path);
}

async function readFully(connection: Deno.Conn, into: Uint8Array): Promise<void> {
  for (let have = 0; have < into.length;) {
    const count = await connection.read(into.subarray(have));
    if (count === null) throw new Error("the connection ended");
    have += count;
  }
}

const [role, folder, port] = Deno.args as [string, string, string];
if (role === "give") {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await serve(null, { give: ({ path }: { path: string }) => give(connection, folder, path) });
} else {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await serve({ port: (listener.addr as Deno.NetAddr).port }, {
    take: async ({ size }: { size: number }) => await take(await accepted, folder, size),
  });
}
