// One large document between two peers in two processes on loopback: how fast, how much memory, and what it does to chat in
// the same session. Held against bare TCP with ChaCha20-Poly1305 in the same run.
// Run: deno run -P=test tests/bench/large_bench.ts [MIB] [both]      both: two documents in opposite directions
import { createCipheriv, createDecipheriv } from "node:crypto";
import { Peer } from "../../lib/mod.ts";
import { Spool } from "../../lib/storage/files/spool.ts";

const MIB = 1024 * 1024;
const RECORD = 65_519;
const KEY = new Uint8Array(32);

/** Round trips since the last time they were told, milliseconds. */
const rounds: number[] = [];

const [role, ...rest] = Deno.args;
if (role === "peer") await runPeer(rest[0]!, rest[1]!, rest[2]!);
else if (role === "bare") await bareReceiver(Number(rest[0]));
else await main(Number(role ?? 256), rest[0] === "both");

/** A peer in a process of its own: obeys lines on standard input. */
async function runPeer(name: string, group: string, folder: string): Promise<void> {
  const state = `${folder}/${name}`;
  const peer = await Peer.start({
    name,
    group,
    port: 0,
    interfaces: ["lo"],
    state,
    inbox: `${folder}/${name}-inbox`,
    maxSize: 4 * 1024 * MIB - 1,
  });
  const heard = new Map<string, () => void>();
  peer.on((event) => {
    if (event.event !== "chat") return;
    if (event.text.startsWith("back ")) heard.get(event.text.slice(5))?.();
    else void peer.say(`back ${event.text}`, { to: [event.from.id!] });
  });
  let most = 0;
  setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 50);
  say({ id: peer.id });
  for await (const line of lines(Deno.stdin.readable)) {
    const [order, to, size] = line.split(" ") as [string, string, string];
    if (order === "spool") say(await new Spool(state).add(text(Number(size))));
    else if (order === "memory") {
      say(Math.max(most, Deno.memoryUsage().rss) / MIB);
      most = 0;
    } else if (order === "chat") void chatUntil(peer, to, heard);
    else if (order === "send") {
      const begin = performance.now();
      const [result] = await peer.send(JSON.parse(size), { to: [to], name: "large.json", timeout: 600_000 });
      say({ status: result?.status, seconds: (performance.now() - begin) / 1000, rounds: rounds.splice(0) });
    }
  }
  await peer.close();
}

/** Asks and waits for the answer, again and again. */
async function chatUntil(peer: Peer, to: string, heard: Map<string, () => void>): Promise<void> {
  for (let n = 0;; n++) {
    const begin = performance.now();
    const answered = new Promise<void>((resolve) => heard.set(`${n}`, resolve));
    void peer.say(`${n}`, { to: [to] });
    await answered;
    heard.delete(`${n}`);
    rounds.push(performance.now() - begin);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** JSON as programs write it: objects with numbers and short texts. */
async function* text(size: number): AsyncGenerator<Uint8Array> {
  const piece = new TextEncoder().encode(
    '{"at":1763640000123,"celsius":21.53,"place":"kitchen"},'.repeat(4_000),
  );
  yield await new TextEncoder().encode("[");
  for (let left = size - 4; left > 0; left -= piece.length) {
    yield left >= piece.length ? piece : new TextEncoder().encode(" ".repeat(left));
  }
  yield new TextEncoder().encode("{}]");
}

function say(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));
}

async function* lines(input: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of input.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

interface Child {
  readonly id: string;
  order(line: string): Promise<void>;
  // deno-lint-ignore no-explicit-any
  answer(): Promise<any>;
  kill(): void;
}

async function start(...args: string[]): Promise<Child> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=test", import.meta.filename!, ...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const answers = lines(child.stdout);
  const answer = async () => JSON.parse((await answers.next()).value!);
  const first = await answer();
  return {
    ...first,
    order: (line) => writer.write(new TextEncoder().encode(`${line}\n`)),
    answer,
    kill() {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
    },
  };
}

