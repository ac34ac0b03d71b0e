// `deno task test [SUITE ...]`: every suite with the program run from source, then those that take a program once more
// with the compiled one. The last line is the sum; exit code 1 where anything failed.
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
const SIMULATION = suite("simulation");
const SOURCE = [UNIT, suite("fuzz"), CRASH, CLI, LAN];
const NAMES = [...SOURCE, SIMULATION, INTEROP].map(({ name }) => name).concat("firmware", "binary");

const unknown = Deno.args.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(", ")}; there are ${NAMES.join(", ")}.`);
  Deno.exit(2);
}
const isChosen = (name: string) => Deno.args.length === 0 || Deno.args.includes(name);

const outcomes: Outcome[] = [];
let firmware: ReturnType<typeof checkFirmware> | undefined;
for (const chosen of SOURCE.filter(({ name }) => isChosen(name))) {
  // The suite of the network waits more than it works: others run meanwhile.
  if (chosen === LAN && isChosen("firmware")) firmware = checkFirmware(ROOT);
  await report(chosen.name, () => runSuite(chosen));
  if (chosen === UNIT) await report("coverage", () => checkCoverage(ROOT, COVERED, COVERAGE_FLOOR));
}
if (isChosen("firmware")) {
  await report("firmware", async () => {
    const { outcome, output } = await (firmware ?? checkFirmware(ROOT));
    console.log(output);
    return outcome;
  });
}
if (isChosen(INTEROP.name)) await report(INTEROP.name, () => runSuite(INTEROP));
let simulation: Promise<Outcome> | undefined;
if (isChosen("binary")) {
  const compiled = await report("compile", compile);
  for (const chosen of compiled.passed > 0 ? [CLI, LAN] : []) {
    if (chosen === LAN && isChosen(SIMULATION.name)) simulation = runSuite({ ...SIMULATION, beside: true });
    const name = `${chosen.name} (binary)`;
    await report(name, () => runSuite({ ...chosen, name, env: { EARSHOT_PROGRAM: BINARY } }));
  }
}
if (isChosen(SIMULATION.name)) {
  await report(SIMULATION.name, () => simulation ?? runSuite(SIMULATION));
}
sumUp();

/** Runs a check under a heading, and keeps and gives its outcome. */
async function report(name: string, check: () => Promise<Outcome>): Promise<Outcome> {
  console.log(`\n== ${name}`);
  const outcome = await check();
  outcomes.push(outcome);
  for (const remark of outcome.remarks) console.log(`   ${remark}`);
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
