import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Host, withHosts } from "./hosts.ts";

/** Sends lines to a port of this machine, and returns the answers. */
async function netcat(port: number, text: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(text));
  await conn.closeWrite();
  return await new Response(conn.readable).text();
}

/** The TCP port of a machine. */
function portOf({ options }: Host): number {
  return Number(options[options.indexOf("--port") + 1]);
}

Deno.test("what comes through the plain gateway is marked unauthenticated wherever it is shown", () =>
  withHosts(["alice"], async (alice) => {
    const port = portOf(alice);
    await using run = await alice.up("--plain", "--plain-listen", "127.0.0.1");
    const answers = await netcat(port, 'hello\n{"t":1}\n');
    assertMatch(answers, /^Ok!\nOk! [0-9A-Z]{26}\n$/);
    const from = { name: "plain-127.0.0.1", plain: true };
    assertEquals((await run.waitForEvent("chat", { text: "hello" })).from, from);
    assertEquals((await run.waitForEvent("document")).from, from);
    const listed = (await alice.run(["inbox"])).stdout;
    assertEquals(listed.split("plain-127.0.0.1 (unauthenticated)").length, 3, listed);
    const json = (await alice.run(["inbox", "--json"])).stdout.trim().split("\n");
    assertEquals(json.map((line) => JSON.parse(line).from), [from, from]);
    const sent = await alice.run(["say", "hi", "--to", "plain-127.0.0.1"]);
    assertEquals(sent.code, 2);
    assertStringIncludes(sent.stderr, "nothing can be sent to it");
  }));

Deno.test("a profile that has the port of the gateway is named", () =>
  withHosts(["alice"], async (alice) => {
    const port = portOf(alice);
    await using other = alice.start(["run", "--profile", "lab"]);
    await other.waitForLine(/is ready in group/);
    const { code, stderr } = await alice.run(["run", "--plain"]);
    assertEquals(code, 1);
    assertMatch(
      stderr,
      new RegExp(
        `needs TCP port ${port}, which Earshot's profile lab \\(process \\d+\\) has: end that one, or`,
      ),
    );
  }));

Deno.test("a taken port, and options without --plain or for other commands, are errors that say so", () =>
  withHosts(["alice"], async (alice) => {
    using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const taken = await alice.run(["run", "--plain", "--port", `${listener.addr.port}`]);
    assertEquals(taken.code, 1);
    assertStringIncludes(taken.stderr, `needs TCP port ${listener.addr.port}`);
    const wrong: [args: string[], expected: string][] = [
      [["run", "--plain-listen", "127.0.0.1"], "needs --plain"],
      [["run", "--plain", "--plain-listen", "here"], 'Invalid address "here"'],
      [["run", "--plain", "--plain-group", "10.0.0.1"], "expected a multicast address"],
      [["run", "--plain=yes"], 'expected "unencrypted" or "readable"'],
      [["run", "--plain", "readable"], 'unexpected argument "readable"'],
      [["say", "--plain", "hi"], "unknown option --plain"],
    ];
    for (const [args, expected] of wrong) {
      const { code, stderr } = await alice.run(args);
      assertEquals(code, 2, args.join(" "));
      assertStringIncludes(stderr, expected);
    }
  }));

Deno.test("in a closed group the gateway needs a word more, and lets out only what it is told to", () =>
  withHosts(["alice"], async (alice) => {
    await alice.run(["group", "new", "lab"]);
    const refused = await alice.run(["run", "--plain"]);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.stderr, "--plain=unencrypted");
    for (const mode of ["unencrypted", "readable"]) {
      const port = portOf(alice);
      await using run = await alice.up(`--plain=${mode}`, "--plain-listen", "127.0.0.1");
      using listener = await Deno.connect({ hostname: "127.0.0.1", port });
      await listener.write(new TextEncoder().encode("here\n"));
      await run.waitForEvent("chat", { text: "here" });
      const reader = listener.readable.pipeThrough(new TextDecoderStream()).getReader();
      assertEquals((await reader.read()).value, "Ok!\n");
      assert((await netcat(port, "there\n")).startsWith("Ok!"));
      await listener.write(new TextEncoder().encode("end\n"));
      const next = (await reader.read()).value;
      assertEquals(next, mode === "readable" ? "plain-127.0.0.1: there\n" : "Ok!\n");
      await reader.cancel().catch(() => {});
    }
  }, null));