async function main(mib: number, both: boolean): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-bench-" });
  const group = `bench-${Math.random().toString(36).slice(2, 10)}`;
  const size = mib * MIB;
  const children: Child[] = [];
  try {
    const bare = await bareRate(children, size);
    for (const name of ["give", "take"]) children.push(await start("peer", name, group, folder));
    const [give, take] = children.slice(-2) as [Child, Child];
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const resident = async () => {
      const all: number[] = [];
      for (const child of [give, take]) {
        await child.order("memory");
        all.push(await child.answer());
      }
      return all;
    };
    const idle = await resident();
    const spooled: unknown[] = [];
    for (const child of both ? [give, take] : [give]) {
      const begin = performance.now();
      await child.order(`spool - ${size}`);
      spooled.push(await child.answer());
      console.log(`copied to the spool: ${rate(size, (performance.now() - begin) / 1000)}`);
    }
    await give.order(`chat ${take.id}`);
    await give.order(`send ${take.id} ${JSON.stringify(spooled[0])}`);
    if (both) await take.order(`send ${give.id} ${JSON.stringify(spooled[1])}`);
    const results = [await give.answer(), ...(both ? [await take.answer()] : [])];
    const most = await resident();
    for (const { status, seconds } of results) {
      console.log(
        `${status}, ${mib} MiB durable at the other: ${rate(size, seconds)}, ${
          (size / seconds / bare).toFixed(2)
        } of bare TCP with ChaCha20-Poly1305 (${rate(bare, 1)}; aim ≥ 0.5)`,
      );
    }
    const rounds = (results[0].rounds as number[]).toSorted((a, b) => a - b);
    const at = (share: number) => rounds[Math.floor(share * (rounds.length - 1))]!.toFixed(1);
    console.log(
      `chat meanwhile, ${rounds.length} round trips: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (aim ≤ 50), ` +
        `longest ${at(1)} ms`,
    );
    ["giver", "taker"].forEach((who, i) =>
      console.log(
        `resident memory of the ${who}: idle ${idle[i]!.toFixed(0)} MiB, at most ${
          most[i]!.toFixed(0)
        } (aim ≤ idle + 40)`,
      )
    );
  } finally {
    for (const child of children) child.kill();
    await Deno.remove(folder, { recursive: true });
  }
}

function rate(bytes: number, seconds: number): string {
  return `${(bytes / seconds / 1e6).toFixed(0)} MB/s`;
}

async function bareReceiver(size: number): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  say({ id: `${(listener.addr as Deno.NetAddr).port}` });
  const connection = await listener.accept();
  const record = new Uint8Array(RECORD + 16);
  for (let done = 0, n = 0; done < size; done += RECORD, n++) {
    for (let have = 0; have < record.length;) {
      const count = await connection.read(record.subarray(have));
      if (count === null) return;
      have += count;
    }
    const decipher = createDecipheriv("chacha20-poly1305", KEY, nonce(n), { authTagLength: 16 });
    decipher.setAuthTag(record.subarray(RECORD));
    decipher.update(record.subarray(0, RECORD));
    decipher.final();
  }
  say({ done: true });
}

function nonce(n: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, n);
  return bytes;
}

async function bareRate(children: Child[], size: number): Promise<number> {
  const receiver = await start("bare", `${size}`);
  children.push(receiver);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(receiver.id) });
  const body = new Uint8Array(RECORD).fill(97);
  const record = new Uint8Array(RECORD + 16);
  const begin = performance.now();
  for (let done = 0, n = 0; done < size; done += RECORD, n++) {
    const cipher = createCipheriv("chacha20-poly1305", KEY, nonce(n), { authTagLength: 16 });
    record.set(cipher.update(body));
    cipher.final();
    record.set(cipher.getAuthTag(), RECORD);
    for (let sent = 0; sent < record.length;) sent += await connection.write(record.subarray(sent));
  }
  await receiver.answer();
  connection.close();
  return size / ((performance.now() - begin) / 1000);
}
