import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { pollUntil } from "../support/patience.ts";
import { Program, programCommand, programEnv } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { meet, withHosts } from "./hosts.ts";
import { ask, isAlive, noted, script, send, startOn, untilNoted } from "./on_host.ts";

/** Bytes on one line of a program: more than the memory that the command may take. */
const FLOOD = 400_000_000;

Deno.test("with --all it begins with everything that is kept; chat, and lines of a stream, are arrivals as well", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const note = await script(alice, "note", 'echo "$EARSHOT_TO$EARSHOT_STREAM:$(cat)" >> "$HOME/noted"');
    await using _a = await alice.up();
    assertEquals((await bob.run(["say", "one", "--to", "alice"])).code, 0);
    await send(bob, "a.json", "[1]", "--stream", "log");
    await send(bob, "b.json", "[2]");
    await send(bob, "c.json", `["${"x".repeat(70_000)}"]`);
    {
      await using on = await startOn(alice, "chat", "--all", "--", note);
      await untilNoted(alice, 1);
      await on.stop();
    }
    {
      await using on = await startOn(alice, "document", "--all", "--stream", "log", "--", note);
      await untilNoted(alice, 2);
      await on.stop();
    }
    assertEquals(noted(alice), ["you:one", "log:[1]"]);
    const count = await script(alice, "count", 'wc -c | tr -d " " >> "$HOME/sizes"');
    await using _on = await startOn(alice, "document", "--all", "--", count);
    await untilNoted(alice, 3, "sizes");
    assertEquals(noted(alice, "sizes"), ["3", "3", "70004"]);
  }));

Deno.test("nothing of the network is an argument or a variable's name, and no shell reads it", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const show = await script(
      alice,
      "show",
      'printf "%s\\n" "$#:$1" "$EARSHOT_NAME" >> "$HOME/noted"; env > "$HOME/env"',
    );
    await using _a = await alice.up();
    await using _on = await startOn(alice, "document", "--", show, "$EARSHOT_NAME");
    const names = {
      "-rf": "_-rf",
      "$(touch pwned)`touch pwned`;touch pwned": "$(touch pwned)`touch pwned`;touch pwned",
      "() { :; }; touch pwned": "() { _; }; touch pwned",
      "a b'\"c": "a b'_c",
      "LD_PRELOAD=x": "LD_PRELOAD=x",
    };
    for (const name of Object.keys(names)) await send(bob, name, "1");
    await untilNoted(alice, 2 * Object.keys(names).length);
    assertEquals(noted(alice), Object.values(names).flatMap((name) => ["1:$EARSHOT_NAME", name]));
    const variables = noted(alice, "env").map((line) => line.split("=")[0]!);
    assert(!variables.includes("LD_PRELOAD"));
    for (const folder of [alice.home, Deno.cwd()]) {
      assert(![...Deno.readDirSync(folder)].some(({ name }) => name === "pwned"));
    }
  }));

Deno.test("what fails is tried again, then skipped with a warning, and the next one follows", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const fail = await script(
      alice,
      "fail",
      'echo "$EARSHOT_NAME" >> "$HOME/noted"; echo "no $EARSHOT_NAME" >&2; test "$EARSHOT_NAME" != bad.json',
    );
    await using _a = await alice.up();
    await using on = await startOn(alice, "document", "--retries", "1", "--", fail);
    await send(bob, "bad.json", "1");
    await send(bob, "good.json", "2");
    await untilNoted(alice, 3);
    assertEquals(noted(alice), ["bad.json", "bad.json", "good.json"]);
    await on.waitForStderr(
      /bad\.json from bob: .*fail ended with exit code 1\. Trying again in 1 s \(try 2 of 2\)\./,
    );
    await on.waitForStderr(
      /earshot: Skipped bad\.json from bob: .*fail ended with exit code 1, after 2 tries\./,
    );
    await on.waitForStderr(/^no bad\.json$/m);
  }));

Deno.test("a program that takes too long ends with all that it started, and counts as failed", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const hang = await script(
      alice,
      "hang",
      'trap "" TERM; sleep 1000 & echo $! >> "$HOME/noted"; wait; sleep 1000',
    );
    await using _a = await alice.up();
    await using on = await startOn(alice, "document", "--retries", "0", "--timeout", "0.5", "--", hang);
    await send(bob, "a.json", "1");
    await on.waitForStderr(/Skipped a\.json from bob: .*hang was ended because it ran longer than 0\.5 s\./);
    const [pid] = noted(alice);
    await pollUntil(async () => !await isAlive(pid), () => `${pid} still runs`);
  }));

Deno.test("a program that reads nothing and writes without end takes no memory and holds up nothing", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const flood = await script(
      alice,
      "flood",
      `test "$EARSHOT_NAME" = next.json || { head -c ${FLOOD} /dev/zero | tr '\\0' a; echo; seq 100000; }\n` +
        'echo "$EARSHOT_NAME" >> "$HOME/noted"',
    );
    await using _a = await alice.up();
    await using on = new Program(
      new Deno.Command("sh", {
        args: ["-c", 'exec "$@" > /dev/null', "sh", ...programCommand(), ...alice.options]
          .concat(["on", "document", "--verbose", "--", flood]),
        env: programEnv(alice.env),
        clearEnv: true,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
      "on > /dev/null",
      false,
    );
    await on.waitForStderr(/Waiting for arrivals/);
    await send(bob, "large.json", `["${"x".repeat(200_000)}"]`);
    await send(bob, "next.json", "1");
    await untilNoted(alice, 1);
    await untilNoted(alice, 2);
    assertEquals(noted(alice), ["large.json", "next.json"]);
    if (Deno.build.os === "linux") {
      const status = await ask("cat", `/proc/${on.pid}/status`);
      const [, peak] = /VmHWM:\s*(\d+) kB/.exec(status)!;
      assert(Number(peak) < 300_000, `${peak} kB`);
    }
  }));

