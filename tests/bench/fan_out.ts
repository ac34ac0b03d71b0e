import type { Bench, Benchmark, Findings, Row } from "./harness/benchmark.ts";
import { Worker } from "./harness/worker.ts";

const SIZES = [1, 10];
const SIZES_FULL = [1, 10, 50];

/** `fanout`: a line for everybody. */
export const fanOut: Benchmark = {
  name: "fanout",
  question: "How long until the last of a room has a line, and what does each cost the one who says it?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const rows: Row[] = [];
  for (const size of bench.full ? SIZES_FULL : SIZES) rows.push(...await toAll(bench, size));
  return { rows, aims: [] };
}

async function toAll(bench: Bench, size: number): Promise<Row[]> {
  const group = `bench-${crypto.randomUUID().slice(0, 8)}`;
  await using started = new AsyncDisposableStack();
  const start = async (name: string) =>
    started.use(await Worker.start("peer.ts", name, group, `${bench.folder}/of-${size}`));
  const speaker = await start("speaker");
  const listeners: Worker[] = [];
  for (let i = 0; i < size; i++) listeners.push(await start(`listener-${i}`));
  await speaker.order("known", listeners.map(({ ready }) => ready.id));
  const say = async (n: number) => {
    const text = `#${n}`;
    const heard = listeners.map((listener) => listener.order<number>("heard", text));
    const { value: begin, cpu } = await speaker.order<number>("sayToAll", text);
    const times = (await Promise.all(heard)).map(({ value }) => value - begin);
    return { last: Math.max(...times), cpu: cpu / size };
  };
  const first = await say(0);
  const said = [];
  for (let i = 1; i <= bench.repetitions; i++) said.push(await say(i));
  return [
    { what: `the first line to ${size}, sessions are opened`, unit: "ms", values: [first.last] },
    { what: `a line to ${size}, until the last has it`, unit: "ms", values: said.map(({ last }) => last) },
    { what: `processor for each of ${size}`, unit: "µs", values: said.map(({ cpu }) => cpu) },
  ];
}
