// `earshot send --lines` from a file, with and without a running peer, against the library's durable ingest, in turn in one
// run on loopback. Ratios count; the aim is half of it: deno run -P=test tests/bench/lines_bench.ts [ROUNDS] [LINES]
import { join } from "@std/path";
import { Peer } from "../../lib/mod.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const LINES = Number(Deno.args[1] ?? 10_000);
/** Documents that the library has under way. */
const IN_FLIGHT = 1_000;
const HERE = import.meta.dirname!;

const folder = await Deno.makeTempDir({ prefix: "earshot-bench-" });
const group = `bench-${Math.random().toString(36).slice(2, 10)}`;
const children: Deno.ChildProcess[] = [];
try {
  await main();
} finally {
  for (const child of children) end(child);
  await Promise.all(children.map(({ status }) => status));
  await Deno.remove(folder, { recursive: true });
}

async function main(): Promise<void> {
  const answer = deno("piped", "-P=test", join(HERE, "peer_bench.ts"), "answer", group, folder);
  const id = await firstLine(answer);
  const peer = await Peer.start({
    name: "library",
    group,
    port: 0,
    interfaces: ["lo"],
    state: join(folder, "library"),
    inbox: join(folder, "library-inbox"),
  });
  await peer.resolve(id, 10_000);
  earshot("running", "run");
  await peer.resolve("running", 10_000);
  const file = join(folder, "lines.jsonl");
  const lines = Array.from({ length: LINES }, (_, n) => document(n));
  Deno.writeTextFileSync(file, lines.join("\n"));
  const one = join(folder, "one.jsonl");
  Deno.writeTextFileSync(one, document(0));

  const bodies = lines.map((line) => new TextEncoder().encode(line));
  for (const stream of [undefined, "bench"]) {
    const ratios = new Map<string, { all: number[]; rate: number[] }>();
    const library: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const rate = await ingest(peer, id, bodies, stream);
      library.push(rate);
      for (const profile of ["running", "alone"]) {
        const start = await send(profile, one, id, stream);
        const whole = await send(profile, file, id, stream);
        const found = ratios.get(profile) ?? { all: [], rate: [] };
        found.all.push(LINES / whole / rate);
        found.rate.push((LINES - 1) / (whole - start) / rate);
        ratios.set(profile, found);
      }
    }
    const how = stream ? "as a stream" : "as files";
    console.log(`library, ${how}: ${Math.round(median(library))} documents/s`);
    for (const [profile, { all, rate }] of ratios) {
      const what = profile === "running" ? "through a running peer" : "without a running peer";
      console.log(
        `send --lines ${how}, ${what}: ${median(rate).toFixed(2)} of it, ${
          median(all).toFixed(2)
        } with its start`,
      );
    }
  }
  await peer.close();
}

/** Documents that are durable there each second. */
async function ingest(
  peer: Peer,
  to: string,
  bodies: readonly Uint8Array[],
  stream?: string,
): Promise<number> {
  const begin = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
    while (next < bodies.length) {
      const n = next++;
      const [result] = await peer.send(bodies[n]!, { to: [to], name: `${n}.json`, stream, timeout: 60_000 });
      if (result?.status !== "delivered") throw new Error(`not delivered: ${JSON.stringify(result)}`);
    }
  }));
  return bodies.length / ((performance.now() - begin) / 1_000);
}

/** Seconds that the command takes. */
async function send(profile: string, file: string, to: string, stream?: string): Promise<number> {
  const begin = performance.now();
  const options = stream === undefined ? [] : ["--stream", stream];
  const child = earshot(profile, "send", "--lines", file, "--to", to, "--timeout", "60", ...options);
  const { success } = await child.status;
  children.splice(children.indexOf(child), 1);
  if (!success) throw new Error("send --lines has failed");
  return (performance.now() - begin) / 1_000;
}

function earshot(profile: string, ...args: string[]): Deno.ChildProcess {
  const home = join(folder, profile);
  const rest = ["--group", group, "--interface", "lo", "--name", profile, "--quiet"];
  return deno(
    "null",
    "-P=earshot",
    "--no-prompt",
    join(HERE, "../../main.ts"),
    ...args,
    ...rest,
    "--state",
    home,
    "--inbox",
    `${home}-inbox`,
  );
}

function deno(stdout: "piped" | "null", ...args: string[]): Deno.ChildProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", ...args],
    stdin: "null",
    stdout,
  }).spawn();
  children.push(child);
  return child;
}

async function firstLine({ stdout }: Deno.ChildProcess): Promise<string> {
  const { value } = await stdout.getReader().read();
  return new TextDecoder().decode(value).trim();
}

function document(n: number): string {
  const head = `{"n":${n},"pad":"`;
  return `${head}${"x".repeat(1_024 - head.length - 2)}"}`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended */ }
}
