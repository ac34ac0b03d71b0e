// Two peers in two processes on loopback, held against what the machine can do without Earshot, in one run. Ratios count,
// not the figures: these depend on the machine. Run: deno run -P=test tests/bench/peer_bench.ts
import { Peer } from "../../lib/mod.ts";
import type { PeerEvent } from "../../lib/mod.ts";

const ROUNDS = 2_000;
const DOCUMENTS = 20_000;
const IN_FLIGHT = 1_000;

if (Deno.args[0] === "answer") await answer(Deno.args[1]!, Deno.args[2]!);
else if (Deno.args[0] === "echo") await echo();
else await main();

/** The other process: answers every chat, as a program would. */
async function answer(group: string, folder: string): Promise<void> {
  const peer = await Peer.start(options("answer", group, folder));
  peer.on((event) => {
    if (event.event === "chat") void peer.say(event.text, { to: [event.from.id!] });
  });
  console.log(peer.id);
  await new Promise(() => {});
}

/** A bare echo of 128 bytes. */
async function echo(): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log((listener.addr as Deno.NetAddr).port);
  const connection = await listener.accept();
  connection.setNoDelay(true);
  const buffer = new Uint8Array(65_536);
  for (let count; (count = await connection.read(buffer)) !== null;) {
    await connection.write(buffer.subarray(0, count));
  }
}

function options(name: string, group: string, folder: string) {
  return {
    name,
    group,
    port: 0,
    interfaces: ["lo"],
    state: `${folder}/${name}`,
    inbox: `${folder}/${name}-inbox`,
  };
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-bench-" });
  const group = `bench-${Math.random().toString(36).slice(2, 10)}`;
  const children: Deno.ChildProcess[] = [];
  try {
    const bare = await bareEcho(children);
    const commit = await commitAndFile(folder);
    const [child, id] = await start(children, "answer", group, folder);
    void child;
    const peer = await Peer.start(options("ask", group, folder));
    const other = await peer.resolve(id, 10_000);
    const chat = await chatRoundTrips(peer, other.id);
    report("chat round trip, 128 B, p50", chat, "bare Deno echo", bare, "aim ≤ 2");
    const one = await oneAtATime(peer, other.id);
    report(
      "document acknowledged durable, 1 KiB, p50",
      one,
      "echo + commit + file",
      bare + commit,
      "aim ≤ 1.5",
    );
    for (const stream of [undefined, "bench"]) {
      const rate = await ingest(peer, other.id, stream);
      console.log(
        `durable ingest, 1 KiB ${stream ? "as a stream" : "as files"}: ${Math.round(rate)} documents/s`,
      );
    }
    await peer.close();
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

async function start(children: Deno.ChildProcess[], ...args: string[]): Promise<[Deno.ChildProcess, string]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=test", import.meta.filename!, ...args],
    stdout: "piped",
  }).spawn();
  children.push(child);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return [child, new TextDecoder().decode(value).trim()];
}

async function bareEcho(children: Deno.ChildProcess[]): Promise<number> {
  const [, port] = await start(children, "echo");
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  connection.setNoDelay(true);
  const message = new Uint8Array(128);
  const buffer = new Uint8Array(256);
  return await median(async () => {
    await connection.write(message);
    for (let have = 0; have < message.length;) have += (await connection.read(buffer))!;
  });
}

/** One SQLite commit and one file created, as the store has to do for one document. */
async function commitAndFile(folder: string): Promise<number> {
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(`${folder}/bare.db`);
  db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (body BLOB)");
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  const body = new Uint8Array(1_024);
  let n = 0;
  const time = await median(() => {
    insert.run(body);
    Deno.writeFileSync(`${folder}/bare-${n}.tmp`, body);
    Deno.renameSync(`${folder}/bare-${n}.tmp`, `${folder}/bare-${n++}.json`);
    return Promise.resolve();
  });
  db.close();
  return time;
}

async function chatRoundTrips(peer: Peer, to: string): Promise<number> {
  let heard: (() => void) | undefined;
  const stop = peer.on((event: PeerEvent) => event.event === "chat" && heard?.());
  const text = "x".repeat(128);
  const time = await median(async () => {
    const answered = new Promise<void>((resolve) => heard = resolve);
    void peer.say(text, { to: [to] });
    await answered;
  });
  stop();
  return time;
}

async function oneAtATime(peer: Peer, to: string): Promise<number> {
  const body = document(0);
  return await median(async () => {
    const [result] = await peer.send(body, { to: [to], name: "one.json" });
    if (result?.status !== "delivered") throw new Error(`not delivered: ${JSON.stringify(result)}`);
  });
}

async function ingest(peer: Peer, to: string, stream: string | undefined): Promise<number> {
  const begin = performance.now();
  const flying = new Set<Promise<unknown>>();
  for (let i = 0; i < DOCUMENTS; i++) {
    const sent = peer.send(document(i), { to: [to], name: `${i}.json`, stream, timeout: 60_000 }).then(
      ([result]) => {
        flying.delete(sent);
        if (result?.status !== "delivered") throw new Error(`not delivered: ${JSON.stringify(result)}`);
      },
    );
    flying.add(sent);
    if (flying.size >= IN_FLIGHT) await Promise.race(flying);
  }
  await Promise.all(flying);
  return DOCUMENTS / ((performance.now() - begin) / 1_000);
}

function document(n: number): Uint8Array {
  const head = `{"n":${n},"pad":"`;
  return new TextEncoder().encode(`${head}${"x".repeat(1_024 - head.length - 2)}"}`);
}

async function median(round: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const begin = performance.now();
    await round();
    times.push((performance.now() - begin) * 1_000);
  }
  return times.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

function report(what: string, micros: number, than: string, bare: number, aim: string): void {
  console.log(
    `${what}: ${micros.toFixed(0)} µs, ${(micros / bare).toFixed(2)} × ${than} (${
      bare.toFixed(0)
    } µs; ${aim})`,
  );
}
