// A bare echo on Deno's TCP: `serve`, or `ask PORT`.

import { serve, timeRounds } from "../harness/serve.ts";

const SIZE = 128;

const [role, port] = Deno.args;
if (role === "ask") await ask(Number(port));
else await answer();

async function answer(): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  void echo(listener);
  await serve({ port: (listener.addr as Deno.NetAddr).port }, {});
}

async function echo(listener: Deno.Listener): Promise<void> {
  const connection = await listener.accept() as Deno.TcpConn;
  connection.setNoDelay(true);
  const buffer = new Uint8Array(65_536);
  for (let count; (count = await connection.read(buffer)) !== null;) {
    await connection.write(buffer.subarray(0, count));
  }
}

async function ask(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const message = new Uint8Array(SIZE);
  const buffer = new Uint8Array(SIZE);
  const round = async () => {
    await connection.write(message);
    for (let have = 0; have < SIZE;) have += (await connection.read(buffer)) ?? Infinity;
  };
  await serve(null, { rounds: (count: number) => timeRounds(count, round) });
}
