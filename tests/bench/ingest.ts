import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { pollUntil } from "../support/patience.ts";
import type { Aim, Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import { mosquitto, nats } from "./harness/brokers.ts";
import { countSyncs } from "./harness/syncs.ts";
import { pairOf } from "./harness/pair.ts";
import { ratioOf } from "./harness/statistics.ts";
import { Worker } from "./harness/worker.ts";

/** Documents in a repetition. */
const DOCUMENTS = 5_000;
const DOCUMENTS_FULL = 10_000;
/** Documents before the first repetition: the runtime compiles what is used often, again and better, for that long. */
const DOCUMENTS_BEFORE = 10_000;
/** What a sender has under way. */
const UNDER_WAY = 1_000;
/** Senders of the long form, together. */
const SENDERS = 5;

/** Measures of a rate, by what is measured. */
type Contestants = Readonly<Record<string, () => Promise<number>>>;

/** `ingest`: many small documents, all acknowledged. */
export const ingest: Benchmark = {
  name: "ingest",
  question: "How many documents of 1 KiB arrive in a second, all acknowledged?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const count = bench.full ? DOCUMENTS_FULL : DOCUMENTS;
  const { asker, to, group, folder } = await pairOf(bench);
  const disk = bench.use(await Worker.start("disk.ts", bench.folder));
  const broker = bench.use(await mosquitto(bench.folder, true));
  const keep = (role: string) => Worker.start("mqtt.ts", role, `${broker.port}`);
  await (await keep("keep"))[Symbol.asyncDispose]();
  const mqtt = bench.use(await Worker.start("mqtt.ts", "ask", `${broker.port}`));
  const server = bench.use(await nats(bench.folder));
  const jetStream = bench.use(await Worker.start("nats.ts", "ask", `${server.port}`));
  await jetStream.order("stream");
  const taker = bench.use(await Worker.start("bare_stream.ts", "take", bench.folder));
  const bare = bench.use(
    await Worker.start("bare_stream.ts", "give", bench.folder, `${taker.ready.port}`),
  );
  const rate = async (worker: Worker, order: string, argument: unknown) =>
    (await worker.order<number>(order, argument)).value;
  const ours = { to, count, underWay: UNDER_WAY };
  const theirs = { count, underWay: UNDER_WAY };
  const further = bench.full ? await furtherSenders(bench, group, to) : [];
  const together = async (stream?: string) => {
    const begin = performance.now();
    const senders = [asker, ...further];
    await Promise.all(
      senders.map((each) => each.order("ingest", { ...ours, count: count / SENDERS, stream })),
    );
    return count / ((performance.now() - begin) / 1_000);
  };
  const streams: Contestants = {
    "SQLite, commits of 64": () => rate(disk, "commitsOf64", count),
    "mosquitto, QoS 1, persistence": () => rate(mqtt, "ingest", theirs),
    "NATS JetStream, in files": () => rate(jetStream, "ingest", theirs),
    "a bare program, as a stream": () => rate(bare, "ingest", theirs),
    "Earshot, as a stream": () => rate(asker, "ingest", { ...ours, stream: "bench" }),
    ...(bench.full && { "Earshot, as a stream, of five senders": () => together("bench") }),
  };
  // After the streams, because files are synced for a while after they were acknowledged.
  const files: Contestants = {
    "one fsynced file for each": () => rate(disk, "synced", count),
    "files created, nothing synced": () => rate(disk, "created", count),
    "Earshot, as files": () => rate(asker, "ingest", ours),
    ...(bench.full && { "Earshot, as files, of five senders": () => together() }),
  };
  const rates = new Map<string, number[]>();
  for (const worker of [asker, mqtt, jetStream, bare]) {
    await rate(worker, "ingest", { ...ours, count: DOCUMENTS_BEFORE, stream: "bench" });
  }
  await rate(asker, "ingest", ours);
  if (bench.full) await together("bench");
  for (const contestants of [streams, files]) {
    for (const what of Object.keys(contestants)) rates.set(what, []);
    for (let i = 0; i < bench.repetitions; i++) {
      await untilSynced(join(folder, "answerer"));
      for (const [what, measure] of Object.entries(contestants)) rates.get(what)!.push(await measure());
    }
  }
  const leftAfterKill = async () => {
    const { value: before } = await jetStream.order<number>("left");
    for (const each of [broker, server]) await each.restart();
    await using kept = await keep("left");
    await using again = await Worker.start("nats.ts", "ask", `${server.port}`);
    const inStream = (await again.order<number>("left")).value / before;
    const inQueue = kept.ready / (DOCUMENTS_BEFORE + count * (bench.repetitions + 1));
    return `mosquitto has ${percent(inQueue)}, JetStream ${
      percent(inStream)
    }; JetStream's are the system's to write`;
  };
  // After the figures: a traced process is slow, and a killed one has to start again. Earshot is counted in processes of
  // its own, because those before may still sync files.
  const syncs = async (pid: number, what: string, measure = streams[what]!) =>
    `${what}: ${await countSyncs(pid, bench.folder, measure)} calls that sync for ${count}`;
  const fresh = await pairOf(bench);
  const send = (stream?: string) => () => rate(fresh.asker, "ingest", { ...ours, to: fresh.to, stream });
  const guarantees = [
    await syncs(fresh.answerer.pid, "Earshot, as a stream", send("bench")),
    await syncs(fresh.answerer.pid, "Earshot, as files", send()),
    await syncs(broker.pid, "mosquitto, QoS 1, persistence"),
    await syncs(server.pid, "NATS JetStream, in files"),
    `After SIGKILL, of what was acknowledged: ${await leftAfterKill()}`,
  ];
  const of = (what: string) => rates.get(what)!;
  const aim = (ours: string, other: string, least: number): Aim => ({
    what: `${ours} / ${other}`,
    values: of(`Earshot, ${ours}`),
    others: of(other),
    least,
  });
  return {
    rows: [...rates].map(([what, values]) => ({ what, unit: "/s", values })),
    aims: [
      aim("as files", "files created, nothing synced", 0.7),
      aim("as files", "one fsynced file for each", 4),
      aim("as a stream", "mosquitto, QoS 1, persistence", 1),
      aim("as a stream", "NATS JetStream, in files", 1),
    ],
    remarks: [
      `Rivals: ${broker.version}; ${server.version}. Neither syncs what it acknowledges: mosquitto writes its`,
      "database once in 30 minutes unless told, JetStream syncs once in 2 minutes. Earshot has each document on disk.",
      `A bare program that checks, seals, and commits the history: ${
        ratioOf(of("a bare program, as a stream"), of("mosquitto, QoS 1, persistence")).median.toFixed(2)
      } × mosquitto; Earshot: ${
        ratioOf(of("Earshot, as a stream"), of("a bare program, as a stream")).median.toFixed(2)
      } × the bare program.`,
      ...guarantees,
    ],
  };
}

/** Waits until a peer has synced the files of all that it received. @param state its folder */
async function untilSynced(state: string): Promise<void> {
  using database = new DatabaseSync(join(state, "earshot.db"), { readOnly: true });
  const left = database.prepare(
    "SELECT (SELECT max(row) FROM message) - (SELECT value FROM meta WHERE key = 'synced row') AS count",
  );
  await pollUntil(() => left.get()!.count === 0, () => "received documents stay unsynced");
}

/** Starts the further senders. */
async function furtherSenders(bench: Bench, group: string, to: string): Promise<Worker[]> {
  const others: Worker[] = [];
  for (let i = 1; i < SENDERS; i++) {
    const sender = bench.use(await Worker.start("peer.ts", `sender-${i}`, group, bench.folder));
    await sender.order("find", to);
    others.push(sender);
  }
  return others;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
