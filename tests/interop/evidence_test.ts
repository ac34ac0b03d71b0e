import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { ROOT } from "../support/program.ts";
import { lacks } from "../support/require.ts";

const ignore = (["lan", "firmware", "tcpdump", "programs"] as const).some(lacks);

/** Runs `deno task evidence`; returns its exit code, what it printed, and the report. */
async function evidence(...options: string[]): Promise<{ code: number; stdout: string; report: string }> {
  const to = await Deno.makeTempDir({ prefix: "earshot-evidence-" });
  try {
    const script = join(ROOT, "tests/evidence/main.ts");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--cached-only", "-P=test", script, "--to", to, ...options],
      cwd: ROOT,
      stdin: "null",
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    const report = await Deno.readTextFile(join(to, "report.md")).catch(() => "");
    assert(report !== "", `no report: ${out}${err}`);
    const names = [...Deno.readDirSync(to)].map(({ name }) => name);
    for (const [, picture] of report.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) assert(names.includes(picture!));
    return { code, stdout: out!, report };
  } finally {
    await Deno.remove(to, { recursive: true });
  }
}

Deno.test({
  name: "the evidence shows every task, with what was typed and the hashes of what was saved",
  ignore,
  fn: async () => {
    const { code, stdout, report } = await evidence();
    assertEquals(code, 0, stdout);
    assertMatch(stdout, /^\d+ shown, 0 failed: /m);
    const hashes = [...report.matchAll(/\| (\w{64}) \| (\w{64}) \|/g)];
    assert(hashes.length > 0);
    for (const [, sent, saved] of hashes) assertEquals(saved, sent);
    assertMatch(report, /^> hello world$/m);
    assertMatch(report, /\| IPv4 multicast to 239\.255\.83\.72 \|/);
  },
});

Deno.test({
  name: "evidence without one of its receivers fails, and says which tasks",
  ignore,
  fn: async () => {
    const { code, stdout, report } = await evidence("--stop", "bert");
    assertEquals(code, 1);
    const failed = [...stdout.matchAll(/^FAILED (.+?): /gm)].map(([, title]) => title);
    for (const title of ["Data from A to B", "Hello world as a chat", "JSON from A saved to a file at B"]) {
      assert(failed.includes(title), stdout);
      assert(report.includes(`| ${title} | **failed** |`), report);
    }
    assertMatch(stdout, /^shown {2}Peers find each other$/m);
  },
});
