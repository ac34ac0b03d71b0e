// `deno task test [SUITE ...]`: every suite with the program run from source; those that take a program once more with
// the compiled one, if `binary` is named (then all files) or required (without some). It ends with a table, what failed, and the sum; exit code 1 if
// anything failed. README.md tells the suites apart.
//
// Five rows of suites run beside each other. What waits for the network and for programs has the processor when it wants
// it; what computes takes the rest, and the firmware's check what still is left.
//
// EARSHOT_REQUIRE lists what must not be missing: `lan`, `tmux`, `strace`, `tcpdump`, `browser`, `firmware`, `programs`,
// `shells`, `debian`, `binary`. Without it, what this machine cannot do is skipped, printed and counted.

import { fromFileUrl, join } from "@std/path";
import { checkCoverage } from "./support/coverage.ts";
import { checkFirmware } from "./support/firmware.ts";
import { requiredNeeds } from "./support/require.ts";
import { runCommand } from "./support/run_command.ts";
import { type Outcome, runSuite, secondsSince, type Suite } from "./support/suite.ts";
import { sumUp } from "./support/sum.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));
const BINARY = join(ROOT, "dist", Deno.build.os === "windows" ? "earshot.exe" : "earshot");
const COVERED = ["protocol", "noise", "identity"];
const COVERAGE_FLOOR = 95;

const suite = (name: string, needs?: string[]): Suite => ({
  name,
  folder: join(ROOT, "tests", name),
  needs,
  env: { EARSHOT_PROGRAM: undefined },
});
const UNIT = suite("unit", ["lan"]);
const CLI = { ...suite("cli", ["tmux"]), parallel: true };
const INSTALL = suite("install", ["programs", "tmux", "shells", "debian"]);
const WEB = {
  ...suite("web", ["lan", "firmware", "browser"]),
  lock: join(ROOT, "tests/deno.lock"),
};
/** What is released: with the compiled program only. */
const RELEASE = suite("release", ["debian"]);
const LAN = { ...suite("lan", ["lan"]), parallel: true };
const INTEROP = { ...suite("interop", ["lan", "firmware", "tcpdump", "programs"]), parallel: true };
const CRASH = { ...suite("crash", ["lan", "strace"]), parallel: true };
/**
 * Files about what no compiling changes: delivery between peers, what a network does, sentences. The compiled
 * program goes without them in a run of everything, and takes them if `binary` is named.
 */
const ALIKE_COMPILED = {
  cli: [
    "ask",
    "dial",
    "follow",
    "groups",
    "inbox",
    "input",
    "join",
    "lines",
    "names",
    "on_ask",
    "on_programs",
    "pages",
    "peers",
    "plain",
    "restored",
    "send_checks",
    "send_results",
    "sentences",
    "sets",
    "waiting",
    "withdraw",
  ],
  lan: [
    "changes",
    "closed_group",
    "discovery",
    "doctor",
    "doctor_machine",
    "doctor_peer",
    "garbage",
    "hearsay",
    "impostor",
    "links",
    "loss",
    "moved",
    "reach",
    "taken_port",
    "unreachable",
  ],
  web: ["look"],
};
/**
 * By how much what computes is less urgent than what waits. The unit tests come first of it: they use one processor, and
 * nothing would use the other one while they end alone.
 */
const NICENESS = 6;
const UNIT_NICENESS = 3;
const NAMES = [
  "cli",
  "install",
  "web",
  "lan",
  "interop",
  "crash",
  "unit",
  "simulation",
  "fuzz",
  "firmware",
  "binary",
];

