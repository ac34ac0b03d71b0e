import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { runProgram } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { withHosts } from "./hosts.ts";

Deno.test("join takes the code from standard input", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const code = (await alice.run(["group", "new", "lab"])).stdout.trim();
    for (
      const [args, input] of [[["join"], `${code}\n`], [["join", "-"], `  ${code}  \r\nmore\n`], [
        ["join"],
        code,
      ]] as const
    ) {
      const joined = await bob.run(args, { input });
      assertEquals([joined.code, joined.stdout], [0, 'Joined the group "lab".\n'], joined.stderr);
      assertEquals((await bob.run(["group", "leave"])).code, 0);
    }
    for (const input of ["", "\n", "nonsense\n"]) {
      const { code, stdout, stderr } = await bob.run(["join"], { input });
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /join code/);
    }
  }, null));

Deno.test(
  "join asks a person for the code",
  { ignore: lacks("tmux") },
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      const code = (await alice.run(["group", "new", "lab"])).stdout.trim();
      {
        await using screen = await bob.terminal(["join"]);
        await screen.waitFor(/^Join code:/m);
        await screen.press("C-c");
        await screen.waitFor(/\[exit 130\]/);
      }
      await using screen = await bob.terminal(["join"]);
      await screen.waitFor(/^Join code:/m);
      await screen.paste(code);
      await screen.press("Enter");
      await screen.waitFor(/^Joined the group "lab"\.\n\[exit 0\]/m);
    }, null),
);

Deno.test("id names the configuration file in use, and says which was passed over", {
  ignore: Deno.build.os === "windows",
}, () =>
  withHosts(["alice"], async (alice) => {
    const own = join(alice.home, "state", "earshot.jsonc");
    assertMatch((await alice.run(["id"])).stdout, new RegExp(`^configuration +${own}$`, "m"));
    assertEquals(JSON.parse((await alice.run(["id", "--json"])).stdout).config, own);
    const folder = join(alice.home, "shared");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(folder, "earshot.jsonc"), '{"group": "theirs"}');
    await Deno.chmod(join(folder, "earshot.jsonc"), 0o666);
    await Deno.remove(own);
    const { code, stdout, stderr } = await runProgram(["id", "--interface", "lo"], {
      env: alice.env,
      cwd: folder,
    });
    assertEquals(code, 0);
    assertMatch(stdout, /^configuration +none$/m);
    assertMatch(stdout, /^group +earshot \(open\)$/m);
    assertStringIncludes(stderr, `${join(folder, "earshot.jsonc")} is ignored because every user`);
  }));
