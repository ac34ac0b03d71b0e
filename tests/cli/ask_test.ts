import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ulid } from "@std/ulid";
import { join } from "@std/path";
import { Peer } from "../../lib/mod.ts";
import type { PeerOptions } from "../../lib/mod.ts";
import { lacks } from "../support/require.ts";
import { type Host, withHosts } from "./hosts.ts";

const group = (host: Host) => host.options[host.options.indexOf("--group") + 1]!;

/** A peer that answers, in the group of a host. */
function answering(host: Host, name: string, onAsk: PeerOptions["onAsk"]): Promise<Peer> {
  const folder = join(host.home, `${name}-peer`);
  const folders = { state: join(folder, "state"), inbox: join(folder, "inbox") };
  return Peer.start({ name, group: group(host), port: 0, interfaces: ["lo"], ...folders, onAsk });
}

Deno.test("ask prints the answer as it came, with and without a running peer, and keeps it in the inbox", () =>
  withHosts(["alice"], async (alice) => {
    const bytes = new TextEncoder().encode('{ "celsius": 21.50,\n "id": 12345678901234567890 }');
    await using _kitchen = await answering(alice, "kitchen", () => bytes);
    for (const running of [false, true]) {
      await using a = running ? await alice.up() : undefined;
      const asked = await alice.run(["ask", '{"cmd": "read"}', "--to", "kitchen"]);
      assertEquals([asked.code, asked.stdout], [0, `${new TextDecoder().decode(bytes)}\n`], asked.stderr);
      const input = await alice.run(["ask", "-", "--to", "kitchen", "--json"], { input: '// why\n"x"\n' });
      assertEquals(input.code, 0, input.stderr);
      assertStringIncludes(input.stdout, '"answer":{"celsius":21.50,"id":12345678901234567890}');
      const { status, path, answerId } = JSON.parse(input.stdout);
      assertEquals([status, await Deno.readFile(path)], ["answered", bytes]);
      assertEquals(
        (await alice.run(["inbox", "show", answerId])).stdout.trim(),
        new TextDecoder().decode(bytes),
      );
      if (a) assertEquals((await a.waitForEvent("document", { path })).name, "answer.json");
    }
    const found = await alice.run(["inbox", "sql", "SELECT count(*) FROM received WHERE re IS NOT NULL"]);
    assertMatch(found.stdout, /\b4\b/);
  }));

Deno.test("a question that is not answered has an exit code and a sentence", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const noAnswer = await alice.run(["ask", "1", "--to", "bob"]);
    assertEquals([noAnswer.code, noAnswer.stdout], [4, ""]);
    assertMatch(noAnswer.stderr, /^earshot: bob does not answer: nobody here answers questions\.$/m);
    const info = await alice.run(["ask", '{"cmd":"info"}', "--to", "bob"]);
    assertEquals([info.code, JSON.parse(info.stdout).name], [0, "bob"]);

    await using _kitchen = await answering(alice, "kitchen", () => {
      throw new Error("no sensor\u001b[31m");
    });
    const failed = await alice.run(["ask", "1", "--to", "kitchen"]);
    assertEquals(failed.code, 4);
    assertMatch(failed.stderr, /^earshot: kitchen could not answer: no sensor.*\.$/m);
    assertEquals(failed.stderr.includes("\u001b[31m"), false);
    const json = await alice.run(["ask", "1", "--to", "kitchen", "--json"]);
    const { status, code } = JSON.parse(json.stdout);
    assertEquals([json.code, status, code], [4, "failed", "failed"]);

    const nobody = await alice.run(["ask", "1", "--to", "nobody", "--timeout", "0.3"]);
    assertEquals(nobody.code, 3);
  }));

