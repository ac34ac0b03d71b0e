import { join, relative } from "@std/path";
import { withNiceness } from "./priority.ts";
import { type Outcome, secondsSince } from "./suite.ts";

/** Lines of one file, or of all files of a folder. */
export interface Lines {
  readonly found: number;
  readonly hit: number;
}

/**
 * Holds the lines that the unit tests of some folders run against a floor: one outcome, in which each folder is one
 * check. A source file that no test loads counts as failed, but for `types.ts`, which has no code.
 *
 * These tests run once more for it, without those of the other folders: with coverage the end of a worker takes seconds.
 *
 * @param root the checkout
 * @param folders of `lib/`, whose tests are in `tests/unit/`
 * @param floor least share of lines, percent
 * @param niceness by how much the priority of the tests is lower than that of others, 0 to 19
 */
export async function checkCoverage(
  root: string,
  folders: readonly string[],
  floor: number,
  niceness = 0,
): Promise<Outcome> {
  const started = performance.now();
  const data = await Deno.makeTempDir({ prefix: "earshot-coverage-" });
  let report: string;
  try {
    const tests = folders.map((folder) => join(root, "tests/unit", folder));
    const collect = ["--coverage-raw-data-only", `--coverage=${data}`];
    await deno(root, niceness, "test", "-q", "-P=test", ...collect, ...tests);
    report = await deno(root, niceness, "coverage", "-q", "--lcov", data);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
  const files = readLcov(report, root);
  const remarks: string[] = [];
  let passed = 0;
  for (const folder of folders) {
    const sources = [...Deno.readDirSync(join(root, "lib", folder))].map(({ name }) =>
      `lib/${folder}/${name}`
    )
      .filter((path) => path.endsWith(".ts") && !path.endsWith("/types.ts"));
    const unloaded = sources.filter((path) => !files.has(path));
    const lines = sum(sources.flatMap((path) => files.get(path) ?? []));
    const percent = lines.found === 0 ? 0 : 100 * lines.hit / lines.found;
    if (percent >= floor && unloaded.length === 0) passed++;
    remarks.push(
      `lib/${folder} ${percent.toFixed(1)} % of lines, at least ${floor} wanted`,
      ...unloaded.map((path) => `${path} is loaded by no test`),
    );
  }
  return {
    name: "coverage",
    passed,
    failed: folders.length - passed,
    skipped: 0,
    seconds: secondsSince(started),
    remarks,
  };
}

/** Lines per file of an LCOV report, by path from `root`. */
export function readLcov(report: string, root: string): Map<string, Lines> {
  const files = new Map<string, Lines>();
  for (const record of report.split("end_of_record")) {
    const field = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(record)?.[1];
    const path = field("SF");
    if (!path) continue;
    files.set(relative(root, path).replaceAll("\\", "/"), {
      found: Number(field("LF")),
      hit: Number(field("LH")),
    });
  }
  return files;
}

/** What Deno prints; what it thinks of failed tests is told by the suite that they belong to. */
async function deno(cwd: string, niceness: number, ...words: string[]): Promise<string> {
  const [command, args] = withNiceness(niceness, Deno.execPath(), words);
  const { stdout } = await new Deno.Command(command, { args, cwd, stdin: "null", stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

function sum(lines: readonly Lines[]): Lines {
  return lines.reduce((all, one) => ({ found: all.found + one.found, hit: all.hit + one.hit }), {
    found: 0,
    hit: 0,
  });
}
