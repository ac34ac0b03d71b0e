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
  const repeat = async (measure: () => Promise<number>) => {
    const values: number[] = [];
    while (values.length < bench.repetitions) values.push(await measure());
    return values;
  };
  const bare = await repeat(async () => (await disk.order<number>("created", DOCUMENTS)).value);
  const rows: Row[] = [{ what: "files created in an empty folder", unit: "/s", values: bare }];
  const streamed: number[][] = [];
  for (const stream of [undefined, "bench"]) {
    let there = 0;
    const ingest = async (count: number) => {
      there += count;
      return (await asker.order<number>("ingest", { to, count, underWay: UNDER_WAY, stream })).value;
    };
    for (const size of bench.full ? SIZES_FULL : SIZES) {
      if (there < size) await ingest(size - there);
      const values = await repeat(() => ingest(DOCUMENTS));
      if (stream) streamed.push(values);
      const memory = (await answerer.order("used")).rss / 2 ** 20;
      rows.push(
        {
          what: `as ${stream ? "a stream" : "files"}, ${size.toLocaleString("en")} there`,
          unit: "/s",
          values,
        },
        { what: "  the receiver's resident memory", unit: "MiB", values: [memory] },
      );
    }
  }
  const [first, ...further] = streamed;
  return {
    rows,
    aims: [{ what: "as a stream, at last / at first", values: further.at(-1)!, others: first, least: 0.7 }],
  };
}