const unknown = Deno.args.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(", ")}; there are ${NAMES.join(", ")}.`);
  Deno.exit(2);
}
const isChosen = (name: string) => Deno.args.length === 0 || Deno.args.includes(name);
const chosenOf = (suites: readonly Suite[]) => suites.filter(({ name }) => isChosen(name));
const withBinary = Deno.args.includes("binary") ||
  (Deno.args.length === 0 && requiredNeeds().includes("binary"));

const outcomes: Outcome[] = [];
const rows = [
  { suites: chosenOf([CLI, WEB]), compiled: [CLI, WEB], niceness: 0 },
  { suites: chosenOf([LAN, INTEROP]), compiled: [LAN], niceness: 0 },
  { suites: chosenOf([UNIT, INSTALL]), niceness: UNIT_NICENESS },
  { suites: chosenOf([CRASH, suite("simulation"), suite("fuzz")]), compiled: [RELEASE], niceness: NICENESS },
].filter(({ suites, compiled }) => suites.length > 0 || (compiled && withBinary));
const isAlone = rows.length + (isChosen("firmware") ? 1 : 0) === 1;
const program = withBinary ? compile().then(report) : undefined;
await Promise.all([...rows.map(work), isChosen("firmware") ? proveFirmware() : undefined]);
console.log("\n" + sumUp(outcomes).join("\n"));
Deno.exit(outcomes.some(({ failed }) => failed > 0) || outcomes.every(({ passed }) => passed === 0) ? 1 : 0);

/** Runs the suites of a row, one after another, and at last those that take the compiled program. */
async function work(
  { suites, compiled, niceness }: { suites: readonly Suite[]; compiled?: readonly Suite[]; niceness: number },
): Promise<void> {
  const urgency = isAlone ? {} : { niceness };
  for (const suite of suites) {
    if (suite === UNIT) await runUnit({ ...suite, ...urgency });
    else await run({ ...suite, ...urgency });
  }
  if (!compiled || (await program)?.passed !== 1) return;
  for (const suite of compiled) {
    const alike = ALIKE_COMPILED[suite.name as keyof typeof ALIKE_COMPILED] ?? [];
    const without = Deno.args.includes("binary") ? [] : alike.map((name) => `${name}_test.ts`);
    await run({ ...suite, without, name: `${suite.name} (binary)`, env: { EARSHOT_PROGRAM: BINARY } });
  }
}

/** Runs the unit tests in two parts: with coverage the end of a worker takes seconds, so only those have it that need it. */
async function runUnit(suite: Suite): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "earshot-coverage-" });
  try {
    await run({ ...suite, name: "unit (covered)", only: COVERED, coverage: data, parallel: true });
    report(await checkCoverage(ROOT, data, COVERED, COVERAGE_FLOOR));
  } finally {
    await Deno.remove(data, { recursive: true });
  }
  await run({ ...suite, without: COVERED });
}

async function proveFirmware(): Promise<void> {
  const { outcome, output } = await checkFirmware(ROOT);
  report(outcome, output);
}

/** Runs a suite; where it is not alone, its output is shown once it has ended. */
async function run(suite: Suite): Promise<void> {
  console.log(isAlone ? `\n== ${suite.name}` : `${suite.name} begins`);
  report(await runSuite({ ...suite, beside: !isAlone }));
}

/** Shows what is to be told of a check, keeps its outcome, and gives it. */
function report(outcome: Outcome, output?: string): Outcome {
  if (output !== undefined) console.log(`\n== ${outcome.name}\n${output}`);
  for (const failure of outcome.failures) console.log(`   ${outcome.name} FAILED: ${failure}`);
  for (const remark of outcome.remarks) console.log(`   ${outcome.name}: ${remark}`);
  outcomes.push(outcome);
  return outcome;
}

/** Makes the binary. Where that is not possible here and not required, it is skipped. */
async function compile(): Promise<Outcome> {
  const started = performance.now();
  const script = ["run", "-q", "-P=test", join(ROOT, "tests/support/compile.ts")];
  const { output, code } = await runCommand(Deno.execPath(), script);
  const outcome = { name: "compile", passed: 0, failed: 0, skipped: 0, seconds: secondsSince(started) };
  if (code === 0) return { ...outcome, passed: 1, failures: [], remarks: [output.trim()] };
  const trouble = ["the program could not be compiled here"];
  return requiredNeeds().includes("binary")
    ? { ...outcome, failed: 1, failures: trouble, remarks: [] }
    : { ...outcome, skipped: 1, failures: [], remarks: trouble };
}
