import { join } from "@std/path";
import type { Aim, Bench, Benchmark, Findings, Row } from "./harness/benchmark.ts";
import { mosquitto, nats } from "./harness/brokers.ts";
import { versionOf } from "./harness/machine.ts";
import { pairOf } from "./harness/pair.ts";
import { quantile, ratioOf } from "./harness/statistics.ts";
import { Worker } from "./harness/worker.ts";

/** Rounds in a repetition. */
const ROUNDS = 1_000;
const ROUNDS_FULL = 2_000;
/** Rounds before the first repetition: the runtime compiles what is used often, again and better, for that long. */
const ROUNDS_BEFORE = 20_000;
/** Some of them, of which the time is told. */
const ROUNDS_FIRST = 500;
/** Documents in a repetition, one at a time. */
const DOCUMENTS = 300;

/** Two processes, of which one asks and the other answers. */
interface Contestant {
  readonly what: string;
  readonly asker: Worker;
  readonly answerer: Worker;
  /** The argument of the order `rounds`. */
  readonly rounds: (count: number) => unknown;
}

/** Figures of a contestant, a value for each repetition. */
interface Figures {
  readonly p50: number[];
  readonly p99: number[];
  readonly asker: number[];
  readonly answerer: number[];
}

/** `roundtrip`: a message there and its answer back. */
export const roundTrip: Benchmark = {
  name: "roundtrip",
  question: "How long do a message of 128 bytes and its answer take, and one durable document?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const pair = await pairOf(bench);
  const broker = bench.use(await mosquitto(bench.folder));
  const server = bench.use(await nats(bench.folder));
  const earshot = "Earshot";
  const bareChat = "bare program that seals and commits";
  const contestants: Contestant[] = [
    await echo(bench, "C echo", await compiled(bench)),
    await echo(bench, "Deno echo", "echo.ts"),
    await echo(bench, bareChat, "bare_chat.ts", bench.folder),
    await throughBroker(bench, "mosquitto, QoS 1", "mqtt.ts", broker.port),
    await throughBroker(bench, "NATS, request", "nats.ts", server.port),
    { what: earshot, ...pair, rounds: (count) => ({ to: pair.to, count }) },
  ];
  const disk = bench.use(await Worker.start("disk.ts", bench.folder));
  const figures = new Map(contestants.map(({ what }) => [what, emptyFigures()]));
  const asker = await leastPair(bench);
  const [single, bare, threaded]: [number[], number[], number[]] = [[], [], []];
  const count = bench.full ? ROUNDS_FULL : ROUNDS;
  const first = new Map(contestants.map(({ what }) => [what, emptyFigures()]));
  for (const contestant of contestants) {
    await measureRounds(contestant, ROUNDS_FIRST, first.get(contestant.what)!);
    await measureRounds(contestant, ROUNDS_BEFORE - ROUNDS_FIRST, emptyFigures());
  }
  for (let i = 0; i < bench.repetitions; i++) {
    for (const contestant of contestants) {
      await measureRounds(contestant, count, figures.get(contestant.what)!);
    }
  }
  // By themselves: what was acknowledged as durable is made a durable file a moment later, and would cost the rounds.
  const document = async () => [
    (await pair.asker.order<number[]>("documents", { to: pair.to, count: DOCUMENTS })).value,
    (await asker.order<number[]>("documents", DOCUMENTS)).value,
    (await disk.order<number[]>("commitAndFile", DOCUMENTS)).value,
  ];
  await document();
  for (let i = 0; i < bench.repetitions; i++) {
    for (const [k, values] of (await document()).entries()) {
      [single, threaded, bare][k]!.push(quantile(values, 0.5));
    }
  }
  const p50 = (what: string) => figures.get(what)!.p50;
  const bareSum = bare.map((micros, i) => micros + p50("Deno echo")[i]!);
  const aims: Aim[] = [
    { what: "Earshot / Deno echo", values: p50(earshot), others: p50("Deno echo"), most: 2 },
    { what: "Earshot / mosquitto", values: p50(earshot), others: p50("mosquitto, QoS 1"), most: 1 },
    { what: "Earshot / NATS", values: p50(earshot), others: p50("NATS, request"), most: 1 },
    {
      what: "one document / (Deno echo + commit + file)",
      values: single,
      others: bareSum,
      most: 1.5,
    },
  ];
  const micros = (what: string, values: readonly number[]): Row => ({ what, unit: "µs", values });
  const rows = [...figures].flatMap(([what, { p50, p99, asker, answerer }]) => [
    micros(`${what}, p50`, p50),
    micros(`${what}, p99`, p99),
    micros(`${what}, processor of who asks`, asker),
    ...(answerer.every((each) => each === 0) ? [] : [micros(`${what}, processor of who answers`, answerer)]),
  ]);
  rows.push(micros("one document at a time, acknowledged, p50", single));
  rows.push(micros("one commit and one file, p50", bare));
  rows.push(micros("one document over TCP to a thread that commits and makes a file, p50", threaded));
  const { median: least } = ratioOf(threaded, bareSum);
  const { median: leastChat } = ratioOf(p50(bareChat), p50("Deno echo"));
  const firsts = ["mosquitto, QoS 1", "NATS, request", earshot].map((what) =>
    `${what} ${first.get(what)!.p50[0]!.toFixed(0)}`
  );
  return {
    rows,
    aims,
    remarks: [
      `Rivals: ${broker.version}; ${server.version}; they do not encrypt.`,
      `The first ${ROUNDS_FIRST} rounds of all, p50 in µs: ${firsts.join("; ")}.`,
      `A bare program that seals, and commits in a thread: ${leastChat.toFixed(2)} × Deno echo.`,
      `A bare program with a thread for the disk: ${least.toFixed(2)} × (Deno echo + commit + file).`,
    ],
  };
}

