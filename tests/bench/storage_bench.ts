// Durable ingest of 1 KiB documents against what the machine does without us, side by side in one run, in several
// rounds: deno run -P=test tests/bench/storage_bench.ts [ROUNDS] [DOCUMENTS] [FOLDER]

import { join } from "@std/path";
import { openStorage } from "../../lib/storage/storage.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const DOCUMENTS = Number(Deno.args[1] ?? 5000);
const FOLDER = Deno.args[2];
/** What a sender may have under way. */
const UNDER_WAY = 1024;

const body = new TextEncoder().encode(JSON.stringify({ reading: "x".repeat(1010) }));

/** Removed at the end only: creating files is many times slower right after many were deleted. */
const root = await Deno.makeTempDir({ dir: FOLDER, prefix: "earshot-bench-" });

const perSecond = (started: number) => DOCUMENTS / ((performance.now() - started) / 1000);

function createFiles(folder: string): number {
  const started = performance.now();
  for (let i = 0; i < DOCUMENTS; i++) {
    Deno.writeFileSync(join(folder, `${i}.json`), body, { createNew: true });
  }
  return perSecond(started);
}

function createSyncedFiles(folder: string): number {
  const started = performance.now();
  for (let i = 0; i < DOCUMENTS; i++) {
    const file = Deno.openSync(join(folder, `${i}.json`), { write: true, createNew: true });
    file.writeSync(body);
    file.syncDataSync();
    file.close();
  }
  return perSecond(started);
}

/** Opening and closing the store are not counted. */
async function ingest(folder: string, stream: string | undefined, underWay: number): Promise<number> {
  const storage = await openStorage({
    state: join(folder, "state"),
    inbox: join(folder, "inbox"),
    quota: Infinity,
    warning: (code, message) => console.error(code, message),
  });
  const receive = (seq: number) =>
    storage.receive({
      kind: "document",
      sender: "benchbenchbenchbenchbench".slice(0, 24),
      senderName: "bench",
      turn: 0,
      id: seq.toString(32).toUpperCase().padStart(26, "0"),
      name: `${seq}.json`,
      stream,
      body,
    });
  const started = performance.now();
  let next = 1;
  const worker = async () => {
    while (next <= DOCUMENTS) {
      const outcome = await receive(next++);
      if (!outcome.saved) throw new Error(outcome.why);
    }
  };
  await Promise.all(Array.from({ length: underWay }, worker));
  const rate = perSecond(started);
  await storage.close();
  return rate;
}

const workloads: Record<string, (folder: string) => number | Promise<number>> = {
  "one fsync per file": createSyncedFiles,
  "bare file creation": createFiles,
  "earshot, as files": (folder) => ingest(folder, undefined, UNDER_WAY),
  "earshot, as a stream": (folder) => ingest(folder, "bench", UNDER_WAY),
  "earshot, one at a time": (folder) => ingest(folder, undefined, 1),
};

const rates = new Map(Object.keys(workloads).map((name) => [name, [] as number[]]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, workload] of Object.entries(workloads)) {
    rates.get(name)!.push(await workload(await Deno.makeTempDir({ dir: root })));
  }
}
await Deno.remove(root, { recursive: true });
const median = (name: string) => rates.get(name)!.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
for (const name of rates.keys()) {
  const all = rates.get(name)!.map((rate) => Math.round(rate)).join(" ");
  console.log(`${name.padEnd(24)} ${Math.round(median(name)).toString().padStart(8)}/s   (${all})`);
}
/** Median of what the rounds say, each of which measured both within moments. */
function ratio(of: string, to: string): string {
  const ratios = rates.get(of)!.map((rate, round) => rate / rates.get(to)![round]!).toSorted((a, b) => a - b);
  return ratios[ROUNDS >> 1]!.toFixed(2);
}
console.log(`files / bare creation    ${ratio("earshot, as files", "bare file creation")}   (aim 0.70)`);
console.log(`files / fsync per file   ${ratio("earshot, as files", "one fsync per file")}   (aim 4)`);
