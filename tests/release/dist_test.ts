// What is released for this platform: the archive, and the Debian package, made of the compiled program.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { SCRIPTS } from "../../lib/cli/completion/scripts.ts";
import { packDist } from "../support/dist.ts";
import { programCommand } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { withFolder } from "../install/project.ts";

const VERSION = /^earshot \d+\.\d+\.\d+\n$/;

async function run(command: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command, { ...options, args, stdin: "null" })
    .output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, err: err! };
}

/** Every file below a folder, by its path from there. */
function filesBelow(folder: string, prefix = ""): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(join(folder, name), `${prefix}${name}/`) : [prefix + name]
  ).sort();
}

Deno.test(
  "the archive holds what its sums say: a program that runs from there, licence, completions; the package of Debian runs as another user, and leaves nothing",
  { ignore: lacks("debian") },
  () =>
    withFolder(async (folder) => {
      const [program] = programCommand();
      const output = join(folder, "out");
      const umask = Deno.umask(0o077);
      const made = await packDist({ output, targets: ["linux-x64"], program, isQuick: true })
        .finally(() => Deno.umask(umask));
      const [archive, debian] = made as [string, string];
      assertEquals(filesBelow(output), ["SHA256SUMS", ...made].sort());
      assertEquals((await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: output })).code, 0);

      await run("tar", ["-xzf", join(output, archive), "-C", folder]);
      const unpacked = join(folder, archive.replace(".tar.gz", ""));
      assertEquals(filesBelow(unpacked), [
        "LICENSE",
        "MANUAL.md",
        "README.md",
        "completions/_earshot",
        "completions/earshot.bash",
        "completions/earshot.fish",
        "earshot",
      ]);
      assertEquals(Deno.statSync(join(unpacked, "LICENSE")).mode! & 0o777, 0o644, "for everybody");
      const bare = { clearEnv: true, cwd: unpacked };
      assert(VERSION.test((await run(join(unpacked, "earshot"), ["--version"], bare)).out));
      const printed = await run(join(unpacked, "earshot"), ["completion", "fish"], bare);
      assertEquals(printed.out, await Deno.readTextFile(join(unpacked, "completions/earshot.fish")));

      await tryDebian(join(output, debian), join(folder, "root"));
    }),
);

/** Installs a package into a root folder of its own, uses it as somebody without rights, and removes it. */
async function tryDebian(file: string, root: string): Promise<void> {
  await Deno.mkdir(join(root, "var/lib/dpkg/updates"), { recursive: true });
  await Deno.mkdir(join(root, "var/lib/dpkg/info"));
  await Deno.writeTextFile(join(root, "var/lib/dpkg/status"), "");
  const dpkg = (...args: string[]) =>
    run("dpkg", [`--root=${root}`, `--log=${root}/log`, "--force-depends", "--force-unsafe-io", ...args]);
  const installed = await dpkg("--install", file);
  assertEquals(installed.code, 0, installed.err);
  const owned = (await dpkg("--listfiles", "earshot")).out.split("\n").filter((path) => /\w\/\w/.test(path));
  for (
    const path of [
      "/usr/bin/earshot",
      "/usr/share/bash-completion/completions/earshot",
      "/usr/share/zsh/vendor-completions/_earshot",
      "/usr/share/fish/vendor_completions.d/earshot.fish",
      "/usr/lib/systemd/user/earshot.service",
      "/etc/ufw/applications.d/earshot",
      "/usr/lib/firewalld/services/earshot.xml",
      "/usr/share/doc/earshot/copyright",
    ]
  ) assert(owned.includes(path), `${path} of ${owned}`);
  const bash = await Deno.readTextFile(join(root, "usr/share/bash-completion/completions/earshot"));
  assertEquals(bash, SCRIPTS.bash);

  // The folder of this test is nobody else's: what anybody may use lies below /usr.
  for (const path of [root, join(root, "..")]) await Deno.chmod(path, 0o755);
  const home = join(root, "home");
  await Deno.mkdir(home);
  await Deno.chown(home, NOBODY, NOBODY);
  const asNobody = (...args: string[]) =>
    run("setpriv", [
      ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--no-new-privs"],
      ...[join(root, "usr/bin/earshot"), ...args],
    ], { clearEnv: true, env: { HOME: home, PATH: "/usr/bin:/bin" }, cwd: "/" });
  assert(VERSION.test((await asNobody("--version")).out));
  const id = await asNobody("id", "--json", "--interface", "lo");
  assertEquals(JSON.parse(id.out).state, join(home, ".local/state/earshot"), id.err);

  const unit = join(root, "usr/lib/systemd/user/earshot.service");
  const text = await Deno.readTextFile(unit);
  assertStringIncludes(text, 'ExecStart="/usr/bin/earshot" "run"\n');
  const here = join(root, "earshot.service");
  await Deno.writeTextFile(here, text.replace("/usr/bin/", `${root}/usr/bin/`));
  const verified = await run("systemd-analyze", ["--user", "verify", here], {
    env: { XDG_RUNTIME_DIR: root },
  });
  assertEquals([verified.code, verified.err], [0, ""]);

  assertEquals((await dpkg("--purge", "earshot")).code, 0);
  assertEquals(owned.filter((path) => /\/earshot[^/]*$/.test(path) && existsSync(join(root, path))), []);
}

/** The user that has no rights. */
const NOBODY = 65_534;
