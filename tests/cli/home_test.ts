import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { programCommand, programEnv } from "../support/program.ts";
import { withHosts } from "./hosts.ts";

function quoted(word: string): string {
  return `'${word}'`;
}

/** Runs `id --json` of `cwd`, with HOME as given or without it. */
async function identity(
  cwd: string,
  env: Record<string, string>,
  home?: string,
): Promise<{ code: number; out: string; err: string }> {
  const { HOME: _home, ...rest } = programEnv(env);
  const [command, ...args] = [...programCommand(), "id", "--json"];
  const { code, stdout, stderr } = await new Deno.Command(command!, {
    args,
    cwd,
    env: { ...rest, ...home === undefined ? {} : { HOME: home } },
    clearEnv: true,
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("without HOME, or with a relative one, there is one identity whatever the current folder", () =>
  withHosts(["alice"], async (alice) => {
    // Nothing is put into the home of the account that runs the tests.
    const env = { EARSHOT_STATE: join(alice.home, "state") };
    for (const home of [undefined, "", "relative", "."]) {
      const { code, out, err } = await identity(alice.home, env, home);
      assertEquals(code, 0, err);
      const { inbox } = JSON.parse(out);
      assertEquals(inbox.startsWith(alice.home), false, inbox);
    }
    assertEquals([...Deno.readDirSync(alice.home)].map(({ name }) => name), ["state"]);
  }));

Deno.test("a current folder whose name is not UTF-8 is told in a sentence", {
  ignore: Deno.build.os !== "linux",
}, () =>
  withHosts(["alice"], async (alice) => {
    const env = { ...programEnv({}), HOME: alice.home, PROGRAM: programCommand().map(quoted).join(" ") };
    const script =
      `mkdir "$HOME/$(printf 'caf\\351')" && cd "$HOME/$(printf 'caf\\351')" && eval "$PROGRAM id"`;
    const { code, stderr } = await new Deno.Command("sh", { args: ["-c", script], env }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [
      2,
      "earshot: The current folder cannot be used (it was removed, or its name is not UTF-8): go to another one.\n",
    ]);
  }));

Deno.test("a path in earshot.jsonc is told with file and line if it has a variable", () =>
  withHosts(["alice"], async (alice) => {
    await alice.file("state/earshot.jsonc", '{\n  "inbox": "$HOME/in"\n}');
    const { code, stderr } = await alice.run(["id"]);
    assertEquals(code, 2);
    assertMatch(stderr, /earshot\.jsonc:2: "inbox" "\$HOME\/in" has the variable \$HOME/);
    await alice.file("state/earshot.jsonc", '{"inbox": "~"}');
    assertEquals(JSON.parse((await alice.run(["id", "--json"])).stdout).inbox, alice.home);
  }));
