import { assertEquals, assertMatch } from "@std/assert";
import { runProgram } from "../support/program.ts";
import { withHosts } from "./hosts.ts";

const STOPS = { ignore: Deno.build.os === "windows" };

Deno.test(
  "commands that need the running peer end if it is stopped, and name it; the others do without",
  STOPS,
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using a = await alice.up();
      await using _b = await bob.up();
      await a.waitForEvent("peer", { state: "up", name: "bob" });
      assertEquals((await alice.run(["trust", "bob"])).code, 0);
      const file = await alice.file("a.json", "{}");
      a.signal("SIGSTOP");
      try {
        const needing: string[][] = [
          ["send", file, "--to", "bob"],
          ["send", file, "--queue", "--to", "bob", "--timeout", "1"],
          ["say", "hi", "--timeout", "60"],
          ["peers"],
          ["peers", "--watch"],
          ["trust", "bob"],
          ["forget", "bob"],
          ["run"],
          [],
        ];
        await Promise.all(needing.map(async (args) => {
          await using command = alice.start(args);
          const { code, stderr } = await command.ended();
          assertEquals([code, stderr.trim().split("\n").length], [1, 1], stderr);
          assertMatch(
            stderr,
            new RegExp(`^earshot: The running peer \\(process ${a.pid}\\) does not answer`),
            args.join(" "),
          );
        }));
        const others: [string[], RegExp][] = [
          [["id"], /^name +alice\n(?:.*\n)*ports +unknown: the running peer does not answer$/m],
          [["known"], /^bob +[a-z2-7]{24} +trusted by you/],
          [["inbox"], /^$/],
          [["inbox", "path"], /earshot-inbox\n$/],
          [["inbox", "sql", "SELECT count(*) AS n FROM received"], /^n\n0\n$/],
          [["group", "show"], /\(open\)\n$/],
        ];
        await Promise.all(others.map(async ([args, expected]) => {
          await using command = alice.start(args);
          const { code, stdout, stderr } = await command.ended();
          assertEquals(code, 0, stderr);
          assertMatch(stdout, expected, args.join(" "));
        }));
      } finally {
        a.signal("SIGCONT");
      }
      assertEquals((await alice.run(["say", "back again"])).code, 0);
    }),
);

Deno.test("known and id need no network, and start no peer", () =>
  withHosts(["alice"], async (alice) => {
    const elsewhere = ["--interface", "none-such0"];
    const { code, stdout } = await runProgram([...elsewhere, "id"], { env: alice.env });
    assertEquals(code, 0);
    assertMatch(stdout, /^name +alice$/m);
    assertEquals((await runProgram([...elsewhere, "known"], { env: alice.env })).code, 0);
  }));
