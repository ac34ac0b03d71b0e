// The least that a durable document needs if no disk may keep the network waiting: `bare.ts take FOLDER`, which commits
// and makes files in a thread of its own, or `bare.ts ask PORT`. Nothing is encrypted, checked, named or remembered.

import { documentOf, serve, timeRounds } from "../harness/serve.ts";

const SIZE = 1_024;

const [role, place] = Deno.args as [string, string];
if (role === "ask") await ask(Number(place));
else await take(place);

async function take(folder: string): Promise<void> {
  const thread = new Worker(new URL("./bare_store.ts", import.meta.url), { type: "module", name: folder });
  const ready = Promise.withResolvers<void>();
  thread.onmessage = () => ready.resolve();
  await ready.promise;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void listener.accept().then((connection) => pass(connection, thread));
  await serve({ port: (listener.addr as Deno.NetAddr).port }, {});
}

/** Has every document saved, and acknowledges it then. */
async function pass(connection: Deno.TcpConn, thread: Worker): Promise<void> {
  connection.setNoDelay(true);
  thread.onmessage = () => void connection.write(new Uint8Array(1));
  const buffer = new Uint8Array(SIZE);
  for (let have = 0;;) {
    const count = await connection.read(buffer.subarray(have));
    if (count === null) return;
    have += count;
    if (have < SIZE) continue;
    const body = buffer.slice();
    thread.postMessage(body, [body.buffer]);
    have = 0;
  }
}

async function ask(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const answer = new Uint8Array(1);
  let sent = 0;
  const round = async () => {
    const body = documentOf(sent++, SIZE);
    for (let done = 0; done < SIZE;) done += await connection.write(body.subarray(done));
    await connection.read(answer);
  };
  await serve(null, { documents: (count: number) => timeRounds(count, round) });
}
