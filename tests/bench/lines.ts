import { join } from "@std/path";
import { homeEnv, runProgram, startProgram } from "../support/program.ts";
import type { Aim, Bench, Benchmark, Findings, Row } from "./harness/benchmark.ts";
import { pairOf } from "./harness/pair.ts";
import { documentOf } from "./harness/serve.ts";

const LINES = 10_000;
/** More would be more files than an inbox takes from strangers. */
const REPETITIONS_MAX = 3;
/** What the library has under way. */
const UNDER_WAY = 1_000;

/** `lines`: `earshot send --lines` from a file, against the library. */
export const lines: Benchmark = {
  name: "lines",
  question: `How fast does \`send --lines\` send ${LINES} lines of 1 KiB from a file, without its start?`,
  run,
};

async function run(bench: Bench): Promise<Findings> {
  const { asker, to, group } = await pairOf(bench);
  const here = ["--group", group, "--interface", "lo"];
  const [running, alone] = await Promise.all(["running", "alone"].map(async (name) => {
    const home = join(bench.folder, name);
    await Deno.mkdir(home);
    return { env: homeEnv(home), cwd: home, name };
  }));
  const decoder = new TextDecoder();
  const text = Array.from({ length: LINES }, (_, n) => decoder.decode(documentOf(n))).join("\n");
  const [many, one] = ["many", "one"].map((name) => join(bench.folder, `${name}.jsonl`));
  await Deno.writeTextFile(many!, text);
  await Deno.writeTextFile(one!, text.slice(0, text.indexOf("\n")));
  const up = bench.use(startProgram(["run", "--quiet", ...here, "--name", "running"], running));
  await up.waitForLine(/ is ready /);

  const send = async (who: typeof running, file: string, stream?: string) => {
    const begin = performance.now();
    const options = stream === undefined ? [] : ["--stream", stream];
    const args = ["send", "--lines", file, "--to", to, "--timeout", "60", ...options, ...here];
    const { code, stderr } = await runProgram(args, who);
    if (code !== 0) throw new Error(stderr);
    return performance.now() - begin;
  };
  const rows: Row[] = [];
  const aims: Aim[] = [];
  for (const stream of [undefined, "bench"]) {
    const rates: Record<"library" | "running" | "alone", number[]> = { library: [], running: [], alone: [] };
    for (let i = 0; i < Math.min(bench.repetitions, REPETITIONS_MAX); i++) {
      const order = { to, count: LINES, underWay: UNDER_WAY, stream };
      rates.library.push((await asker.order<number>("ingest", order)).value);
      for (const [way, who] of [["running", running], ["alone", alone]] as const) {
        const start = await send(who, one!, stream);
        rates[way].push((LINES - 1) * 1_000 / (await send(who, many!, stream) - start));
      }
    }
    const how = stream === undefined ? "as files" : "as a stream";
    const what = { running: `through a running peer, ${how}`, alone: `without a running peer, ${how}` };
    rows.push({ what: `the library, ${how}`, unit: "/s", values: rates.library });
    for (const way of ["running", "alone"] as const) {
      rows.push({ what: what[way], unit: "/s", values: rates[way] });
      aims.push({ what: `${what[way]} / library`, values: rates[way], others: rates.library, least: 0.5 });
    }
  }
  return { rows, aims };
}
