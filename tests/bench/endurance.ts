import { RUNTIME_OPTIONS } from "../../lib/cli/profile/program_command.ts";
import type { Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import type { Heap } from "./harness/heaps.ts";
import { columns, fitted } from "./harness/statistics.ts";
import { Worker } from "./harness/worker.ts";

/** Minutes of traffic. */
const MINUTES = 60;
const MINUTES_FULL = 240;
const SAMPLES = 16;
/**
 * How much larger it may be at the end than at half of the traffic, by the line through what was measured: resident
 * memory, which has V8's garbage, and JavaScript without garbage.
 */
const RISE = 1.1;
const RISE_COLLECTED = 1.03;
const MIB = 2 ** 20;

/** `endurance`: whether memory stays level. */
export const endurance: Benchmark = {
  name: "endurance",
  question: "Does memory stay level over hours of a message a second of each of three peers, speeded up?",
  run,
};

/** A peer after some traffic, MiB. */
interface Sample {
  /** Resident memory; of that, what is no page of a file. */
  readonly resident: number;
  readonly anonymous: number;
  /** JavaScript in use, garbage included, and the room for it: of the main thread, and of all others. */
  readonly main: Heap;
  readonly threads: Heap;
}

async function run(bench: Bench): Promise<Findings> {
  const minutes = bench.full ? MINUTES_FULL : MINUTES;
  const group = `bench-${crypto.randomUUID().slice(0, 8)}`;
  const peers: Worker[] = [];
  const options = RUNTIME_OPTIONS.map((each) => each.replace(/^--v8-flags=.*/, "$&,--expose-gc"));
  for (const name of ["one", "two", "three"]) {
    const script = { script: "watched_peer.ts", options };
    peers.push(bench.use(await Worker.startWith(script, name, group, bench.folder)));
  }
  // A collection makes memory smaller: two peers are left alone, the third tells what is no garbage.
  const look = () => Promise.all(peers.map((peer, n) => sampleOf(peer, n === 2)));
  const samples = [await look()];
  const count = minutes * 60 / SAMPLES;
  while (samples.length <= SAMPLES) {
    await Promise.all(peers.map(async (peer, n) => {
      const to = peers[(n + 1) % peers.length]!.ready.id;
      await peer.order("traffic", { to, count });
    }));
    samples.push(await look());
  }
  const times = samples.map((_, n) => n * minutes / SAMPLES);
  const later = times.findIndex((time) => time >= minutes / 2);
  const rise = (what: string, some: readonly number[], of: (sample: Sample) => number, most: number) => {
    const lines = some.map((n) => fitted(times.slice(later), samples.slice(later).map((all) => of(all[n]!))));
    return {
      what: `line of ${what}, after ${minutes} / after ${minutes / 2} minutes`,
      values: lines.map((line) => line(minutes)),
      others: lines.map((line) => line(minutes / 2)),
      most,
    };
  };
  const resident = rise("resident memory", [0, 1], (sample) => sample.resident, RISE);
  const inUse = ({ main, threads }: Sample) => main.used + threads.used;
  return {
    rows: [
      { what: "at the start", unit: "MiB", values: samples[0]!.slice(0, 2).map((sample) => sample.resident) },
      { what: `after ${minutes / 2} minutes`, unit: "MiB", values: resident.others },
      { what: `after ${minutes} minutes`, unit: "MiB", values: resident.values },
    ],
    aims: [resident, rise("JavaScript without garbage", [2], inUse, RISE_COLLECTED)],
    remarks: tableOf(times, samples),
  };
}

/** What was measured: the mean of two peers, and of the third what is no garbage. */
function tableOf(times: readonly number[], samples: readonly (readonly Sample[])[]): string[] {
  const mean = (all: readonly Sample[], of: (sample: Sample) => number) =>
    ((of(all[0]!) + of(all[1]!)) / 2).toFixed(1);
  const heap = (all: readonly Sample[], of: (sample: Sample) => Heap) =>
    `${mean(all, (sample) => of(sample).used)} of ${mean(all, (sample) => of(sample).total)}`;
  const rows = samples.map((all, n) => [
    times[n]!.toFixed(0),
    mean(all, ({ resident }) => resident),
    mean(all, ({ anonymous }) => anonymous),
    heap(all, ({ main }) => main),
    heap(all, ({ threads }) => threads),
    `${all[2]!.main.used.toFixed(2)} + ${all[2]!.threads.used.toFixed(2)}`,
  ]);
  const head = ["minutes", "resident", "anonymous", "JS, main", "JS, threads", "JS without garbage"];
  return [
    "MiB, mean of two peers; of the third, JavaScript in its main thread and the others after a collection:",
    ...columns([head, ...rows]),
    "Anonymous: without pages of files, as of the runtime itself.",
  ];
}

async function sampleOf(peer: Worker, isCollected: boolean): Promise<Sample> {
  const { value } = await peer.order<{ readonly main: Heap; readonly threads: readonly Heap[] }>(
    "heaps",
    isCollected,
  );
  // Deno lets nobody but `deno run -A` read this file itself.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${peer.pid}/smaps_rollup`] }).output();
  const text = new TextDecoder().decode(stdout);
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)![1]);
  const inMib = ({ used, total }: Heap): Heap => ({ used: used / MIB, total: total / MIB });
  const sum = (of: keyof Heap) => value.threads.reduce((sum, heap) => sum + heap[of], 0);
  return {
    resident: kib("Rss") / 1_024,
    anonymous: kib("Anonymous") / 1_024,
    main: inMib(value.main),
    threads: inMib({ used: sum("used"), total: sum("total") }),
  };
}
