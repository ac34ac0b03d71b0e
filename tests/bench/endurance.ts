import type { Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import { Worker } from "./harness/worker.ts";

/** Messages of each peer: what an hour, or two, of one a second come to. */
const MESSAGES = 3_600;
const MESSAGES_FULL = 7_200;
const SAMPLES = [0.25, 0.5, 0.75, 1];
const MIB = 2 ** 20;

/** `endurance`: whether memory stays level. */
export const endurance: Benchmark = {
  name: "endurance",
  question: "Does memory stay level over an hour of a message a second among three peers, speeded up?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const messages = bench.full ? MESSAGES_FULL : MESSAGES;
  const group = `bench-${crypto.randomUUID().slice(0, 8)}`;
  const peers: Worker[] = [];
  for (const name of ["one", "two", "three"]) {
    peers.push(bench.use(await Worker.start("peer.ts", name, group, bench.folder)));
  }
  const memory: number[][] = [];
  while (memory.length < SAMPLES.length) {
    const used = peers.map(async (peer, n) => {
      const to = peers[(n + 1) % peers.length]!.ready.id;
      return (await peer.order("traffic", { to, count: messages / SAMPLES.length })).rss / MIB;
    });
    memory.push(await Promise.all(used));
  }
  return {
    rows: SAMPLES.map((share, i) => ({
      what: `after ${(share * messages).toLocaleString("en")} messages of each`,
      unit: "MiB",
      values: memory[i]!,
    })),
    aims: [{ what: "at the end / at a quarter", values: memory.at(-1)!, others: memory[0], most: 1.1 }],
  };
}
