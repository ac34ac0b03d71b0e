// `deno task test [SUITE ...]`: every suite with the program run from source, and those that take a program once more
// with the compiled one. The last line is the sum; exit code 1 where anything failed.
//
// Three rows of suites run beside each other. What waits for the network and for programs has the processor when it wants
// it; what computes takes the rest, and the firmware's check what still is left.
//
// EARSHOT_REQUIRE lists what must not be missing: `lan`, `tmux`, `strace`, `firmware`, `binary`. Without it, what this
// machine cannot do is skipped, printed and counted.

import { fromFileUrl, join } from "@std/path";
import { checkCoverage } from "./support/coverage.ts";
import { checkFirmware } from "./support/firmware.ts";
import { requiredNeeds } from "./support/require.ts";
import { type Outcome, runSuite, secondsSince, type Suite } from "./support/suite.ts";

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
const LAN = suite("lan", ["lan"]);
const INTEROP = { ...suite("interop", ["lan", "firmware"]), parallel: true };
const CRASH = { ...suite("crash", ["lan", "strace"]), parallel: true };
const WAITING = [CLI, LAN, INTEROP];
const COMPUTING = [CRASH, UNIT, suite("simulation"), suite("fuzz")];
/** By how much what computes is less urgent than what waits. */
const NICENESS = 10;
const NAMES = [...WAITING, ...COMPUTING].map(({ name }) => name).concat("firmware", "binary");

const unknown = Deno.args.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(", ")}; there are ${NAMES.join(", ")}.`);
  Deno.exit(2);
}
const isChosen = (name: string) => Deno.args.length === 0 || Deno.args.includes(name);
const waiting = WAITING.filter(({ name }) => isChosen(name));
const computing = COMPUTING.filter(({ name }) => isChosen(name));
const rows = [
  waiting.length > 0 || isChosen("binary"),
  computing.length > 0,
  isChosen("firmware"),
].filter(Boolean).length;

const outcomes: Outcome[] = [];
await Promise.all([wait(), work(), isChosen("firmware") ? proveFirmware() : undefined]);
sumUp();

/** What waits, one after another. */
async function wait(): Promise<void> {
  const compiled = isChosen("binary") ? compile() : undefined;
  for (const chosen of waiting) await run(chosen);
  if (!compiled) return;
  if (report(await compiled).passed === 0) return;
  for (const chosen of [CLI, LAN]) {
    await run({ ...chosen, name: `${chosen.name} (binary)`, env: { EARSHOT_PROGRAM: BINARY } });
  }
}

/** What computes, one after another. */
async function work(): Promise<void> {
  const niceness = rows > 1 ? NICENESS : 0;
  for (const chosen of computing) {
    await run({ ...chosen, niceness });
    if (chosen === UNIT) report(await checkCoverage(ROOT, COVERED, COVERAGE_FLOOR, niceness));
  }
}

async function proveFirmware(): Promise<void> {
  const { outcome, output } = await checkFirmware(ROOT);
  report(outcome, output);
}

/** Runs a suite; where it is not alone, its output is shown once it has ended. */
async function run(suite: Suite): Promise<void> {
  const beside = rows > 1;
  console.log(beside ? `${suite.name} begins` : `\n== ${suite.name}`);
  report(await runSuite({ ...suite, beside }));
}

/** Shows what is to be told of a check, keeps its outcome, and gives it. */
function report(outcome: Outcome, output?: string): Outcome {
  if (output !== undefined) console.log(`\n== ${outcome.name}\n${output}`);
  for (const remark of outcome.remarks) console.log(`   ${outcome.name}: ${remark}`);
  outcomes.push(outcome);
  return outcome;
}

/** Makes the binary. Where that is not possible here and not required, it is skipped. */
async function compile(): Promise<Outcome> {
  const started = performance.now();
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=test", join(ROOT, "tests/support/compile.ts")],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const required = requiredNeeds().includes("binary");
  return {
    name: "compile",
    passed: success ? 1 : 0,
    failed: !success && required ? 1 : 0,
    skipped: !success && !required ? 1 : 0,
    seconds: secondsSince(started),
    remarks: [success ? new TextDecoder().decode(stdout).trim() : "the program could not be compiled here"],
  };
}

function sumUp(): never {
  const total = (count: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
  console.log();
  for (const { name, passed, failed, skipped, seconds } of outcomes) {
    const state = failed > 0 ? "FAILED" : skipped > 0 && passed === 0 ? "skipped" : "ok";
    const numbers = `${passed} of ${passed + failed}${skipped > 0 ? `, ${skipped} skipped` : ""}`;
    console.log(
      `${name.padEnd(14)} ${state.padEnd(7)} ${numbers.padEnd(24)} ${seconds.toFixed(1).padStart(7)} s`,
    );
  }
  const [passed, failed, skipped] = [total((o) => o.passed), total((o) => o.failed), total((o) => o.skipped)];
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  Deno.exit(failed > 0 || passed === 0 ? 1 : 0);
}
