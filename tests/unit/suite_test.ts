import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { judgeCoverage, readLcov } from "../support/coverage.ts";
import { judgeFirmware } from "../support/firmware.ts";
import { runCommand } from "../support/run_command.ts";
import {
  ignoredNames,
  judgeIgnored,
  type Outcome,
  readFailures,
  readSummary,
  runSuite,
  type Suite,
} from "../support/suite.ts";
import { sumUp } from "../support/sum.ts";

/** Runs a made-up suite, and gives its outcome without the time and the folder. */
async function outcomeOf(
  files: Record<string, string>,
  options: Pick<Suite, "beside" | "niceness" | "without"> = {},
): Promise<Omit<Outcome, "seconds">> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-test-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
    const { seconds: _, ...outcome } = await runSuite({
      name: "made up",
      folder,
      env: { EARSHOT_REQUIRE: undefined },
      ...options,
    });
    return { ...outcome, failures: outcome.failures.map((failure) => failure.replace(/ => .*\//, " => ")) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a suite's passes and failures are counted", async () => {
  assertEquals(
    await outcomeOf({
      "a_test.ts":
        `Deno.test("one", async (t) => { await t.step("part", () => {}); }); Deno.test("two", () => {});`,
      "b_test.ts": `Deno.test("three", () => { throw new Error("no"); });`,
    }),
    {
      name: "made up",
      passed: 2,
      failed: 1,
      skipped: 0,
      failures: ["three => b_test.ts:1:6"],
      remarks: [],
    },
  );
});

Deno.test("a suite that leaks counts as failed", async () => {
  const { failed } = await outcomeOf({
    "a_test.ts": `Deno.test("one", () => { setInterval(() => {}, 1000); });`,
  });
  assertEquals(failed, 1);
});

Deno.test("a suite without tests counts as failed", async () => {
  const { failed, failures } = await outcomeOf({ "a_test.ts": "" });
  assertEquals([failed, failures], [1, ["it ran no test"]]);
  assertEquals((await outcomeOf({})).failed, 1);
});

Deno.test("files that are left out do not run", async () => {
  const files = {
    "a_test.ts": `Deno.test("one", () => {});`,
    "b_test.ts": `Deno.test("two", () => { throw 1; });`,
  };
  const { passed, failed } = await outcomeOf(files, { without: ["b_test.ts"] });
  assertEquals([passed, failed], [1, 0]);
});

Deno.test("a suite that cannot be loaded, or ends before its result, counts as failed", async () => {
  assertEquals(
    (await outcomeOf({ "a_test.ts": `Deno.test("one", () => { const a: = 1; });` })).failed,
    1,
  );
  const killed = `Deno.test("one", () => { Deno.kill(Deno.pid, "SIGKILL"); });`;
  const { passed, failed, failures } = await outcomeOf({ "a_test.ts": killed });
  assertEquals([passed, failed], [0, 1]);
  assertMatch(String(failures), /ended without a result/);
});

Deno.test({
  name: "a suite may have a lower priority than what runs beside it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    // A whole run may have a priority of its own.
    const { stdout } = await new Deno.Command("nice").output();
    const least = Number(new TextDecoder().decode(stdout)) + 7;
    const text = `Deno.test("one", () => {
      const { stdout } = new Deno.Command("nice").outputSync();
      if (Number(new TextDecoder().decode(stdout)) < ${least}) throw new Error("it has the same priority");
    });`;
    assertEquals((await outcomeOf({ "a_test.ts": text }, { niceness: 7 })).failed, 0);
  },
});

Deno.test("an ignored test counts as failed where EARSHOT_REQUIRE names what it needs", () => {
  const judge = (needs: string[] | undefined, ...required: string[]) =>
    judgeIgnored({ needs }, ["a"], 1, required).blamed.length;
  assertEquals(judge(["lan"], "lan", "binary"), 1);
  assertEquals(judge(["lan"], "tmux"), 0);
  assertEquals(judge(["lan"]), 0);
  assertEquals(judge(undefined, "lan"), 1, "a suite that needs nothing ignores nothing in a gate");
  assertEquals(judge(undefined), 0);
});

Deno.test("an ignored test that the report does not name is not overlooked", () => {
  const { blamed } = judgeIgnored({ needs: ["lan"] }, ["a"], 2, ["lan"]);
  assertEquals(blamed, ["a", "a test that the report does not name"]);
});

Deno.test("the summary of a run is its last one, with or without colours", () => {
  const output =
    "ok | 9 passed | 0 failed (1s)\n\x1b[31mFAILED\x1b[0m | 2 passed (1 step) | 3 failed | 4 ignored (7ms)\n";
  assertEquals(readSummary(output), { passed: 2, failed: 3, ignored: 4 });
  assertEquals(readSummary("error: Type checking failed."), undefined);
});

