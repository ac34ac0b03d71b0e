import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { pollUntil } from "../support/patience.ts";
import { meet, withHosts } from "./hosts.ts";
import { script } from "./on_host.ts";

Deno.test("what a program prints is the answer, nothing is null, and what fails is told with its last line", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const answer = await script(
      alice,
      "answer",
      [
        'echo "$EARSHOT_EVENT $EARSHOT_FROM $(test -s "$EARSHOT_PATH" && echo there)" >> "$HOME/noted"',
        "read -r question",
        'case $question in *nothing*) ;; *text*) echo "no JSON";; *long*) head -c 70000 /dev/zero | tr "\\0" 1;;',
        '*fail*) echo "{}"; echo first >&2; echo "no such lamp" >&2; exit 3;;',
        '*) echo " {\\"got\\": $question}";; esac',
      ].join("\n"),
    );
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    await using on = alice.start(["on", "--verbose", "ask", "--retries", "0", "--", answer]);
    await on.waitForStderr(/Waiting for arrivals/);
    const ask = (question: string, ...options: string[]) =>
      bob.run(["ask", JSON.stringify(question), "--to", "alice", ...options]);
    const read = await ask("read");
    assertEquals([read.code, JSON.parse(read.stdout)], [0, { got: "read" }], read.stderr);
    const nothing = await ask("nothing");
    assertEquals([nothing.code, nothing.stdout.trim()], [0, "null"], nothing.stderr);
    const reasons = {
      fail: /no such lamp/,
      text: /the program printed no JSON/,
      long: /more than the 65000 bytes/,
    };
    for (const [question, why] of Object.entries(reasons)) {
      const { code, stderr } = await ask(question);
      assertEquals(code, 4, stderr);
      assertMatch(stderr, why);
    }
    const noted = Deno.readTextFileSync(join(alice.home, "noted")).split("\n").slice(0, -1);
    assertEquals(noted, Array(5).fill("ask bob there"));
    assertEquals((await on.stop()).code, 0);
  }));

Deno.test("a question that does not fit the filters of a program has no answer, and at once", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const answer = await script(alice, "answer", "cat");
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    await using on = alice.start(["on", "ask", "--verbose", "--from", "carol", "--", answer]);
    await on.waitForStderr(/Waiting for arrivals/);
    const ask = (question: string) => bob.run(["ask", question, "--to", "alice", "--timeout", "20"]);
    assertEquals((await ask('"x"')).code, 4);
    assertEquals((await ask('{"cmd":"info"}')).code, 0);
  }));

Deno.test("once a program's place is given up, its peer answers, also what waited for it", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const answer = await script(alice, "answer", "cat");
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    {
      await using on = alice.start(["on", "ask", "--verbose", "--", answer]);
      await on.waitForStderr(/Waiting for arrivals/);
      const busy = await alice.run(["on", "ask", "--forget", "--", answer]);
      assertEquals(busy.code, 1);
      assertMatch(busy.stderr, /is running: end it first/);
      await on.stop();
    }
    await using info = bob.start(["ask", '{"cmd":"info"}', "--to", "alice", "--timeout", "60"]);
    const waits = async () => (await alice.run(["inbox", "--json"])).stdout.includes('"ask":true');
    await pollUntil(waits, () => "the question waits");
    const other = await alice.run(["on", "ask", "--forget", "--", answer, "other"]);
    assertEquals(other.code, 1);
    assertMatch(other.stderr, /There is no such place/);
    const forgotten = await alice.run(["on", "ask", "--forget", "--", answer]);
    assertEquals([forgotten.code, forgotten.stderr], [0, ""]);
    assertMatch(forgotten.stdout, /^The place of this program is forgotten/);
    const { code, stdout } = await info.ended();
    assertEquals([code, JSON.parse(stdout).name], [0, "alice"]);
    assertEquals((await alice.run(["on", "ask", "--as", "gone", "--forget"])).code, 1);
    assertEquals((await alice.run(["on", "peer", "--forget", "--", answer])).code, 2);
    assertEquals((await alice.run(["on", "ask", "--forget"])).code, 2);
  }));

Deno.test("a question waits for a program that is down, is none for other programs, and is answered once", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const answer = await script(alice, "answer", 'echo run >> "$HOME/noted"; cat');
    const store = await script(alice, "store", 'echo "$EARSHOT_NAME" >> "$HOME/documents"');
    await using a = await alice.up();
    await using b = await bob.up();
    await meet({ alice: a, bob: b });
    const line = ["on", "--verbose", "ask", "--", answer];
    {
      await using on = alice.start(line);
      await on.waitForStderr(/Waiting for arrivals/);
      await on.stop();
    }
    await using other = alice.start(["on", "--verbose", "document", "--", store]);
    await other.waitForStderr(/Waiting for arrivals/);
    await using asking = bob.start(["ask", "[1]", "--to", "alice"]);
    await a.waitForEvent("ask");
    await using on = alice.start(line);
    const { code, stdout } = await asking.ended();
    assertEquals([code, stdout.trim()], [0, "[1]"]);
    assertEquals((await bob.run(["send", "-", "--to", "alice", "--name", "d.json"], { input: "2" })).code, 0);
    const documents = join(alice.home, "documents");
    await pollUntil(
      () => Deno.readTextFile(documents).then((text) => text.endsWith("\n"), () => false),
      () => "the document",
    );
    assertEquals(Deno.readTextFileSync(documents), "d.json\n");
    assertEquals(Deno.readTextFileSync(join(alice.home, "noted")), "run\n");
    await on.stop();
  }));
