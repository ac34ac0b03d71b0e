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
  const pair = await pairOf(bench);
  const bare = async (size: number, encrypted: boolean) => {
    const begin = performance.now();
    const order = { size, encrypted };
    await Promise.all([giver.order("give", order), taker.order("take", order)]);
    return size / 1e3 / (performance.now() - begin);
  };
  const findings: Findings[] = [];
  for (const size of bench.full ? SIZES_FULL : SIZES) {
    findings.push(await measureSize(size, { bench, pair, bare: (encrypted) => bare(size, encrypted) }));
  }
  return {
    rows: findings.flatMap(({ rows }) => rows),
    aims: findings.flatMap(({ aims }) => aims),
    remarks: ["The copy that the giver makes first is included, and the check that the document is JSON."],
  };
}

interface Contestants {
  readonly bench: Bench;
  readonly pair: Pair;
  /** Sends as many bytes over bare TCP; returns MB/s. */
  bare(encrypted: boolean): Promise<number>;
}

async function measureSize(size: number, { bench, pair, bare }: Contestants): Promise<Findings> {
  const { asker, answerer, to } = pair;
  const path = await writeDocument(bench.folder, size);
  const [idleAsker, idleAnswerer] = [(await asker.order("used")).rss, (await answerer.order("used")).rss];
  const rates: Record<"plain" | "encrypted" | "ours", number[]> = { plain: [], encrypted: [], ours: [] };
  const chats: number[] = [];
  const grown: Record<"giver" | "taker", number[]> = { giver: [], taker: [] };
  for (let i = 0; i < REPETITIONS; i++) {
    rates.plain.push(await bare(false));
    rates.encrypted.push(await bare(true));
    await answerer.order("watch");
    const { value } = await asker.order<Sent>("file", { to, path });
    if (value.status !== "delivered") throw new Error(`not delivered: ${value.status}`);
    rates.ours.push(size / 1e6 / value.seconds);
    chats.push(quantile(value.chats, 0.99));
    grown.giver.push((value.most - idleAsker) / MIB);
    grown.taker.push(((await answerer.order<number>("watched")).value - idleAnswerer) / MIB);
  }
  await Deno.remove(path);
  const name = `${size / MIB} MiB`;
  return {
    rows: [
      { what: `${name}: bare TCP`, unit: "MB/s", values: rates.plain },
      { what: `${name}: TCP with ChaCha20-Poly1305`, unit: "MB/s", values: rates.encrypted },
      { what: `${name}: Earshot, durable`, unit: "MB/s", values: rates.ours },
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