Deno.test("the failures of a run are those of its last list, steps and whole files too", () => {
  const output = ` FAILURES

of a run inside a test => ./a_test.ts:1:1

FAILED | 0 passed | 1 failed (1ms)
\x1b[31m FAILURES \x1b[0m

one ... part => ./a_test.ts:1:45
./b_test.ts (uncaught error)

FAILED | 2 passed | 2 failed (1 step) (7ms)
`;
  assertEquals(readFailures(output), ["one ... part => ./a_test.ts:1:45", "./b_test.ts (uncaught error)"]);
  assertEquals(readFailures("ok | 9 passed | 0 failed (1s)\n"), []);
});

Deno.test({
  name: "a command that goes silent is ended, whatever it wrote before",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { output, code } = await runCommand("sh", ["-c", "echo begins; exec sleep 600"], {
      silenceMax: 1_000,
    });
    assertEquals([output, code], ["begins\n", 143]);
  },
});

Deno.test("the sum ends with what failed, by suite, and with the counts", () => {
  const outcome = { passed: 3, failed: 0, skipped: 0, seconds: 61.25, failures: [], remarks: [] };
  const failures = Array.from({ length: 25 }, (_, i) => `test ${i}`);
  const lines = sumUp([
    { ...outcome, name: "unit" },
    { ...outcome, name: "cli", failed: 25, skipped: 1, failures },
    { ...outcome, name: "lan", passed: 0, skipped: 2, remarks: ["skipped for want of lan: two"] },
  ]);
  assertEquals(lines, [
    "unit           ok      3 of 3                      61.3 s",
    "cli            FAILED  3 of 28, 1 skipped          61.3 s",
    "lan            skipped 0 of 0, 2 skipped           61.3 s",
    "",
    ...failures.slice(0, 20).map((name) => `FAILED cli: ${name}`),
    "and 5 more",
    "\n6 passed, 25 failed, 3 skipped",
  ]);
  assertEquals(sumUp([{ ...outcome, name: "unit" }]).slice(1), ["\n3 passed, 0 failed"]);
});

Deno.test("a source file that no unit test of its folder loads is a failure with its name, as are too few lines", () => {
  const files = new Map([
    ["lib/a/loaded.ts", { found: 100, hit: 100 }],
    ["lib/b/b.ts", { found: 100, hit: 94 }],
    ["lib/c/c.ts", { found: 100, hit: 95 }],
  ]);
  const sources = [
    { folder: "lib/a", paths: ["lib/a/loaded.ts", "lib/a/other.ts"] },
    { folder: "lib/b", paths: ["lib/b/b.ts"] },
    { folder: "lib/c", paths: ["lib/c/c.ts"] },
  ];
  const { passed, failed, failures } = judgeCoverage(sources, files, 95);
  assertEquals([passed, failed, failures], [1, 2, [
    "lib/a/other.ts is loaded by no unit test of lib/a",
    "lib/b 94.0 % of lines, at least 95 wanted",
  ]]);
});

Deno.test("what failed of the firmware is read from its output", () => {
  const output =
    "ok fine\nFAILED a board does\nok parts: 2 passed, 0 failed\n3 skipped\n7 passed, 1 failed\n";
  assertEquals(judgeFirmware(output, 1), {
    passed: 7,
    failed: 1,
    skipped: 3,
    failures: ["a board does"],
    remarks: [],
  });
  assertEquals(judgeFirmware("7 passed, 0 failed\n", 2).failures, [
    "it ended without a result (exit code 2)",
  ]);
});

Deno.test("names of ignored tests are read from the report as they were written", () => {
  const report = `<testcase name="a &amp; &quot;b&quot;" classname="x" time="0"><skipped/></testcase>
    <testcase name="c" classname="x" time="0">
    </testcase>
    <testcase name="d" classname="x" line="1">
        <skipped/>
    </testcase>`;
  assertEquals(ignoredNames(report), [`a & "b"`, "d"]);
});

Deno.test("coverage is read per file, by its path in the checkout", () => {
  const report =
    "SF:/x/lib/a.ts\nDA:1,1\nLH:3\nLF:4\nend_of_record\nSF:/x/lib/b.ts\nLH:0\nLF:2\nend_of_record\n";
  assertEquals([...readLcov(report, "/x")], [["lib/a.ts", { found: 4, hit: 3 }], ["lib/b.ts", {
    found: 2,
    hit: 0,
  }]]);
});