Deno.test("a program that is not there any more ends it, and no arrival is lost by that", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const note = await script(alice, "note", 'echo "$EARSHOT_NAME" >> "$HOME/noted"');
    await using _a = await alice.up();
    {
      await using on = await startOn(alice, "document", "--", note);
      await Deno.rename(note, `${note}-away`);
      await send(bob, "a.json", "1");
      const { code, stderr } = await on.ended();
      assertEquals(code, 1);
      assertMatch(stderr, /earshot: ".*note" cannot be started/);
    }
    await Deno.rename(`${note}-away`, note);
    await using _on = await startOn(alice, "document", "--", note);
    await untilNoted(alice, 1);
  }));

Deno.test("a second one with the same place is refused, and one with a label of another kind", () =>
  withHosts(["alice"], async (alice) => {
    await using _a = await alice.up();
    await using on = await startOn(alice, "document", "--as", "mine", "--", "cat");
    const second = await alice.run(["on", "document", "--as", "mine", "--", "true"]);
    assertEquals([second.code, second.stdout], [1, ""]);
    assertMatch(second.stderr, /with this program or label is running/);
    await using _other = await startOn(alice, "document", "--", "cat");
    assertEquals((await on.stop()).code, 0);
    const third = await alice.run(["on", "chat", "--as", "mine", "--", "cat"]);
    assertEquals(third.code, 2);
    assertMatch(third.stderr, /The cursor "mine" belongs to `on document`: use another label/);
  }));

Deno.test("with --parallel others run while one does, no more than so many, and each is marked for itself", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const wait = await script(
      alice,
      "wait",
      'echo "$EARSHOT_NAME" >> "$HOME/noted"; test "$EARSHOT_NAME" = 1.json || exit 0\n' +
        'while test ! -e "$HOME/go"; do sleep 0.05; done',
    );
    await using _a = await alice.up();
    const line = ["document", "--parallel", "2", "--", wait];
    {
      await using on = await startOn(alice, ...line);
      for (let n = 1; n <= 4; n++) await send(bob, `${n}.json`, "1");
      await untilNoted(alice, 4);
      assertEquals(noted(alice), ["1.json", "2.json", "3.json", "4.json"]);
      on.signal("SIGKILL");
      await on.ended();
    }
    await alice.file("go", "");
    await using _on = await startOn(alice, ...line);
    await send(bob, "5.json", "1");
    const again = () => noted(alice).slice(4);
    await pollUntil(() => ["1.json", "5.json"].every((name) => again().includes(name)), () => again().join());
    // The last one was not marked yet if the kill came between its end and that.
    assertEquals(again().filter((name) => name !== "4.json").toSorted(), ["1.json", "5.json"]);
  }));

Deno.test("what is no longer there is told: pruned messages, and a large document whose file was removed", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const note = await script(alice, "note", 'echo "$EARSHOT_NAME" >> "$HOME/noted"');
    const line = ["document", "--", note];
    {
      await using a = await alice.up();
      await using on = await startOn(alice, ...line);
      await on.stop();
      for (const text of ["one", "two"]) {
        assertEquals((await bob.run(["say", text, "--to", "alice"])).code, 0);
      }
      await send(bob, "large.json", `["${"x".repeat(70_000)}"]`);
      await send(bob, "last.json", "1");
      await a.stop();
    }
    await Deno.remove(join(alice.home, "earshot-inbox", "bob", "large.json"));
    const db = new DatabaseSync(join(alice.home, "state", "earshot.db"));
    db.exec("DELETE FROM message WHERE kind = 'chat'");
    db.close();
    await using on = await startOn(alice, ...line);
    await untilNoted(alice, 1);
    assertEquals(noted(alice), ["last.json"]);
    await on.waitForStderr(/2 older messages are no longer in the history/);
    await on.waitForStderr(/Skipped large\.json from bob: its file was removed from the inbox\./);
  }));

Deno.test("a peer that comes and goes is told, with those that were there", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    const note = await script(
      alice,
      "note",
      'read -r line; echo "$EARSHOT_EVENT $EARSHOT_FROM $EARSHOT_PEER_STATE ${line%%,*}" >> "$HOME/noted"',
    );
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    await using _on = alice.start(["on", "peer", "--", note]);
    await untilNoted(alice, 1);
    await using _c = await carol.up();
    await untilNoted(alice, 2);
    await b.stop();
    await untilNoted(alice, 3);
    assertEquals(
      noted(alice),
      [["bob", "up"], ["carol", "up"], ["bob", "gone"]].map(([name, state]) =>
        `peer ${name} ${state} {"event":"peer"`
      ),
    );
  }));

Deno.test(
  "its terminal gets nothing that a terminal could take for commands",
  { ignore: lacks("tmux") },
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using _a = await alice.up();
      await using terminal = await alice.terminal(["on", "chat", "--verbose", "--", "cat"]);
      await terminal.waitFor(/Waiting for arrivals/);
      assertEquals((await bob.run(["say", "a\x1b[2Jb", "--to", "alice"])).code, 0);
      await terminal.waitFor(/a␛\[2Jb/);
    }),
);
