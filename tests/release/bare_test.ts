// The one binary where there is nothing else: no environment, no folder that can be written, no rights.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { programCommand } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { withFolder } from "../install/project.ts";

/** The user that has no rights. */
const NOBODY = 65_534;

/**
 * Runs the program from a folder that is mounted read-only, as somebody without rights, with exactly this environment.
 */
async function runBare(
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number; out: string; err: string }> {
  const folder = program.replace(/\/[^/]*$/, "");
  const script =
    `mount --bind "${folder}" "${folder}" && mount -o remount,ro,bind "${folder}" && cd "${folder}" &&
    exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs "$@"`;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: ["-m", "sh", "-c", script, "sh", "/usr/bin/env", "-i", ...variables, program, ...args],
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, err: err! };
}

Deno.test(
  "the program runs from a read-only folder, as another user, with an empty environment and no home: all that it needs is told",
  { ignore: lacks("debian") },
  () =>
    withFolder(async (folder) => {
      await Deno.chmod(folder, 0o755);
      const [compiled] = programCommand();
      const bin = join(folder, "bin");
      await Deno.mkdir(bin);
      const program = join(bin, "earshot");
      await Deno.copyFile(compiled!, program);
      await Deno.chmod(program, 0o755);

      for (const args of [["--version"], ["--help"], ["send", "--help"]]) {
        const { code, out, err } = await runBare(program, args, {});
        assertEquals([code, err], [0, ""], args.join(" "));
        assertMatch(out, /earshot/);
      }

      // Nobody's account has a home that does not exist, and cannot be made; so has one that is somebody else's.
      const closed = join(folder, "closed");
      await Deno.mkdir(closed, { mode: 0o755 });
      for (const env of [{}, { HOME: closed }] as Record<string, string>[]) {
        for (const args of [["id"], ["run"], ["say", "hi"]]) {
          const { code, out, err } = await runBare(program, [...args, "--interface", "lo"], env);
          assertEquals([code, out], [1, ""], err);
          assertMatch(err, /^earshot: .*(state|folder|identity).*\n$/);
          assert(!err.includes("internal error"), err);
        }
      }

      // With folders of its own it needs no home.
      const own = join(folder, "own");
      await Deno.mkdir(own);
      await Deno.chown(own, NOBODY, NOBODY);
      const given = ["--interface", "lo", "--state", join(own, "state"), "--inbox", join(own, "inbox")];
      const id = await runBare(program, ["id", "--json", ...given], { HOME: closed });
      assertEquals([id.code, JSON.parse(id.out).inbox], [0, join(own, "inbox")], id.err);
      const group = ["--group", `bare-${crypto.randomUUID().slice(0, 8)}`];
      const nobody = await runBare(program, ["say", "hi", "--timeout", "0", ...given, ...group], {});
      assertEquals(nobody.code, 3, nobody.err);
      assertStringIncludes(nobody.err, "obody");
      assertEquals([...Deno.readDirSync(bin)].map(({ name }) => name), ["earshot"]);
      assertEquals([...Deno.readDirSync(closed)], []);
    }),
);