Deno.test("an answer that is not there in time ends ask with 5; the same command later prints it, and asks nobody twice", () =>
  withHosts(["alice"], async (alice) => {
    const go = Promise.withResolvers<string>();
    let asked = 0;
    const came = Promise.withResolvers<void>();
    await using kitchen = await answering(alice, "kitchen", () => {
      asked++;
      came.resolve();
      return go.promise;
    });
    const id = ulid();
    const ask = (...more: string[]) => alice.run(["ask", "1", "--to", kitchen.id, "--id", id, ...more]);
    const late = await ask("--timeout", "3");
    await came.promise;
    assertEquals([late.code, late.stdout], [5, ""], late.stderr);
    assertStringIncludes(late.stderr, `--id ${id} waits for it again`);
    go.resolve("here");
    const again = await ask();
    assertEquals([again.code, again.stdout, asked], [0, '"here"\n', 1], again.stderr);
  }));

Deno.test("several recipients: a line for each answer as it comes, and each that has none is told", () =>
  withHosts(["alice"], async (alice) => {
    const go = Promise.withResolvers<number>();
    await using _attic = await answering(alice, "attic", () => go.promise);
    await using _kitchen = await answering(alice, "kitchen", () => ({ a: [1, 2] }));
    const all = ["--to", "attic", "--to", "kitchen"];
    await using asking = alice.start(["ask", "1", ...all, "--json"]);
    await asking.waitForLine(/"kitchen".*"answer":\{"a":\[1,2\]\}/);
    assertEquals(asking.stdout.includes("attic"), false);
    go.resolve(7);
    const { code } = await asking.ended();
    assertEquals(code, 0);
    assertMatch(asking.stdout, /"attic".*"answer":7/);
    const mixed = await alice.run(["ask", "1", ...all, "--to", "nobody", "--timeout", "6"]);
    assertEquals(mixed.code, 1, mixed.stderr);
    assertEquals(mixed.stdout.trim().split("\n").toSorted(), ["attic: 7", 'kitchen: {"a":[1,2]}']);
  }));

Deno.test("Ctrl-C ends ask at once, and a peer that starts while it waits takes it over", () =>
  withHosts(["alice"], async (alice) => {
    const asked: (() => void)[] = [];
    await using kitchen = await answering(
      alice,
      "kitchen",
      () => new Promise((resolve) => asked.push(() => resolve(1))),
    );
    for (const running of [false, true]) {
      await using _a = running ? await alice.up() : undefined;
      await using asking = alice.start(["ask", "1", "--to", kitchen.id, "--timeout", "600"]);
      await asking.waitForSocket(join(alice.home, "state", "control.sock"));
      assertEquals((await asking.stop("SIGINT")).code, 130);
    }
    await using asking = alice.start(["ask", "2", "--to", kitchen.id, "--timeout", "600"]);
    await asking.waitForSocket(join(alice.home, "state", "control.sock"));
    await using a = await alice.up();
    // It is asked anew, or was before: its answer comes in both cases.
    const timer = setInterval(() => asked.splice(0).forEach((answer) => answer()), 20);
    try {
      const { code, stdout } = await asking.ended();
      assertEquals([code, stdout], [0, "1\n"], asking.stderr);
    } finally {
      clearInterval(timer);
    }
    await a.stop("SIGTERM");
  }));

Deno.test(
  "/ask in the chat shows the answer, or why there is none",
  { ignore: lacks("tmux") },
  () =>
    withHosts(["alice"], async (alice) => {
      await using _kitchen = await answering(alice, "kitchen", ({ json }) => {
        if (json === 1) throw new Error("not one");
        return { got: json };
      });
      await using screen = await alice.terminal([]);
      await screen.waitFor(/\+ kitchen \([a-z2-7]{6}\)/);
      await screen.type('/ask kitchen {"cmd": "read"}');
      await screen.press("Enter");
      await screen.waitFor(/^kitchen: \{"got":\{"cmd":"read"\}\}$/m);
      await screen.type("/ask kitchen 1");
      await screen.press("Enter");
      await screen.waitFor(/^! kitchen could not answer: not one\.$/m);
      await screen.type("/ask kitchen {");
      await screen.press("Enter");
      await screen.waitFor(/^! The question: not JSON/m);
    }),
);
