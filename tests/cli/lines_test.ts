import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { pollUntil } from "../support/patience.ts";
import { lacks } from "../support/require.ts";
import { type Host, meet, withHosts } from "./hosts.ts";

/** What came into a stream from alice, in order. */
function stream(host: Host, name: string): unknown[] {
  const folder = join(host.home, "earshot-inbox/alice");
  return host.received("alice").filter((file) => file.startsWith(`${name}-`)).flatMap((file) =>
    Deno.readTextFileSync(join(folder, file)).trim().split("\n").map((line) => JSON.parse(line))
  );
}

/**
 * Waits until a sender has so many acknowledgements in its history: it takes each just after the receiver has told of
 * the document.
 */
async function acknowledged(sender: Host, count: number): Promise<void> {
  using db = new DatabaseSync(join(sender.home, "state", "earshot.db"), { readOnly: true });
  const delivered = db.prepare("SELECT count(*) AS n FROM sent WHERE status = 'delivered'");
  await pollUntil(() => delivered.get()!.n === count, () => `${count} acknowledged`);
}

Deno.test("every line of a file is a document, in order, with and without a running peer", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const count = 700;
    const numbers = Array.from({ length: count }, (_, n) => n);
    const file = await alice.file(
      "readings.jsonl",
      numbers.map((n) => `{"n":${n},"pad":"${"x".repeat(n % 97 === 0 ? 60_000 : n)}"}`).join("\r\n"),
    );
    const large = `{"n":1,"pad":"${"y".repeat(100_000)}"}`;
    const mixed = await alice.file("mixed.ndjson", `[1]\n\n${large}\n[2]`);
    for (const name of ["brief", "running"]) {
      await using a = name === "running" ? await alice.up() : undefined;
      if (a) await meet({ alice: a, bob: b });
      const { code, stdout, stderr } = await alice.run([
        "send",
        "--lines",
        file,
        "--to",
        "bob",
        "--stream",
        name,
      ]);
      assertEquals([code, stdout], [0, `Delivered ${count} documents to bob.\n`], stderr);
      assertEquals(stream(bob, name).map((each) => (each as { n: number }).n), numbers);

      const own = await alice.run(["send", "--lines", mixed, "--to", "bob", "--json"]);
      assertEquals(own.code, 0, own.stderr);
      const results = own.stdout.trim().split("\n").map((line) => JSON.parse(line));
      assertEquals(results.map(({ line, status, to }) => [line, status, to.name]), [
        [1, "delivered", "bob"],
        [3, "delivered", "bob"],
        [4, "delivered", "bob"],
      ]);
      const came = [];
      for (let n = 0; n < 3; n++) came.push(await b.waitForEvent("document", { name: "mixed.json" }));
      assertEquals(came.map(({ id }) => id), results.map(({ id }) => id), "in the order of the lines");
      assertEquals(await Promise.all(came.map(({ path }) => Deno.readTextFile(path))), ["[1]", large, "[2]"]);
      const sent = await alice.run(["inbox", "sql", "SELECT count(*) AS n FROM sent", "--json"]);
      const { n } = JSON.parse(sent.stdout);
      assertEquals(n, (count + 3) * (a ? 2 : 1), "the history has them when the command returns");
    }
    assertEquals([...Deno.readDirSync(join(alice.home, "state/spool"))], []);
  }));

Deno.test("a pipe's lines go as they come, and Ctrl-C tells where to continue", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    await using sending = alice.start(["send", "--lines", "-", "--to", "bob", "--name", "r.json"], {
      stdin: "piped",
    });
    for (const n of [1, 2, 3]) {
      await sending.write(`[${n}]\n`);
      const { path } = await b.waitForEvent("document");
      assertEquals(await Deno.readTextFile(path), `[${n}]`);
    }
    await acknowledged(alice, 3);
    const { code, stderr } = await sending.stop("SIGINT");
    assertEquals(code, 130);
    assertMatch(stderr, /Interrupted: everything up to line 3 of standard input was acknowledged/);
  }));

Deno.test("a line that is no document ends the command after those before it, or is passed over with --skip-bad", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const file = await alice.file("a.jsonl", `[1]\noops\n["${"x".repeat(65_000)}"]\n[4]`);
    const send = (...options: string[]) =>
      alice.run(["send", "--lines", file, "--to", "bob", "--stream", "s", ...options]);
    const stopped = await send();
    assertEquals([stopped.code, stopped.stdout], [2, "Delivered 1 document to bob.\n"]);
    assertMatch(
      stopped.stderr,
      /a\.jsonl, line 2 is not JSON at byte 0\. The lines before it were sent; --skip/,
    );
    assertEquals(stream(bob, "s"), [[1]]);
    const skipped = await send("--skip-bad");
    assertEquals([skipped.code, skipped.stdout], [0, "Delivered 2 documents to bob.\n"], skipped.stderr);
    assertMatch(
      skipped.stderr,
      /line 2 is not JSON at byte 0: skipped\.\n.*line 3 has more than 65000 bytes/,
    );
    assertStringIncludes(skipped.stderr, "2 lines were skipped.");
    assertEquals(stream(bob, "s"), [[1], [1], [4]]);

    const large = await alice.file("large.jsonl", `["${"x".repeat(70_000)}"]\n[2]`);
    await using _small = await bob.up("--profile", "small", "--name", "small", "--max-size", "1k");
    const refused = await alice.run(["send", "--lines", large, "--to", "small"]);
    assertEquals([refused.code, refused.stdout], [4, "Delivered 1 document to small.\n"], refused.stderr);
    assertMatch(refused.stderr, /small refused line 1 of .*large\.jsonl: too-large/);
  }));

