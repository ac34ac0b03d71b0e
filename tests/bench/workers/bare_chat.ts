// The least that a line of chat needs if it is sealed, and durable a moment later on both sides: `bare_chat.ts serve
// FOLDER`, or `bare_chat.ts ask FOLDER PORT`. No name, no id is checked, nothing is remembered or sent again.

import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { loadSmallAead, smallAead } from "../../../lib/platform/small_aead.ts";
import { serve, timeRounds } from "../harness/serve.ts";

/** How long a line waits for others to share its commit, milliseconds. */
const GATHER_MS = 24;
const KEY = new Uint8Array(32);
const HEAD = JSON.stringify({ seq: 1, id: "0".repeat(26), to: "you", at: Date.now() });

const scope = globalThis as unknown as { readonly name: string; onmessage: (event: MessageEvent) => void };
const [role, folder, port] = Deno.args as [string, string, string?];

/** The thread for the database. */
function keepInDatabase(): void {
  const db = new DatabaseSync(join(folder, `bare-chat-${role}.db`));
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id TEXT, text TEXT)");
  const insert = db.prepare("INSERT INTO t VALUES (?, ?)");
  scope.onmessage = ({ data }: MessageEvent<readonly string[]>) => {
    db.exec("BEGIN");
    for (let i = 0; i < data.length; i += 2) insert.run(data[i]!, data[i + 1]!);
    db.exec("COMMIT");
  };
}

/** A connection that carries sealed lines. */
class Line {
  readonly #store = new Worker(import.meta.url, { type: "module", name: "store" });
  readonly #nonces = [new Uint8Array(12), new Uint8Array(12)] as const;
  readonly #record = new Uint8Array(1_024);
  readonly #decoder = new TextDecoder();
  #kept: string[] = [];

  constructor(private readonly connection: Deno.TcpConn) {
    connection.setNoDelay(true);
  }

  async say(text: string): Promise<void> {
    const sealed = smallAead()!.seal(KEY, this.#nonces[0], new TextEncoder().encode(HEAD + text));
    const bytes = new Uint8Array(2 + sealed.length);
    new DataView(bytes.buffer).setUint16(0, sealed.length);
    bytes.set(sealed, 2);
    await this.connection.write(bytes);
    this.#keep(HEAD, text);
  }

  /** Returns the next line; nobody says two without having heard one. */
  async hear(): Promise<string> {
    let have = 0;
    do have += await this.connection.read(this.#record.subarray(have)) ?? Deno.exit(); while (
      have < 2 || have < 2 + (this.#record[0]! << 8 | this.#record[1]!)
    );
    const opened = smallAead()!.open(KEY, this.#nonces[1], this.#record.subarray(2, have))!;
    const head = this.#decoder.decode(opened.subarray(0, HEAD.length));
    const text = this.#decoder.decode(opened.subarray(HEAD.length));
    this.#keep(JSON.parse(head).id, text);
    return text;
  }

  #keep(id: string, text: string): void {
    if (this.#kept.push(id, text) > 2) return;
    setTimeout(() => this.#store.postMessage(this.#kept.splice(0)), GATHER_MS);
  }
}

async function answer(): Promise<void> {
  await loadSmallAead();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void (async () => {
    const line = new Line(await listener.accept());
    for (;;) await line.say(`<${(await line.hear()).slice(1)}`);
  })();
  await serve({ port: (listener.addr as Deno.NetAddr).port }, {});
}

async function ask(port: number): Promise<void> {
  await loadSmallAead();
  const line = new Line(await Deno.connect({ hostname: "127.0.0.1", port }));
  const text = `>${"x".repeat(127)}`;
  const round = async () => {
    await line.say(text);
    await line.hear();
  };
  await serve(null, { rounds: (count: number) => timeRounds(count, round) });
}

if (scope.name === "store") keepInDatabase();
else if (role === "ask") await ask(Number(port));
else await answer();
