// `deno task dist [--target NAME] [--program FILE] [--output FOLDER]`: makes what is released, in dist/release: for each
// platform an archive with the program, the licence and the completions of shells; for Linux a Debian package besides,
// where dpkg-deb is there; and SHA256SUMS. `--program` takes a program that was compiled before for `--target`.

import { parseArgs } from "@std/cli";
import { fromFileUrl, join, resolve } from "@std/path";
import { SCRIPTS } from "../../lib/cli/completion/scripts.ts";
import { packDebian } from "./debian.ts";
import { runCommand } from "./run_command.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** The platforms, by the names of their archives. */
const TARGETS: Readonly<Record<string, { readonly triple: string; readonly debian?: string }>> = {
  "linux-x64": { triple: "x86_64-unknown-linux-gnu", debian: "amd64" },
  "linux-arm64": { triple: "aarch64-unknown-linux-gnu", debian: "arm64" },
  "macos-x64": { triple: "x86_64-apple-darwin" },
  "macos-arm64": { triple: "aarch64-apple-darwin" },
  "windows-x64": { triple: "x86_64-pc-windows-msvc" },
};

/** What to make. */
export interface DistOptions {
  /** Folder of what is made. */
  readonly output: string;
  /** Platforms by name; all of them unless told. */
  readonly targets?: readonly string[];
  /** A program that is compiled already. */
  readonly program?: string;
  /** True if time is worth more than room: for tests. */
  readonly isQuick?: boolean;
}

/** Makes the archives and packages; returns their names. */
export async function packDist(
  { output, targets = Object.keys(TARGETS), program, isQuick = false }: DistOptions,
): Promise<string[]> {
  const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  await Deno.mkdir(output, { recursive: true });
  const work = await Deno.makeTempDir({ prefix: "earshot-dist-" });
  const made: string[] = [];
  const level = isQuick ? 1 : 9;
  try {
    for (const target of targets) {
      const { triple, debian } = TARGETS[target]!;
      const name = `earshot-${version}-${target}`;
      const folder = join(work, name);
      const file = join(folder, target.startsWith("windows") ? "earshot.exe" : "earshot");
      await Deno.mkdir(join(folder, "completions"), { recursive: true });
      if (program === undefined) await compile(triple, file);
      else await Deno.copyFile(program, file);
      await Deno.chmod(file, 0o755);
      for (const page of ["LICENSE", "README.md", "MANUAL.md"]) {
        await Deno.copyFile(join(ROOT, page), join(folder, page));
      }
      for (const [path, text] of Object.entries(completions("completions"))) {
        await Deno.writeTextFile(join(folder, path), text);
      }
      // Whatever the umask is here: what is installed for everybody has to be readable for them.
      await run("chmod", ["-R", "u=rwX,go=rX", folder], work);
      if (target.startsWith("windows")) {
        made.push(`${name}.zip`);
        await run("zip", ["-qr", join(output, `${name}.zip`), name], work);
      } else {
        made.push(`${name}.tar.gz`);
        const how = ["--owner=0", "--group=0", "-I", `gzip -${level}`];
        await run("tar", [...how, "-cf", join(output, `${name}.tar.gz`), name], work);
      }
      if (debian !== undefined && await hasDebianTools()) {
        const root = join(work, "debian");
        made.push(
          await packDebian({ program: file, version, architecture: debian, level, work: root, output }),
        );
      }
      await Deno.remove(folder, { recursive: true });
    }
    const { output: sums } = await runCommand("sha256sum", made, { cwd: output });
    await Deno.writeTextFile(join(output, "SHA256SUMS"), sums);
    return made;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Returns the completions by the paths of their files. */
function completions(folder: string): Record<string, string> {
  const { bash, zsh, fish } = SCRIPTS;
  return { [`${folder}/earshot.bash`]: bash, [`${folder}/_earshot`]: zsh, [`${folder}/earshot.fish`]: fish };
}

async function compile(triple: string, file: string): Promise<void> {
  const script = ["run", "-q", "-P=test", join(ROOT, "tests/support/compile.ts")];
  await run(Deno.execPath(), [...script, "--target", triple, "--output", file], ROOT);
}

async function hasDebianTools(): Promise<boolean> {
  return await runCommand("dpkg-deb", ["--version"]).then(({ code }) => code === 0, () => false);
}

async function run(program: string, args: string[], cwd: string): Promise<void> {
  const { code, output } = await runCommand(program, args, { cwd });
  if (code !== 0) throw new Error(`${program} ${args[0]}: exit code ${code}\n${output}`);
}

if (import.meta.main) {
  const { target, program, output } = parseArgs(Deno.args, {
    string: ["target", "program", "output"],
  }) as Record<
    string,
    string | undefined
  >;
  const unknown = target !== undefined && TARGETS[target] === undefined;
  if (unknown || (program !== undefined && target === undefined)) {
    console.error(`--target is one of ${Object.keys(TARGETS).join(", ")}; --program goes with it.`);
    Deno.exit(2);
  }
  const folder = resolve(output ?? join(ROOT, "dist/release"));
  const targets = target === undefined ? undefined : [target];
  for (const name of await packDist({ output: folder, targets, program })) console.log(join(folder, name));
}
