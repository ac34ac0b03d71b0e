import type { Aim, Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import { mosquitto, nats } from "./harness/brokers.ts";
import { pairOf } from "./harness/pair.ts";
import { Worker } from "./harness/worker.ts";

/** Documents in a repetition. */
const DOCUMENTS = 5_000;
const DOCUMENTS_FULL = 20_000;
/** What a sender has under way. */
const UNDER_WAY = 1_000;

/** `ingest`: many small documents, all acknowledged. */
export const ingest: Benchmark = {
  name: "ingest",
  question: "How many documents of 1 KiB arrive in a second, all acknowledged?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const count = bench.full ? DOCUMENTS_FULL : DOCUMENTS;
  const { asker, to } = await pairOf(bench);
  const disk = bench.use(await Worker.start("disk.ts", bench.folder));
  const broker = bench.use(await mosquitto(bench.folder, true));
  bench.use(await Worker.start("mqtt.ts", "keep", `${broker.port}`));
  const mqtt = bench.use(await Worker.start("mqtt.ts", "ask", `${broker.port}`));
  const server = bench.use(await nats(bench.folder));
  const jetStream = bench.use(await Worker.start("nats.ts", "ask", `${server.port}`));
  await jetStream.order("stream");
  const rate = async (worker: Worker, order: string, argument: unknown) =>
    (await worker.order<number>(order, argument)).value;
  const ours = { to, count, underWay: UNDER_WAY };
  const theirs = { count, underWay: UNDER_WAY };
  const contestants: Record<string, () => Promise<number>> = {
    "one fsynced file for each": () => rate(disk, "synced", count),
    "files created, nothing synced": () => rate(disk, "created", count),
    "SQLite, commits of 64": () => rate(disk, "commitsOf64", count),
    "mosquitto, QoS 1, persistence": () => rate(mqtt, "ingest", theirs),
    "NATS JetStream, in files": () => rate(jetStream, "ingest", theirs),
    "Earshot, as files": () => rate(asker, "ingest", ours),
    "Earshot, as a stream": () => rate(asker, "ingest", { ...ours, stream: "bench" }),
  };
  const rates = new Map(Object.keys(contestants).map((what) => [what, [] as number[]]));
  await rate(asker, "ingest", { ...ours, count: UNDER_WAY });
  await rate(asker, "ingest", { ...ours, count: UNDER_WAY, stream: "bench" });
  for (let i = 0; i < bench.repetitions; i++) {
    for (const [what, measure] of Object.entries(contestants)) rates.get(what)!.push(await measure());
  }
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
    ],
  };
}