async function measureRounds(contestant: Contestant, count: number, figures: Figures): Promise<void> {
  const { asker, answerer, rounds, what } = contestant;
  const hasCpu = what !== "C echo";
  if (hasCpu) await answerer.order("used");
  const { value, cpu } = await asker.order<number[]>("rounds", rounds(count));
  figures.p50.push(quantile(value, 0.5));
  figures.p99.push(quantile(value, 0.99));
  figures.asker.push(cpu / count);
  figures.answerer.push(hasCpu ? (await answerer.order("used")).cpu / count : 0);
}

function emptyFigures(): Figures {
  return { p50: [], p99: [], asker: [], answerer: [] };
}

async function echo(bench: Bench, what: string, worker: string, ...more: string[]): Promise<Contestant> {
  const start = (...args: string[]) =>
    worker.endsWith(".ts") ? Worker.start(worker, ...args) : Worker.run([worker, ...args]);
  const answerer = bench.use(await start("serve", ...more));
  const asker = bench.use(await start("ask", ...more, `${answerer.ready.port}`));
  return { what, asker, answerer, rounds: (count) => count };
}

async function throughBroker(bench: Bench, what: string, worker: string, port: number): Promise<Contestant> {
  const answerer = bench.use(await Worker.start(worker, "answer", `${port}`));
  const asker = bench.use(await Worker.start(worker, "ask", `${port}`));
  return { what, asker, answerer, rounds: (count) => count };
}

/** Starts the least that a durable document needs if the disk has a thread of its own; returns who asks. */
async function leastPair(bench: Bench): Promise<Worker> {
  const answerer = bench.use(await Worker.start("bare.ts", "take", bench.folder));
  return bench.use(await Worker.start("bare.ts", "ask", `${answerer.ready.port}`));
}

/** Compiles the echo in C. */
async function compiled(bench: Bench): Promise<string> {
  if (await versionOf("gcc", "--version") === undefined) throw new Error("gcc is missing");
  const program = join(bench.folder, "echo");
  const source = new URL("./workers/echo.c", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command("gcc", { args: ["-O2", "-o", program, source] })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return program;
}
