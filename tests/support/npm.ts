// `deno task npm [--output FOLDER]`: makes the package for npm, dist/npm/earshot-VERSION.tgz: the program, which runs as
// `npx earshot` with the Deno that npm installs beside it, and the library for projects of Deno.
//
// `deno pack` makes JavaScript and types of the library; the rest is put right here, as it says below. The program is
// bundled, as in the compiled one: it starts faster.

import { parseArgs } from "@std/cli";
import { dirname, fromFileUrl, join, relative, resolve } from "@std/path";
import { bundleProgram, THREAD } from "./bundle.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** The version of Deno that runs it. */
const DENO = "2.9.6";

/** The picture that README.md shows. */
const PICTURE = "tests/web/page.png";

/** Makes the package in a folder, and returns its path. */
export async function packNpm(output: string): Promise<string> {
  const work = await Deno.makeTempDir({ prefix: "earshot-npm-" });
  try {
    const config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
    const { version, license, permissions, unstable } = config;
    const modules = await copySources(work);
    // Every module that no other imports has to be named.
    const exports = Object.fromEntries(modules.map((path) => [path.replace(/\.ts$/, ""), path]));
    await writeJson(join(work, "deno.json"), {
      name: config.name,
      version,
      license,
      exports: { ".": "./lib/mod.ts", ...exports },
    });
    await run(Deno.execPath(), ["pack", "-q", "--allow-dirty", "--no-source-maps", "-o", "packed.tgz"], work);
    await run("tar", ["-xzf", "packed.tgz"], work);
    const folder = join(work, "package");
    for await (const path of filesBelow(join(folder, "lib"))) {
      if (!path.endsWith(".js")) continue;
      const text = await Deno.readTextFile(path);
      const named = text.replaceAll(THREAD, 'new URL("$1.js", import.meta.url)');
      if (named !== text) await Deno.writeTextFile(path, named);
    }
    const packed = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
    await writeJson(join(folder, "package.json"), {
      ...packed,
      name: "earshot",
      description: "Peers on one network chat and hand over JSON documents, without a server",
      keywords: ["lan", "peer-to-peer", "chat", "json", "esp32"],
      bin: { earshot: "bin/earshot.js" },
      exports: { ".": packed.exports["."] },
      engines: { node: ">=18" },
      dependencies: { deno: DENO, ...exactly(packed.dependencies) },
    });
    // The library reads its version from here.
    await writeJson(join(folder, "deno.json"), { version });
    await bundleProgram(join(folder, "program"));
    await writeJson(join(folder, "program/deno.json"), {
      permissions,
      unstable,
      nodeModulesDir: "none",
      lock: false,
    });
    await Deno.mkdir(join(folder, dirname(PICTURE)), { recursive: true });
    await Deno.copyFile(join(ROOT, PICTURE), join(folder, PICTURE));
    await Deno.mkdir(join(folder, "bin"));
    await Deno.copyFile(join(ROOT, "tests/support/npm/earshot.js"), join(folder, "bin/earshot.js"));
    await Deno.chmod(join(folder, "bin/earshot.js"), 0o755);
    await Deno.mkdir(output, { recursive: true });
    const file = join(output, `earshot-${version}.tgz`);
    await run("tar", ["--owner=0", "--group=0", "-czf", file, "package"], work);
    return file;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Copies what is packed; returns the modules that run as threads. */
async function copySources(work: string): Promise<string[]> {
  const threads: string[] = [];
  const files = ["LICENSE", "README.md"].map((name) => join(ROOT, name));
  for await (const path of filesBelow(join(ROOT, "lib"))) files.push(path);
  for (const path of files) {
    const name = relative(ROOT, path);
    await Deno.mkdir(join(work, dirname(name)), { recursive: true });
    await Deno.copyFile(path, join(work, name));
    if (!name.endsWith(".ts")) continue;
    for (const [, module] of (await Deno.readTextFile(path)).matchAll(THREAD)) {
      threads.push(`./${join(dirname(name), `${module}.ts`).replaceAll("\\", "/")}`);
    }
  }
  return [...new Set(threads)];
}

/** Dependencies without the `^` that `deno pack` puts in front of a version. */
function exactly(dependencies: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, version]) => [name, version.replace("^", "")]),
  );
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value, null, 2) + "\n");
}

async function run(program: string, args: string[], cwd: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(program, { args, cwd, stdin: "null", stdout: "null" })
    .output();
  if (code !== 0) throw new Error(`${program} ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  const { output } = parseArgs(Deno.args, { string: ["output"] }) as { output?: string };
  console.log(await packNpm(resolve(output ?? join(ROOT, "dist/npm"))));
}
