// `deno task compile [--target TRIPLE] [--output FILE]`: makes the program one file that needs nothing else.
//
// EARSHOT_COMPILER names another `deno` to compile with, DENORT_BIN (read by `deno compile`) a runtime to embed
// instead of the one that it downloads.

import { parseArgs } from "@std/cli";
import { format } from "@std/fmt/bytes";
import { fromFileUrl, join, resolve } from "@std/path";
import { RUNTIME_OPTIONS } from "../../lib/cli/profile/program_command.ts";
import { bundleProgram } from "./bundle.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const { target, output } = parseArgs(Deno.args, { string: ["target", "output"] }) as {
  target?: string;
  output?: string;
};
const compiler = Deno.env.get("EARSHOT_COMPILER") ?? Deno.execPath();
const windows = target ? target.includes("windows") : Deno.build.os === "windows";
const file = resolve(output ?? join(ROOT, "dist", "earshot")) +
  (windows && !output?.endsWith(".exe") ? ".exe" : "");

try {
  await compile();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}

async function compile(): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "earshot-bundle-" });
  try {
    const { main, threads } = await bundleProgram(join(work, "bundle"));
    const { permissions } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
    await Deno.writeTextFile(join(work, "deno.json"), JSON.stringify({ permissions }));
    await run(compiler, [
      // Older compilers have the import of text, by which a hang-up is told from an ignored one, behind this flag only.
      ...["compile", "-q", "--no-check", "-P=earshot", "--no-prompt", "--unstable-raw-imports"],
      // The cache has a name in the folder for temporary files that anybody on this machine could take first.
      ...[...RUNTIME_OPTIONS, "--no-code-cache", "--output", file],
      ...threads.flatMap((thread) => ["--include", thread]),
      ...(target ? ["--target", target] : []),
      main,
    ], { cwd: work });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  if (!target) await startBare(file);

  const version = /^deno (\S+)/.exec(await run(compiler, ["--version"]))?.[1];
  const machine = target ?? `${Deno.build.arch} ${Deno.build.os}`;
  const purpose = Deno.env.has("DENORT_BIN") ? ", for tests only" : "";
  console.log(`${file}: ${format((await Deno.stat(file)).size)}, Deno ${version}, ${machine}${purpose}`);
}

/** Starts the program where there is nothing but itself: no cache, no modules, no environment. It leaves nothing there. */
async function startBare(program: string): Promise<void> {
  const nowhere = await Deno.makeTempDir({ prefix: "earshot-compile-" });
  try {
    const env: Record<string, string> = {
      HOME: nowhere,
      USERPROFILE: nowhere,
      TMPDIR: nowhere,
      TEMP: nowhere,
    };
    const systemRoot = Deno.env.get("SystemRoot");
    if (systemRoot) env.SystemRoot = systemRoot;
    await run(program, ["--version"], { cwd: nowhere, clearEnv: true, env });
    const left = [...Deno.readDirSync(nowhere)].map(({ name }) => name);
    if (left.length > 0) throw new Error(`the program leaves ${left.join(", ")} behind`);
  } finally {
    await Deno.remove(nowhere, { recursive: true });
  }
}

async function run(program: string, args: string[], options: Deno.CommandOptions = {}): Promise<string> {
  const { code, stdout } = await new Deno.Command(program, {
    ...options,
    args,
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (code === 0) return new TextDecoder().decode(stdout);
  throw new Error(`${program} ${args[0]}: exit code ${code}`);
}
