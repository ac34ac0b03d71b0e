import { RUNTIME_OPTIONS } from "../../lib/cli/profile/program_command.ts";
import type { Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import type { Heap } from "./harness/heaps.ts";
import { columns, fitted } from "./harness/statistics.ts";
import { Worker } from "./harness/worker.ts";

/** Minutes of traffic. */
const MINUTES = 60;
const MINUTES_FULL = 240;
const SAMPLES = 16;
/** How much larger a peer may be at the end than at half of the traffic, by the line through what was measured. */
const RISE = 1.05;
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
  for (const name of ["one", "two", "three"]) {
    const options = { script: "watched_peer.ts", options: RUNTIME_OPTIONS };
    peers.push(bench.use(await Worker.startWith(options, name, group, bench.folder)));
  }
  const samples = [await Promise.all(peers.map(sampleOf))];
  const count = minutes * 60 / SAMPLES;
  while (samples.length <= SAMPLES) {
    await Promise.all(peers.map(async (peer, n) => {
      const to = peers[(n + 1) % peers.length]!.ready.id;
      await peer.order("traffic", { to, count });
    }));
    samples.push(await Promise.all(peers.map(sampleOf)));
  }
  const times = samples.map((_, n) => n * minutes / SAMPLES);
  const later = times.findIndex((time) => time >= minutes / 2);
  const lines = peers.map((_, n) =>
    fitted(times.slice(later), samples.slice(later).map((all) => all[n]!.resident))
  );
  const rise = {
    what: `line of resident memory, after ${minutes} / after ${minutes / 2} minutes`,
    values: lines.map((line) => line(minutes)),
    others: lines.map((line) => line(minutes / 2)),
    most: RISE,
  };
  return {
    rows: [
      { what: "at the start", unit: "MiB", values: samples[0]!.map(({ resident }) => resident) },
      { what: `after ${minutes / 2} minutes`, unit: "MiB", values: rise.others },
      { what: `after ${minutes} minutes`, unit: "MiB", values: rise.values },
    ],
    aims: [rise],
    remarks: tableOf(times, samples),
  };
}

/** What was measured, the mean of the peers. */
function tableOf(times: readonly number[], samples: readonly (readonly Sample[])[]): string[] {
  const mean = (all: readonly Sample[], of: (sample: Sample) => number) =>
    (all.reduce((sum, sample) => sum + of(sample), 0) / all.length).toFixed(1);
  const heap = (all: readonly Sample[], of: (sample: Sample) => Heap) =>
    `${mean(all, (sample) => of(sample).used)} of ${mean(all, (sample) => of(sample).total)}`;
  const rows = samples.map((all, n) => [
    times[n]!.toFixed(0),
    mean(all, ({ resident }) => resident),
    mean(all, ({ anonymous }) => anonymous),
    heap(all, ({ main }) => main),
    heap(all, ({ threads }) => threads),
  ]);
  return [
    "MiB, mean of the three:",
    ...columns([["minutes", "resident", "anonymous", "JS heap, main", "JS heap, threads"], ...rows]),
    "Anonymous: without pages of files, as of the runtime itself. A heap in use includes garbage.",
  ];
}

async function sampleOf(peer: Worker): Promise<Sample> {
  const { value } = await peer.order<{ readonly main: Heap; readonly threads: readonly Heap[] }>("heaps");
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
