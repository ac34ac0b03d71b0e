import type { Bench, Benchmark, Findings, Row } from "./harness/benchmark.ts";
import { pairOf } from "./harness/pair.ts";
import { Worker } from "./harness/worker.ts";

const SIZES = [0, 5_000, 20_000];
const SIZES_FULL = [0, 10_000, 100_000];
/** Documents in a repetition. */
const DOCUMENTS = 1_000;
const UNDER_WAY = 1_000;

/** `growth`: what documents cost that came before. */
export const growth: Benchmark = {
  name: "growth",
  question: "How many documents of 1 KiB arrive in a second if many are there already?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const disk = bench.use(await Worker.start("disk.ts", bench.folder));
  const { asker, answerer, to } = await pairOf(bench);
  const rows: Row[] = [];
  let slowest: number[] = [];
  const unused: number[] = [];
  for (const stream of [undefined, "bench"]) {
    let there = 0;
    const ingest = async (count: number) => {
      const order = { to, count, underWay: UNDER_WAY, stream };
      const { value } = await asker.order<number>("ingest", order);
      there += count;
      return value;
    };
    for (const size of bench.full ? SIZES_FULL : SIZES) {
      if (there < size) await ingest(size - there);
      const rates: number[] = [];
      for (let i = 0; i < bench.repetitions; i++) {
        if (!stream && size === 0) unused.push((await disk.order<number>("created", DOCUMENTS)).value);
        rates.push(await ingest(DOCUMENTS));
      }
      const how = stream ? "as a stream" : "as files";
      rows.push({ what: `${how}, ${size.toLocaleString("en")} there`, unit: "/s", values: rates });
      const memory = (await answerer.order("used")).rss / 2 ** 20;
      rows.push({ what: "  the receiver's resident memory", unit: "MiB", values: [memory] });
      slowest = rates;
    }
  }
  const first = rows.find(({ what }) => what.startsWith("as a stream, 0"))!.values;
  return {
    rows: [{ what: "files created in an empty folder", unit: "/s", values: unused }, ...rows],
    aims: [{ what: "as a stream, at last / at first", values: slowest, others: first, least: 0.7 }],
  };
}