Deno.test("a recipient that is silent is given up while the pipe is silent, too, and the others get all lines", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using b = await bob.up();
    await using c = await carol.up();
    await using sending = alice.start(
      ["send", "--lines", "-", "--to", "bob", "--to", "carol", "--timeout", "5"],
      { stdin: "piped" },
    );
    await sending.write("[1]\n");
    for (const peer of [b, c]) await peer.waitForEvent("document");
    await acknowledged(alice, 2);
    b.signal("SIGSTOP");
    await sending.write("[2]\n");
    await c.waitForEvent("document");
    await sending.waitForStderr(/bob did not acknowledge line 2 of standard input in time/);
    await sending.write("[3]\n");
    await c.waitForEvent("document");
    await acknowledged(alice, 4);
    c.signal("SIGSTOP");
    await sending.write("[4]\n");
    const { code, stdout, stderr } = await sending.ended();
    assertEquals(
      [code, stdout],
      [1, "Delivered 1 document to bob.\nDelivered 3 documents to carol.\n"],
      stderr,
    );
    assertMatch(stderr, /carol did not acknowledge line 4 .* What comes after it is not sent there/);
    for (const peer of [b, c]) peer.signal("SIGCONT");
  }));

Deno.test("a slow recipient takes all lines at its pace, in bounded memory; one that stalls is given up after the timeout", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const pad = "x".repeat(8_000);
    const size = pad.length + 20;
    const timeout = 5_000;
    /** What may be under way, and in buffers on the way to the command and from it. */
    const mostAhead = (4 + 1.5) * 1024 * 1024;
    const count = Math.ceil(3 * mostAhead / size);
    const options = ["--to", "bob", "--stream", "slow", "--timeout", `${timeout / 1_000}`, "--json"];
    await using sending = alice.start(["send", "--lines", "-", ...options], { stdin: "piped" });
    let ahead = 0;
    let written = 0;
    void (async () => {
      while (written < count) {
        await sending.write(`{"n":${written},"pad":"${pad}"}\n`);
        ahead = Math.max(ahead, ++written - sending.lines.length);
      }
      await sending.endInput();
    })().catch(() => {/* the command has ended */});
    const stops = 10;
    for (let stop = 1; stop <= stops; stop++) {
      const wanted = stop * count / stops / 2;
      await pollUntil(() => sending.lines.length >= wanted, () => `${wanted} results; ${sending.stderr}`);
      b.signal("SIGSTOP");
      // All stops together are longer than the timeout.
      await new Promise((resolve) => setTimeout(resolve, timeout / (stops - 2)));
      if (stop < stops) b.signal("SIGCONT");
    }
    const { code, stderr } = await sending.ended();
    assertEquals(code, 1, stderr);
    assert(ahead * size < mostAhead, `${ahead} lines were taken that have no outcome`);
    const results = sending.json();
    assertEquals(results.map(({ line }) => line), results.map((_, at) => at + 1));
    const done = results.findIndex(({ status }) => status !== "delivered");
    assert(done >= count / 2, `${done} delivered`);
    assert(results.slice(done).every(({ status }) => status !== "delivered"), "in order");
    b.signal("SIGCONT");
    // What may have arrived is in the outbox, what was not sent is not.
    await using _a = await alice.up();
    const sent = results.findLastIndex(({ status }) => status !== "unreachable");
    await pollUntil(() => stream(bob, "slow").length > sent, () => `${sent + 1} lines there`);
    assertEquals(
      stream(bob, "slow").map((each) => (each as { n: number }).n),
      Array.from({ length: sent + 1 }, (_, n) => n),
    );
  }));

Deno.test("lines wait in the outbox with --queue, and come in order", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    {
      await using _b = await bob.up();
      assertEquals((await alice.run(["say", "hi", "--to", "bob"])).code, 0);
    }
    const lines = Array.from({ length: 50 }, (_, n) => `[${n}]`);
    const { code, stdout } = await alice.run(
      ["send", "--lines", "-", "--to", "bob", "--queue", "--stream", "q"],
      { input: lines.join("\n") },
    );
    assertEquals([code, stdout], [0, "Queued 50 documents for bob.\n"]);
    await using _a = await alice.up();
    await using b = await bob.up();
    for (const _ of lines) await b.waitForEvent("document", { stream: "q" });
    assertEquals(stream(bob, "q").map((each) => JSON.stringify(each)), lines);
  }));

Deno.test("options that do not go with lines are told", () =>
  withHosts(["alice"], async (alice) => {
    const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for (
      const [args, message] of [
        [["--lines", "-", "--id", id], "--id names one document, and --lines sends many"],
        [["-", "--skip-bad"], "--skip-bad goes with --lines"],
        [["--lines", "none.jsonl"], "There is no file none.jsonl"],
      ] as const
    ) {
      const { code, stdout, stderr } = await alice.run(["send", ...args]);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, message);
    }
  }));

Deno.test(
  "a terminal shows the progress of lines, and nothing of it is left",
  { ignore: lacks("tmux") },
  () =>
    withHosts(["alice", "bob"], async (alice, bob) => {
      await using _b = await bob.up();
      const pipe = join(alice.home, "pipe");
      assert(new Deno.Command("mkfifo", { args: [pipe] }).outputSync().success);
      await using terminal = await alice.terminal(["send", "--lines", pipe, "--to", "bob"]);
      {
        using input = await Deno.open(pipe, { write: true });
        await input.write(new TextEncoder().encode("[1]\n[2]\n"));
        await terminal.waitFor(/^2 acknowledged$/m);
      }
      const lines = await terminal.waitFor(/exit 0/);
      assertEquals(lines.filter((line) => /acknowledged|Delivered/.test(line)), [
        "Delivered 2 documents to bob.",
      ]);
    }),
);
