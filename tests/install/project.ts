import { join } from "@std/path";
import { assertEquals } from "@std/assert";
import { ROOT } from "../support/program.ts";
import { runCommand } from "../support/run_command.ts";

/** What the example prints. */
const EXPECTED = 'delivered {"celsius":21.5}\ntrue\n';

/** What a program with a peer may do: no more than that. */
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys"];

/** Makes the example a project in an empty folder, that imports the library from `specifier`. */
export async function makeProject(folder: string, specifier: string, config?: unknown): Promise<void> {
  const source = await Deno.readTextFile(join(ROOT, "tests/install/example/thermometer.ts"));
  await Deno.writeTextFile(
    join(folder, "thermometer.ts"),
    source.replace('"../../../lib/mod.ts"', JSON.stringify(specifier)),
  );
  if (config) await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
}

/** Checks the types of a project and runs it. @param inside a command that the whole is run by */
export async function tryProject(
  folder: string,
  { env, inside = [] }: { env?: Record<string, string>; inside?: readonly string[] } = {},
): Promise<void> {
  const data = join(folder, "data");
  await Deno.mkdir(data);
  const deno = [Deno.execPath(), "run", "-q", "--check", "--no-prompt"];
  const [program, ...args] = [...inside, ...deno, ...PERMISSIONS, "thermometer.ts", data];
  const { code, output } = await runCommand(program!, args, { cwd: folder, env });
  assertEquals([code, output], [0, EXPECTED]);
}

/** Makes an empty folder, and removes it afterwards. */
export async function withFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "earshot-install-" });
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
