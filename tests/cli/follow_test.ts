import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { type Host, withHosts } from "./hosts.ts";

async function send(from: Host, body: string, ...options: string[]): Promise<void> {
  const { code, stderr } = await from.run(["send", "-", "--to", "bob", ...options], { input: body });
  assertEquals(code, 0, stderr);
}

Deno.test("what comes in is printed as it comes, each once, over kills and restarts of the peer", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    // No peer has ever run here: there is no database.
    await using all = bob.start(["inbox", "--follow", "--json"]);
    await using log = bob.start(["inbox", "--follow", "--stream", "log", "--from", "ALICE"]);
    await using others = bob.start(["inbox", "--follow", "--from", "carol"]);
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      await using b = await bob.up();
      await send(alice, `[${round}]`, "--name", "a.json");
      const document = await all.waitForJson({ kind: "document", name: "a.json" });
      assertEquals(
        await Deno.readTextFile(document.path),
        `[${round}]`,
        "its file is there when it is printed",
      );
      await send(alice, `[${round}]`, "--stream", "log", "--name", "line.json");
      const line = await all.waitForJson({ kind: "document", stream: "log" });
      await log.waitForLine(
        /^[0-9A-Z]{8} {2}\d{4}-.* {2}alice {2}line\.json \(log\) {2}3 B {2}alice\/log-.*\.jsonl$/,
      );
      assertEquals((await alice.run(["say", "hi", "--to", "bob"])).code, 0);
      const chat = await all.waitForJson({ kind: "chat", text: "hi" });
      ids.push(document.id, line.id, chat.id);
      await b.stop(round === 1 ? "SIGTERM" : "SIGKILL");
    }
    // The last round's peer was killed: what it left is recovered, and not printed again.
    await using _again = await bob.up();
    await send(alice, "[3]", "--stream", "log");
    const last = await all.waitForJson({ stream: "log" });
    await log.waitForLine(/document\.json \(log\)/);
    assertEquals(all.json().map(({ id }) => id), [...ids, last.id]);
    const ended = await all.stop("SIGINT");
    assertEquals([ended.code, ended.stderr], [0, ""]);
    assertEquals((await log.stop("SIGTERM")).stdout.trim().split("\n").length, 4);
    assertEquals((await others.stop("SIGINT")).stdout, "");
  }));

Deno.test("it begins with what comes from now on, or with the last ones, and ends with its reader", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const elsewhere = join(bob.home, "elsewhere");
    {
      await using _b = await bob.up();
      for (const n of [1, 2, 3]) await send(alice, `[${n}]`, "--name", `${n}.json`);
    }
    await using now = bob.start(["inbox", "--follow", "--json"]);
    await using latest = bob.start(["inbox", "--follow", "--limit", "2", "--json"]);
    assertEquals((await latest.waitForJson({})).name, "2.json");
    assertEquals((await latest.waitForJson({})).name, "3.json");
    // It has begun when it has printed something; the other one was started before it.
    await using _b = await bob.up("--inbox", elsewhere);
    await send(alice, "[4]", "--name", "4.json");
    const first = await now.waitForJson({ kind: "document" });
    assertEquals([first.name, first.path], ["4.json", join(elsewhere, "alice", "4.json")]);
    await latest.waitForJson({ name: "4.json" });

    await now.closeOutput();
    await send(alice, "[5]");
    assertEquals((await now.ended()).code, 0);
  }));

Deno.test("a stream can be listed, and what does not go with --follow is told", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    {
      await using _b = await bob.up();
      await send(alice, "[1]", "--stream", "log", "--name", "line.json");
      await send(alice, "[2]");
    }
    const { stdout } = await bob.run(["inbox", "--stream", "log"]);
    assertMatch(stdout, /^.*line\.json \(log\).*\n$/);
    assertMatch((await bob.run(["inbox", "--stream", "none"])).stderr, /Nothing came in in none yet/);
    for (
      const [args, message] of [
        [["--sent", "--follow"], /--follow shows what comes in: leave out --sent and --to/],
        [["path", "--follow"], /--follow does not go with path/],
        [["--sent", "--stream", "log"], /--stream selects received documents/],
      ] as const
    ) {
      const { code, stderr } = await bob.run(["inbox", ...args]);
      assertEquals(code, 2);
      assertMatch(stderr, message);
    }
  }));
