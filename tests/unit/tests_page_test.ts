import { assert, assertEquals } from "@std/assert";
import { existsSync } from "@std/fs";
import { fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const PAGE = Deno.readTextFileSync(join(ROOT, "tests/README.md"));

/** Paths of the files in a folder and in those below it. */
function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

function assertNamed(what: string, names: Iterable<string>): void {
  const all = [...names];
  assert(all.length > 0, `no ${what}`);
  assertEquals(
    all.filter((name) => !PAGE.includes(`\`${name}\``)),
    [],
    `missing in tests/README.md: ${what}`,
  );
}

Deno.test("the page on tests names every folder of tests/, and every suite", async () => {
  const folders = [...Deno.readDirSync(join(ROOT, "tests"))].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name);
  assert(folders.length > 0);
  for (const folder of folders) {
    assert(PAGE.includes(`\`${folder}\``) || PAGE.includes(`\`${folder}/\``), `tests/${folder} is missing`);
  }
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=test", join(ROOT, "tests/run.ts"), "none-such"],
    cwd: ROOT,
  }).output();
  const [, suites] = /there are (.+)\./.exec(new TextDecoder().decode(stderr))!;
  assertNamed("suites", suites!.split(", "));
});

Deno.test("the page on tests names every file of tests/support/", () =>
  assertNamed(
    "helpers",
    [...Deno.readDirSync(join(ROOT, "tests/support"))].map(({ name }) => name.replace(".ts", "")),
  ));

Deno.test("the page on tests names every variable that a test reads", () => {
  const variables = new Set<string>();
  const read = { ts: /Deno\.env\.\w+\("(EARSHOT_\w+)"/g, sh: /\$\{?(EARSHOT_\w+)/g };
  for (const path of ["tests", "firmware/tests"].flatMap((folder) => [...filesBelow(join(ROOT, folder))])) {
    const pattern = path.endsWith(".ts") ? read.ts : path.endsWith(".sh") ? read.sh : undefined;
    if (pattern === undefined) continue;
    for (const [, name] of Deno.readTextFileSync(path).matchAll(pattern)) variables.add(name!);
  }
  assertNamed("variables", variables);
});

Deno.test("what the page on tests links to, and runs, is there", () => {
  const links = [...PAGE.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => join(ROOT, "tests", link!));
  const run = [...PAGE.matchAll(/-P=test (\S+?)`?(?:\s|\.\s)/g)].map(([, path]) => join(ROOT, path!));
  assert(links.length > 0 && run.length > 0);
  assertEquals([...links, ...run].filter((path) => !existsSync(path)), []);
});
