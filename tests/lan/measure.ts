// Measures what users notice: `deno run -P=test tests/lan/measure.ts`, with EARSHOT_PROGRAM for a compiled program.
// Hosts are network namespaces; every figure is a median, with the range in brackets. Needs Linux and root.
import type { Program } from "../support/program.ts";
import { type LabHost, meet, residentMiB, withLab } from "./lab.ts";

/** How often three hosts are started, and how often each command is run. */
const STARTS = 10;
const COMMANDS = 20;

const names = ["anna", "bert", "cora"];

function figure(what: string, values: number[], unit: string): void {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1 + Number(middle % 1 === 0)]!) /
    2;
  const text = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  const range = `${text(sorted[0]!)} to ${text(sorted.at(-1)!)}`;
  console.log(`${what.padEnd(70)} ${text(median).padStart(7)} ${unit} (${range}, n = ${values.length})`);
}

/** Milliseconds that something takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Three programs started in the same moment on hosts with a state of their own, until each has seen each other. */
async function measureDiscovery(): Promise<void> {
  const [all, after]: number[][] = [[], []] as const;
  for (let i = 0; i < STARTS; i++) {
    await withLab(names, async (_lan, ...hosts) => {
      // The key and the database are there already, as on any start but the first.
      for (const host of hosts) await host.run("id");
      const since = Date.now();
      const peers = hosts.map((host) => host.start(["run", "--json"]));
      try {
        await Promise.all(peers.map((peer) => peer.waitForEvent("ready")));
        const running = Object.fromEntries(hosts.map((host, index) => [host.name, peers[index]!]));
        const last = Math.max(...(await meet(running)).map(({ at }) => at));
        const ready = Math.max(...peers.map((peer) => peer.ready.at));
        all!.push(last - since);
        after!.push(last - ready);
      } finally {
        for (const peer of peers) await peer[Symbol.asyncDispose]();
      }
    });
  }
  figure("three hosts, from the start of the programs to mutual discovery", all!, "ms");
  figure("  thereof after the last one was ready", after!, "ms");
}

/** The prompt returns when the document is durable on the other host. */
async function measureCommands(anna: LabHost, a: () => Promise<Program>): Promise<void> {
  const file = await anna.file("reading.json", JSON.stringify("x".repeat(1_022)));
  const succeed = async (...args: string[]) => {
    const { code, stderr } = await anna.run(...args);
    if (code !== 0) throw new Error(stderr);
  };
  const send = async (what: string) => {
    const values = [];
    for (let i = 0; i < COMMANDS; i++) {
      values.push(await timed(() => succeed("send", file, "--to", "bert", "--name", `${what}${i}.json`)));
    }
    return values;
  };
  figure("send of 1 KiB without a running peer, shell prompt to prompt", await send("short"), "ms");
  await using _program = await a();
  figure("send of 1 KiB through a running peer, shell prompt to prompt", await send("full"), "ms");
  const id = [];
  for (let i = 0; i < COMMANDS; i++) id.push(await timed(() => succeed("--version")));
  figure("  for comparison: --version, which only starts the program", id, "ms");
}

/** Start until `ready`, and memory when nothing has happened for a while. */
async function measureIdle(anna: LabHost): Promise<void> {
  const [starts, memory]: number[][] = [[], []] as const;
  for (let i = 0; i < STARTS; i++) {
    const since = Date.now();
    await using program = anna.start(["run", "--json"]);
    starts!.push((await program.waitForEvent("ready")).at - since);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    memory!.push(residentMiB(program));
    await program.stop();
  }
  figure("start of a peer until it is ready", starts!, "ms");
  figure("resident memory of an idle peer after 5 s", memory!, "MiB");
}

/** A chat that is said, answered by the program at the other end, and heard. */
async function measureRoundTrip(anna: LabHost, bert: LabHost): Promise<void> {
  await using a = anna.start(["--json"], { stdin: "piped" });
  await using b = bert.start(["--json"], { stdin: "piped" });
  await a.waitForEvent("peer", { state: "up", name: "bert" });
  await b.waitForEvent("peer", { state: "up", name: "anna" });
  const values = [];
  for (let i = 0; i < 10 * COMMANDS; i++) {
    values.push(
      await timed(async () => {
        await a.write(`${"?".repeat(120)} ${i}\n`);
        const { text } = await b.waitForEvent("chat");
        await b.write(`${text}!\n`);
        await a.waitForEvent("chat", { text: `${text}!` });
      }),
    );
  }
  figure("round trip of a chat of 128 bytes through pipes and two hosts", values.slice(COMMANDS), "ms");
}

console.log(`program: ${Deno.env.get("EARSHOT_PROGRAM") ?? `source on Deno ${Deno.version.deno}`}`);
await measureDiscovery();
await withLab(names, async (_lan, anna, bert) => {
  await measureIdle(anna);
  await measureRoundTrip(anna, bert);
  await using b = await bert.up();
  await measureCommands(anna, async () => {
    const a = await anna.up();
    await meet({ anna: a, bert: b });
    return a;
  });
  const received = Object.keys(bert.received("anna")).length;
  if (received !== 2 * COMMANDS) {
    throw new Error(`${received} documents arrived`);
  }
});
