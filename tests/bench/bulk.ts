import { join } from "@std/path";
import type { Bench, Benchmark, Findings } from "./harness/benchmark.ts";
import { type Pair, pairOf } from "./harness/pair.ts";
import { quantile } from "./harness/statistics.ts";
import { Worker } from "./harness/worker.ts";

const MIB = 2 ** 20;
/** Sizes of the document. */
const SIZES = [64 * MIB];
const SIZES_FULL = [256 * MIB, 1024 * MIB];
const REPETITIONS = 3;

/** What the worker tells of a document that it sent. */
interface Sent {
  readonly status: string;
  readonly seconds: number;
  /** Round trips meanwhile, milliseconds. */
  readonly chats: number[];
  /** Most resident memory, bytes. */
  readonly most: number;
}

/** `bulk`: one large document. */
export const bulk: Benchmark = {
  name: "bulk",
  question: "How fast is one large document durable at the other side, from the call to its return?",
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const taker = bench.use(await Worker.start("stream.ts", "take"));
  const giver = bench.use(await Worker.start("stream.ts", "give", `${taker.ready.port}`));
  const controlTaker = bench.use(await Worker.start("control.ts", "take", bench.folder));
  const controlGiver = bench.use(
    await Worker.start("control.ts", "give", bench.folder, `${controlTaker.ready.port}`),
  );
  const pair = await pairOf(bench);
  const bare = async (size: number, encrypted: boolean) => {
    const begin = performance.now();
    const order = { size, encrypted };
    await Promise.all([giver.order("give", order), taker.order("take", order)]);
    return size / 1e3 / (performance.now() - begin);
  };
  const control = async (size: number, path: string) => {
    const begin = performance.now();
    const both = await Promise.all([
      controlGiver.order("give", { path }),
      controlTaker.order("take", { size }),
    ]);
    const rate = size / 1e3 / (performance.now() - begin);
    return { rate, cpu: both.reduce((sum, { cpu }) => sum + cpu, 0) };
  };
  const findings: Findings[] = [];
  for (const size of bench.full ? SIZES_FULL : SIZES) {
    const contestants = { bench, pair, bare: (encrypted: boolean) => bare(size, encrypted) };
    findings.push(await measureSize(size, { ...contestants, control: (path) => control(size, path) }));
  }
  return {
    rows: findings.flatMap(({ rows }) => rows),
    aims: findings.flatMap(({ aims }) => aims),
    remarks: [
      `Medians of ${REPETITIONS}. The copy that the giver makes first is included, and that both check the document.`,
      "The control does what nobody can leave out (read, check, hash, write, sync; read, seal, send, open, check, " +
      "hash, write, sync), in two threads a side, and nothing else; no chat runs beside it.",
    ],
  };
}

interface Contestants {
  readonly bench: Bench;
  readonly pair: Pair;
  /** Sends as many bytes over bare TCP; returns MB/s. */
  bare(encrypted: boolean): Promise<number>;
  /** Has the control deliver the document. Returns MB/s, and the processor time of both sides in microseconds. */
  control(path: string): Promise<{ readonly rate: number; readonly cpu: number }>;
}

async function measureSize(size: number, { bench, pair, bare, control }: Contestants): Promise<Findings> {
  const { asker, answerer, to } = pair;
  const path = await writeDocument(bench.folder, size);
  const [idleAsker, idleAnswerer] = [(await asker.order("used")).rss, (await answerer.order("used")).rss];
  const rates: Record<"plain" | "encrypted" | "control" | "ours", number[]> = {
    plain: [],
    encrypted: [],
    control: [],
    ours: [],
  };
  const spent: Record<"control" | "ours", number[]> = { control: [], ours: [] };
  const chats: number[] = [];
  const grown: Record<"giver" | "taker", number[]> = { giver: [], taker: [] };
  for (let i = 0; i < REPETITIONS; i++) {
    rates.plain.push(await bare(false));
    rates.encrypted.push(await bare(true));
    const alone = await control(path);
    rates.control.push(alone.rate);
    spent.control.push(alone.cpu / (size / MIB));
    await answerer.order("watch");
    const { value, cpu } = await asker.order<Sent>("file", { to, path });
    if (value.status !== "delivered") throw new Error(`not delivered: ${value.status}`);
    spent.ours.push((cpu + (await answerer.order("used")).cpu) / (size / MIB));
    rates.ours.push(size / 1e6 / value.seconds);
    chats.push(quantile(value.chats, 0.99));
    // Else they add up, on the disk and in its cache.
    await Deno.remove((await answerer.order<string>("taken")).value);
    grown.giver.push((value.most - idleAsker) / MIB);
    grown.taker.push(((await answerer.order<number>("watched")).value - idleAnswerer) / MIB);
  }
  await Deno.remove(path);
  const name = `${size / MIB} MiB`;
  const controlRatios = rates.control.map((rate, i) => rate / rates.encrypted[i]!);
  return {
    rows: [
      { what: `${name}: bare TCP`, unit: "MB/s", values: rates.plain },
      { what: `${name}: TCP with ChaCha20-Poly1305`, unit: "MB/s", values: rates.encrypted },
      { what: `${name}: control, durable`, unit: "MB/s", values: rates.control },
      { what: `${name}: control / encrypted TCP`, unit: "×", values: controlRatios },
      { what: `${name}: Earshot, durable`, unit: "MB/s", values: rates.ours },
      { what: `${name}: processor time of a MiB, control`, unit: "µs", values: spent.control },
      { what: `${name}: processor time of a MiB, Earshot`, unit: "µs", values: spent.ours },
      { what: `${name}: memory beyond idle, giver`, unit: "MiB", values: grown.giver },
      { what: `${name}: memory beyond idle, taker`, unit: "MiB", values: grown.taker },
    ],
    aims: [
      { what: `${name}: Earshot / encrypted TCP`, values: rates.ours, others: rates.encrypted, least: 0.35 },
      { what: `${name}: chat meanwhile, p99`, unit: "ms", values: chats, most: 50 },
    ],
  };
}

/** Writes JSON as programs do: objects with numbers and short texts. */
async function writeDocument(folder: string, size: number): Promise<string> {
  const path = join(folder, "large.json");
  using file = await Deno.create(path);
  const encoder = new TextEncoder();
  const piece = encoder.encode('{"at":1763640000123,"celsius":21.53,"place":"kitchen"},'.repeat(4_000));
  await writeAll(file, encoder.encode("["));
  let left = size - 4;
  for (; left >= piece.length; left -= piece.length) await writeAll(file, piece);
  await writeAll(file, encoder.encode(" ".repeat(left) + "{}]"));
  return path;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}
