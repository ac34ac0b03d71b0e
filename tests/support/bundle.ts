// The program as few files: loading each of hundreds takes more of a start than running what is in them.

import { dirname, fromFileUrl, join, relative } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** How one module names another that runs as a thread, next to it. */
export const THREAD = /new URL\("(\.\/[^"]+)\.ts", import\.meta\.url\)/g;

/** Packages in the bundle with licences of their own. */
const OTHERS = ["libsodium", "lit-html", "uplot"];

/** A bundled program. */
export interface Bundle {
  /** The module to start. */
  readonly main: string;
  /** Modules that no other imports, because they run as threads. */
  readonly threads: readonly string[];
}

/**
 * Bundles the program into a folder: what a command loads later stays in files of its own.
 *
 * @throws {Error} what it cannot bundle
 */
export async function bundleProgram(folder: string): Promise<Bundle> {
  const threads = await threadsOf(join(ROOT, "lib"));
  const entries = [join(ROOT, "main.ts"), ...new Set(threads.values())];
  const args = ["bundle", "-q", "--frozen", "--platform", "deno", "--code-splitting", "--keep-names"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args, "--outdir", folder, ...entries],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
  }).output();
  if (code !== 0) throw new Error(`deno bundle: ${new TextDecoder().decode(stderr)}`);
  const placed = (source: string) => relative(ROOT, source).replaceAll("\\", "/").replace(/\.ts$/, ".js");
  const missing = new Set(threads.keys());
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile) continue;
    const text = await Deno.readTextFile(join(folder, name));
    const changed = text.replaceAll(THREAD, (found) => {
      const source = threads.get(found);
      if (source === undefined) throw new Error(`${name} names a thread that no source names: ${found}`);
      missing.delete(found);
      return `new URL("./${placed(source)}", import.meta.url)`;
    });
    if (changed !== text) await Deno.writeTextFile(join(folder, name), changed);
  }
  if (missing.size > 0) throw new Error(`the bundle lacks ${[...missing].join(", ")}`);
  const main = join(folder, "main.js");
  await Deno.writeTextFile(main, `${await notice()}${await Deno.readTextFile(main)}`);
  return { main, threads: [...new Set(threads.values())].map((source) => join(folder, placed(source))) };
}

/** Returns the sources that run as threads, by how they are named. */
async function threadsOf(folder: string): Promise<Map<string, string>> {
  const threads = new Map<string, string>();
  for await (const path of sourcesBelow(folder)) {
    for (const [named, module] of (await Deno.readTextFile(path)).matchAll(THREAD)) {
      const source = join(dirname(path), `${module}.ts`);
      if ((threads.get(named!) ?? source) !== source) throw new Error(`two threads are named ${named}`);
      threads.set(named!, source);
    }
  }
  return threads;
}

async function* sourcesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* sourcesBelow(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

/** The licences of ours and of the packages that the program has. */
async function notice(): Promise<string> {
  const licence = await Deno.readTextFile(join(ROOT, "LICENSE"));
  const parts = [`With deno-std, copyright the Deno authors, under the same licence:\n\n${licence.trim()}`];
  for (const name of OTHERS) parts.push(`${name}:\n\n${(await licenceOf(name)).trim()}`);
  return `/*! ${parts.join("\n\n").replaceAll("*/", "* /")}\n*/\n`;
}

/** Reads the licence of an npm package that is in the cache, in the version that is locked. */
async function licenceOf(name: string): Promise<string> {
  const { npm } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
  const locked = Object.keys(npm).find((each) => each.startsWith(`${name}@`))!;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  for await (const registry of Deno.readDir(npmCache)) {
    const path = join(npmCache, registry.name, name, locked.slice(name.length + 1), "LICENSE");
    const text = await Deno.readTextFile(path).catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new Error(`there is no licence of ${locked} in ${npmCache}`);
}
