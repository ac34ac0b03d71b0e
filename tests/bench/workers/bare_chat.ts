// The least that a line of chat needs if it is sealed, and durable a moment later on both sides: `bare_chat.ts serve
// FOLDER`, or `bare_chat.ts ask FOLDER PORT`. No name, no id is checked, nothing is remembered, acknowledged or sent
// again.

import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { SealedConnection } from "../harness/sealed_connection.ts";
import { serve, timeRounds } from "../harness/serve.ts";

/** How long a line waits for others to share its commit, milliseconds. */
const GATHER_MS = 24;
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

class Talk {
  readonly #store = new Worker(import.meta.url, { type: "module", name: "store" });
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #kept: string[] = [];

  constructor(private readonly connection: SealedConnection) {}

  async say(text: string): Promise<void> {
    await this.connection.write(this.#encoder.encode(HEAD + text));
    this.#keep(HEAD, text);
  }

  /** Returns the next line; undefined at the end. */
  async hear(): Promise<string | undefined> {
    const line = await this.connection.read();
    if (!line) return undefined;
    const head = this.#decoder.decode(line.subarray(0, HEAD.length));
    const text = this.#decoder.decode(line.subarray(HEAD.length));
    this.#keep(JSON.parse(head).id, text);
    return text;
  }

  #keep(id: string, text: string): void {
    if (this.#kept.push(id, text) > 2) return;
    setTimeout(() => this.#store.postMessage(this.#kept.splice(0)), GATHER_MS);
  }
}

async function answer(): Promise<void> {
  const { port, connection } = await SealedConnection.listen();
  void connection.then(async (connection) => {
    const talk = new Talk(connection);
    for (let text; (text = await talk.hear()) !== undefined;) await talk.say(`<${text.slice(1)}`);
  });
  await serve({ port }, {});
}

async function ask(port: number): Promise<void> {
  const talk = new Talk(await SealedConnection.dial(port));
  const text = `>${"x".repeat(127)}`;
  const round = async () => {
    await talk.say(text);
    await talk.hear();
  };
  await serve(null, { rounds: (count: number) => timeRounds(count, round) });
}

if (scope.name === "store") keepInDatabase();
else if (role === "ask") await ask(Number(port));
else await answer();
