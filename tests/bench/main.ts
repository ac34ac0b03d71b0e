// `deno task bench [--full] [NAME ...]`: how fast Earshot is, held against rivals and against what the machine does without
// anybody, side by side in one run. Ratios count: the figures depend on the machine. README.md in tests/ tells more.

import { parseArgs } from "@std/cli";
import { fromFileUrl, join } from "@std/path";
import { type Benchmark, judge, measure, tableOf, write } from "./harness/benchmark.ts";
import { machine } from "./harness/machine.ts";
import { bulk } from "./bulk.ts";
import { discovery } from "./discovery.ts";
import { endurance } from "./endurance.ts";
import { fanOut } from "./fan_out.ts";
import { footprint } from "./footprint.ts";
import { growth } from "./growth.ts";
import { ingest } from "./ingest.ts";
import { lines } from "./lines.ts";
import { roundTrip } from "./round_trip.ts";
import { web } from "./web.ts";

const BENCHMARKS: readonly Benchmark[] = [
  roundTrip,
  ingest,
  lines,
  bulk,
  discovery,
  fanOut,
  footprint,
  growth,
  endurance,
  web,
];
const REPETITIONS = 5;
const RESULTS = fromFileUrl(new URL("../../dist/bench", import.meta.url));

const { _, full, ...others } = parseArgs(Deno.args, { boolean: ["full"] });
const names = _.map(String);
const unknown = [
  ...names.filter((name) => !BENCHMARKS.some((each) => each.name === name)),
  ...Object.keys(others),
];
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(", ")}; there are ${
      BENCHMARKS.map(({ name }) => name).join(", ")
    }.`,
  );
  Deno.exit(2);
}
const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
const here = machine();
console.log(`${here.date}, ${here.system}, ${here.processor}, ${here.memory}, Deno ${here.deno}`);
let missed = 0;
for (const benchmark of chosen) {
  let findings;
  try {
    findings = await measure(benchmark, { full: full === true, repetitions: REPETITIONS });
  } catch (error) {
    console.error(`\n${benchmark.name} failed: ${error instanceof Error ? error.stack : error}`);
    Deno.exitCode = 1;
    continue;
  }
  console.log("\n" + tableOf(benchmark, findings).join("\n"));
  await write(RESULTS, benchmark, findings, here);
  missed += findings.aims.map(judge).filter(({ met }) => !met).length;
}
console.log(
  `\nMedians of ${REPETITIONS} unless told; aims missed: ${missed}. Figures: ${join("dist", "bench")}/*.json`,
);
