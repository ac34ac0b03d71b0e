import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { readLcov } from "../support/coverage.ts";
import { ignoredNames, judgeIgnored, readSummary, runSuite, type Suite } from "../support/suite.ts";

/** Runs a made-up suite, and gives its outcome without the time. */
async function outcomeOf(
  files: Record<string, string>,
  options: Pick<Suite, "beside" | "niceness"> = {},
): Promise<Record<string, unknown>> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-test-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
    const { seconds: _, ...outcome } = await runSuite({
      name: "made up",
      folder,
      env: { EARSHOT_REQUIRE: undefined },
      ...options,
    });
    return outcome;
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
    { name: "made up", passed: 2, failed: 1, skipped: 0, remarks: [] },
  );
});

Deno.test("a suite that leaks counts as failed", async () => {
  const { failed } = await outcomeOf({
    "a_test.ts": `Deno.test("one", () => { setInterval(() => {}, 1000); });`,
  });
  assertEquals(failed, 1);
});

Deno.test("a suite without tests counts as failed", async () => {
  const { failed, remarks } = await outcomeOf({ "a_test.ts": "" });
  assertEquals([failed, remarks], [1, ["it ran no test"]]);
  assertEquals((await outcomeOf({})).failed, 1);
});

Deno.test("a suite that does not type-check, or ends before its result, counts as failed", async () => {
  assertEquals(
    (await outcomeOf({ "a_test.ts": `Deno.test("one", () => { const a: string = 1; });` })).failed,
    1,
  );
  const killed = `Deno.test("one", () => { Deno.kill(Deno.pid, "SIGKILL"); });`;
  const { passed, failed, remarks } = await outcomeOf({ "a_test.ts": killed });
  assertEquals([passed, failed], [0, 1]);
  assertMatch(String(remarks), /ended without a result/);
});

Deno.test({
  name: "a suite may have a lower priority than what runs beside it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const text = `Deno.test("one", () => {
      const { stdout } = new Deno.Command("nice").outputSync();
      if (Number(new TextDecoder().decode(stdout)) < 7) throw new Error("it has the same priority");
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
