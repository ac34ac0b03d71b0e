import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Host, meet, withHosts } from "./hosts.ts";
import { pollUntil } from "../support/patience.ts";
import type { Program } from "../support/program.ts";
import { lacks } from "../support/require.ts";

Deno.test("a document that was sent lies byte for byte in the inbox when the command returns", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const content = '{"t" : 21.50,\r\n "note":"ü\\u0000"}\n';
    const file = await alice.file("reading.json", content);
    await using b = await bob.up();
    const arrives = async (args: string[], name: string, input?: string) => {
      const { code, stdout, stderr } = await alice.run(["send", ...args, "--json"], { input });
      assertEquals(code, 0, stderr);
      assertEquals(await Deno.readTextFile(join(bob.home, "earshot-inbox/alice", name)), input ?? content);
      const event = await b.waitForEvent("document", { name });
      assertEquals([event.from.name, event.size], [
        "alice",
        new TextEncoder().encode(input ?? content).length,
      ]);
      const { id, to, status } = JSON.parse(stdout);
      assertEquals([id, to.name, status], [event.id, "bob", "delivered"]);
    };
    await arrives([file, "--to", "bob"], "reading.json");
    await arrives([file, "--name", "other.json"], "other.json");
    await arrives(["-", "--to", "all"], "document.json", "[1,2]");
    assertEquals(b.json().filter(({ event }) => event === "peer"), [], "a short-lived command was seen");

    await using a = await alice.up();
    await meet({ alice: a, bob: b });
    await arrives([file, "--name", "third.json", "--to", "BOB"], "third.json");
    const { stdout, stderr } = await alice.run(["send", file, "--name", "4.json"]);
    assertEquals(stdout, `Delivered ${file} to bob.\n`);
    assertMatch(stderr, /^To bob \([a-z2-7]{6}\), the one peer that is up\.\n$/);
  }));

Deno.test("comments and trailing commas are removed on the way", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const file = await alice.file("c.jsonc", '{ // why\n "a": [1e400, ], }');
    assertEquals((await alice.run(["send", file])).code, 0);
    assertEquals(
      await Deno.readTextFile(join(bob.home, "earshot-inbox/alice/c.jsonc")),
      '{ \n "a": [1e400 ] }',
    );
  }));

Deno.test("each way to fail has its exit code", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using b = await bob.up("--max-size", "65k");
    const file = await alice.file("a.json", "{}");
    const large = await alice.file("large.json", `"${"x".repeat(70_000)}"`);

    const nobody = await alice.run(["send", file, "--to", "nobody", "--timeout", "0.3"]);
    assertEquals([nobody.code, nobody.stdout], [3, ""]);
    assertStringIncludes(nobody.stderr, '"nobody"');

    const tooLarge = await alice.run(["send", large, "--to", "bob", "--json"]);
    assertEquals(tooLarge.code, 4);
    assertEquals([JSON.parse(tooLarge.stdout).status, JSON.parse(tooLarge.stdout).code], [
      "refused",
      "too-large",
    ]);
    assertStringIncludes((await alice.run(["send", large, "--to", "bob"])).stderr, "bob refused");

    await using c = await carol.up();
    await using a = await alice.up();
    await meet({ alice: a, bob: b, carol: c });
    const several = await alice.run(["send", file]);
    assertEquals([several.code, several.stdout], [2, ""]);
    assertMatch(
      several.stderr,
      /There are 2 peers: bob \(.{6}\), carol \(.{6}\)\. Say which with --to NAME, or --to all\./,
    );
    assertEquals((await alice.run(["send", file, "--to", "all"])).code, 0);
    assertEquals([bob.received("alice"), carol.received("alice")], [["a.json"], ["a.json"]]);
  }));

Deno.test("with several recipients one that is not there is told, and the others get it", () =>
  withHosts(["alice", "bob", "carol"], async (alice, bob, carol) => {
    await using _b = await bob.up();
    await using _c = await carol.up();
    const file = await alice.file("a.json", "{}");
    const all = ["--to", "nobody", "--to", "bob", "--to", "carol", "--timeout", "6"];
    const sent = await alice.run(["send", file, ...all]);
    assertEquals([sent.code, sent.stdout], [1, `Delivered ${file} to bob.\nDelivered ${file} to carol.\n`]);
    assertMatch(
      sent.stderr,
      /earshot: nobody could not be reached, .*a\.json was not sent \(not within earshot\)\./,
    );
    assertEquals([bob.received("alice"), carol.received("alice")], [["a.json"], ["a.json"]]);
    const said = await alice.run(["say", "hi", ...all, "--json"]);
    const results = said.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(results.map(({ to, status }) => [to.name, status]), [
      ["bob", "delivered"],
      ["carol", "delivered"],
      ["nobody", "unreachable"],
    ]);
    assertEquals(said.code, 1);
  }));

Deno.test("a document waits for somebody who has left, named as before", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using a = await alice.up();
    {
      await using b = await bob.up();
      await a.waitForEvent("peer", { state: "up", name: "bob" });
      await b.stop("SIGTERM");
    }
    await a.waitForEvent("peer", { state: "gone", name: "bob" });
    const peers = await alice.run(["peers"]);
    assertMatch(peers.stdout, /^bob .* gone, heard /);
    assertEquals(peers.stderr, "Nobody is within earshot now.\n");
    const file = await alice.file("later.json", "[]");
    const queued = await alice.run(["send", file, "--to", "BOB", "--queue"]);
    assertMatch(queued.stdout, /^Queued .*later\.json for bob \(id /);
    await using b = await bob.up();
    await b.waitForEvent("document", { name: "later.json" });
  }));

/** The id of a machine's peer, which has to be started once to have one. */
async function idOf(host: Host): Promise<string> {
  return JSON.parse((await host.run(["id", "--json"])).stdout).id;
}

/** Starts these peers one after another, where `a` sees them come and go. */
async function comeAndGo(a: Program, ...hosts: Host[]): Promise<void> {
  for (const host of hosts) {
    await using peer = await host.up();
    const id = await idOf(host);
    await a.waitForEvent("peer", { state: "up", id });
    await peer.stop("SIGTERM");
    await a.waitForEvent("peer", { state: "gone", id });
  }
}

Deno.test("of two of one name who have left, the one that is meant is asked for, and taken by six characters", () =>
  withHosts(["alice", "kitchen", "again"], async (alice, kitchen, again) => {
    await again.file("state/earshot.jsonc", '{ "name": "kitchen" }');
    await using a = await alice.up();
    await comeAndGo(a, kitchen, again);
    const file = await alice.file("ten.json", "[10]");
    const ids = [await idOf(kitchen), await idOf(again)];

    const unclear = await alice.run(["send", file, "--to", "kitchen", "--queue"]);
    assertEquals([unclear.code, unclear.stdout], [2, ""]);
    assertStringIncludes(unclear.stderr, '"kitchen" fits 2 peers; name one by its id: ');
    for (const command of [["send", file], ["say", "hi"]]) {
      const { code, stderr } = await alice.run([...command, "--to", "kitchen", "--timeout", "0.2"]);
      assertEquals(code, 3);
      for (const id of ids) assertMatch(stderr, new RegExp(`gone: .*${id} \\(kitchen, heard \\d+ s ago\\)`));
    }
    const queued = await alice.run(["send", file, "--to", ids[1]!.slice(0, 6), "--queue"]);
    assertMatch(queued.stdout, /^Queued .*ten\.json for kitchen \(id /, queued.stderr);
    assertEquals(queued.stderr, `Not within earshot now: kitchen (${ids[1]!.slice(0, 6)}).\n`);
    await using b = await again.up();
    await b.waitForEvent("document", { name: "ten.json" });
    assertEquals(kitchen.received("alice"), []);
  }));

Deno.test("a document waits for somebody with whom messages were exchanged, also where no peer runs", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const file = await alice.file("later.json", "[]");
    {
      await using b = await bob.up();
      assertEquals((await alice.run(["send", file, "--to", "bob", "--name", "first.json"])).code, 0);
      await b.stop("SIGTERM");
    }
    const short = (await idOf(bob)).slice(0, 6);
    for (const [i, target] of ["BOB", short].entries()) {
      const queued = await alice.run(["send", file, "--to", target, "--queue", "--name", `${i}.json`]);
      assertEquals(queued.code, 0, queued.stderr);
      assertMatch(queued.stdout, /^Queued .*later\.json for bob \(id /);
      assertStringIncludes(queued.stderr, `Not within earshot now: bob (${short}).\n`);
    }
    const stranger = await alice.run(["send", file, "--to", "carol", "--queue", "--timeout", "0.2"]);
    assertEquals([stranger.code, stranger.stdout], [3, ""]);
    assertStringIncludes(stranger.stderr, 'No peer "carol" is within earshot or known from before; ');
    await using b = await bob.up();
    await using _a = await alice.up();
    for (const i of [0, 1]) await b.waitForEvent("document", { name: `${i}.json` });
  }));

Deno.test("that a recipient cannot take a document now is told at once, and how long it is tried again", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up("--quota", "100k");
    const small = await alice.file("small.json", `"${"x".repeat(60_000)}"`);
    const large = await alice.file("large.json", `"${"x".repeat(300_000)}"`);
    assertEquals((await alice.run(["send", small, "--to", "bob"])).code, 0);
    for (const running of [false, true]) {
      await using a = running ? await alice.up() : undefined;
      if (a) await meet({ alice: a, bob: b });
      for (const file of [small, large]) {
        await using sending = alice.start(["send", file, "--to", "bob", "--timeout", "600"]);
        await sending.waitForStderr(
          /^bob cannot take \S+\.json now: quota: .*\. Trying again for up to 600 s\.$/m,
        );
        assertEquals((await sending.stop("SIGINT")).code, 130);
      }
    }
    const both = await alice.run(["send", small, large, "--to", "bob", "--timeout", "5"]);
    assertEquals([both.code, both.stderr.match(/Trying again/g)?.length], [1, 1], both.stderr);
    assertEquals(both.stderr.match(/It waits in the outbox \(id /g)?.length, 2);
    const json = await alice.run(["send", small, "--to", "bob", "--timeout", "5", "--json"]);
    assertEquals([json.code, JSON.parse(json.stdout).code], [1, "quota"]);
    assertEquals(json.stderr.includes("Trying again"), false);
  }));

Deno.test("standard input has its names, and special files of the system are refused in a sentence", {
  ignore: Deno.build.os !== "linux",
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    assertEquals((await alice.run(["send", "/dev/stdin", "--to", "bob"], { input: "[7]" })).code, 0);
    assertEquals((await b.waitForEvent("document")).size, 3);
    const { code, stderr } = await alice.run(["send", "/proc/self/environ"]);
    assertEquals([code, stderr], [
      2,
      "earshot: /proc/self/environ cannot be read: special files of the system are not opened (- is standard input).\n",
    ]);
  }));

Deno.test("what can be read only once, as a pipe of the shell, is sent", {
  ignore: Deno.build.os === "windows",
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const pipe = join(alice.home, "pipe.json");
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).code, 0);
    const sent = alice.run(["send", pipe, "--to", "bob"]);
    await Deno.writeTextFile(pipe, '{"once":1}');
    const { code, stderr } = await sent;
    assertEquals(code, 0, stderr);
    assertEquals(await Deno.readTextFile((await b.waitForEvent("document")).path), '{"once":1}');
  }));

Deno.test("a large document is handed over, through a running peer or without one, and its copy goes", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const text = JSON.stringify(Array.from({ length: 60_000 }, (_, n) => ({ n, place: "kitchen" })));
    const file = await alice.file("large.json", text);
    const commented = await alice.file(
      "commented.json",
      `// many\n${text.slice(0, 900_000)}"}]`.replace(/,\{[^{]*$/, ",]"),
    );
    const spool = () => [...Deno.readDirSync(join(alice.home, "state/spool"))];
    for (const running of [false, true]) {
      await using _a = running ? await alice.up() : undefined;
      const { code, stdout } = await alice.run(["send", file, commented, "--to", "bob"]);
      assertEquals([code, stdout], [0, `Delivered ${file} to bob.\nDelivered ${commented} to bob.\n`]);
      assertEquals(spool(), [], `running ${running}`);
      const name = running ? "large-2.json" : "large.json";
      assertEquals(await Deno.readTextFile(join(bob.home, "earshot-inbox/alice", name)), text);
    }
    const wrong = await alice.run(["send", await alice.file("wrong.json", `${text}x`), "--to", "bob"]);
    assertEquals([wrong.code, wrong.stdout], [2, ""]);
    assertStringIncludes(wrong.stderr, `wrong.json: not JSON at byte ${text.length}, line 1.`);
    assertEquals(spool(), []);
  }));

Deno.test("several files go in one command, none of them where one is no JSON", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const files = [];
    for (let i = 0; i < 20; i++) files.push(await alice.file(`${i}.json`, `[${i}]`));
    const bad = await alice.file("bad.json", "oops");
    assertEquals((await alice.run(["send", ...files, bad])).code, 2);
    assertEquals(bob.received("alice"), []);
    const { code, stdout } = await alice.run(["send", ...files]);
    assertEquals(code, 0);
    assertEquals(stdout, files.map((file) => `Delivered ${file} to bob.\n`).join(""));
    assertEquals(bob.received("alice").length, 20);
  }));

Deno.test("the same --id again saves nothing twice", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const file = await alice.file("a.json", "[]");
    const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for (let i = 0; i < 2; i++) assertEquals((await alice.run(["send", file, "--id", id])).code, 0);
    assertEquals(bob.received("alice"), ["a.json"]);
  }));

Deno.test("what was queued without a running peer is delivered when the next one runs", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const file = await alice.file("later.json", "[]");
    {
      await using _b = await bob.up();
      assertEquals((await alice.run(["send", file, "--name", "first.json"])).code, 0);
    }
    const { id } = JSON.parse((await bob.run(["id", "--json"])).stdout);
    const queued = await alice.run(["send", file, "--to", id, "--queue", "--json"]);
    assertEquals([queued.code, JSON.parse(queued.stdout).status], [0, "queued"]);
    assertStringIncludes(queued.stderr, "delivered when earshot next runs");
    await using b = await bob.up();
    await using _a = await alice.up();
    await b.waitForEvent("document", { name: "later.json" });
  }));

Deno.test("twenty commands at once without a running peer all succeed, and nobody's screen is disturbed", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const files = [];
    for (let i = 0; i < 20; i++) files.push(await alice.file(`${i}.json`, `[${i}]`));
    const results = await Promise.all(
      files.map((file) => alice.run(["send", file, "--to", "bob"])),
    );
    for (const { code, stderr } of results) assertEquals(code, 0, stderr);
    assertEquals(bob.received("alice").length, 20);
    for (let i = 0; i < 20; i++) await b.waitForEvent("document");
    assertEquals(b.json().filter(({ event }) => event === "peer"), []);
  }));

/** Waits until somebody is connected to the socket, where the system shows that; the test holds without it as well. */
async function clientOf(path: string): Promise<void> {
  if (Deno.build.os !== "linux") return;
  const connected = () => {
    const { stdout } = new Deno.Command("cat", { args: ["/proc/net/unix"] }).outputSync();
    return new TextDecoder().decode(stdout).split("\n").some((line) =>
      / 03 +\d+ /.test(line) && line.endsWith(path)
    );
  };
  await pollUntil(connected, () => `nobody connected to ${path}`);
}

Deno.test("a command goes on when the one that served it is killed", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using serving = alice.start(["peers", "--watch"]);
    await serving.waitForStderr(/Nobody yet/);
    const file = await alice.file("a.json", "[]");
    await using sending = alice.start(["send", file, "--to", "bob", "--timeout", "60"]);
    await clientOf(join(alice.home, "state", "control.sock"));
    serving.signal("SIGKILL");
    await using _b = await bob.up();
    assertEquals((await sending.ended()).code, 0);
    assertEquals(bob.received("alice"), ["a.json"]);
  }));

Deno.test("a send that is interrupted ends with 130", () =>
  withHosts(["alice"], async (alice) => {
    const file = await alice.file("a.json", "[]");
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      await using program = alice.start(["send", file, "--to", "nobody", "--timeout", "600"]);
      await program.waitForSocket(join(alice.home, "state", "control.sock"));
      assertEquals((await program.stop(signal)).code, 130);
    }
  }));

/** The lines of a stream that came from `sender`, in order. */
function linesOf(host: Host, sender: string, stream: string): number[] {
  const folder = join(host.home, "earshot-inbox", sender);
  return host.received(sender).filter((name) => name.startsWith(stream)).flatMap((name) =>
    Deno.readTextFileSync(join(folder, name)).trim().split("\n").map((line) => JSON.parse(line).n)
  );
}

Deno.test("files of one command come to a stream in the order in which they were named", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const files: string[] = [];
    const order: number[] = [];
    for (let n = 0; n < 60; n++) {
      const text = "x".repeat(n % 4 === 0 ? 60_000 : n);
      files.push(await alice.file(`${n}.json`, JSON.stringify({ n, text }) + (n % 5 === 0 ? "// end" : "")));
      order.push(n);
    }
    files.reverse();
    order.reverse();
    const b = await bob.up();
    const id = await idOf(bob);
    const send = async (...options: string[]) => {
      const { code, stdout, stderr } = await alice.run([
        "send",
        ...files,
        "--to",
        id,
        ...options,
      ]);
      assertEquals([code, stdout.trim().split("\n").length], [0, 60], stderr);
    };
    await send("--stream", "brief");
    assertEquals(linesOf(bob, "alice", "brief"), order);
    {
      await using a = await alice.up();
      await a.waitForEvent("peer", { state: "up", name: "bob" });
      await send("--stream", "running");
      assertEquals(linesOf(bob, "alice", "running"), order);
      await send("--stream", "queued", "--queue");
      for (const _ of files) await b.waitForEvent("document", { stream: "queued" });
      assertEquals(linesOf(bob, "alice", "queued"), order);
    }
    await b.stop("SIGTERM");
    await b[Symbol.asyncDispose]();
    await send("--stream", "later", "--queue");
    await using _a = await alice.up();
    await using again = await bob.up();
    for (const _ of files) await again.waitForEvent("document", { stream: "later" });
    assertEquals(linesOf(bob, "alice", "later"), order);
  }));

Deno.test("everything that is wrong with several files is told, each by its name, before anything leaves", {
  ignore: Deno.build.os === "windows",
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const good = await alice.file("good.json", "[1]");
    const large = await alice.file("large.json", JSON.stringify("x".repeat(200_000)));
    const newline = await alice.file("new\nline.json", "[1]");
    const wrong = await alice.file("wrong.json", "{");
    const none = join(alice.home, "none.json");
    const folder = alice.home;
    const files = [good, large, newline, large, wrong, none, folder, join(alice.home, "caf\ufffd.json")];
    for (const running of [false, true]) {
      await using a = running ? await alice.up() : undefined;
      await a?.waitForEvent("peer", { state: "up", name: "bob" });
      const { code, stdout, stderr } = await alice.run(["send", ...files, "--to", "bob"]);
      assertEquals([code, stdout], [2, ""]);
      assertEquals(stderr.trim().split("\n").filter((line) => line.startsWith("earshot: ")), [
        `earshot: ${alice.home}/new line.json: its name has control characters. ` +
        "Rename it, or send it by itself with --name NAME.",
        `earshot: ${wrong}: not JSON at byte 1, line 1.`,
        `earshot: There is no file ${none}.`,
        `earshot: ${folder} cannot be read: it is a folder.`,
        `earshot: There is no file ${alice.home}/caf\ufffd.json. Its name is not UTF-8, it seems: rename it, ` +
        "or send it through standard input with --name NAME. Nothing was sent.",
      ]);
      assertEquals(bob.received("alice"), []);
      assertEquals([...Deno.readDirSync(join(alice.home, "state/spool"))], []);
    }
    const renamed = await alice.run(["send", newline, "--name", "good name.json"]);
    assertEquals([renamed.code, bob.received("alice")], [0, ["good name.json"]]);
    const tooLong = await alice.run(["send", good, "--name", "x".repeat(129)]);
    assertEquals([tooLong.code, tooLong.stderr], [
      2,
      "earshot: --name has 129 bytes, and 128 are the most.\n",
    ]);
    const stream = await alice.run(["send", good, large, "--stream", "log"]);
    assertEquals([stream.code, stream.stdout], [2, ""]);
    assertStringIncludes(
      stream.stderr,
      `${large} has 200002 bytes: a document of a stream has at most 65000.`,
    );
    assertEquals(bob.received("alice"), ["good name.json"]);
  }));

Deno.test("a name that is too long is shortened between characters, and the user is told", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const first = await alice.file("first.json", "[1]");
    const long = await alice.file("報".repeat(43) + ".json", "[2]");
    const sent = await alice.run(["send", first, long, "--to", "bob"]);
    assertEquals([sent.code, sent.stdout], [0, `Delivered ${first} to bob.\nDelivered ${long} to bob.\n`]);
    const name = "報".repeat(41) + ".json";
    assertStringIncludes(sent.stderr, `${long} goes as ${name}: its own name is too long.\n`);
    assertEquals(bob.received("alice"), ["first.json", name]);
  }));

Deno.test("no copy of a large document stays where nobody can be sent to, or it is refused, or interrupted", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const large = await alice.file("large.json", JSON.stringify("x".repeat(200_000)));
    const spool = () => [...Deno.readDirSync(join(alice.home, "state/spool"))];
    const twice = await alice.run(["send", large, large, "--to", "nobody", "--timeout", "0.2"]);
    assertEquals([twice.code, spool()], [3, []]);
    await using b = await bob.up("--max-size", "100k");
    for (const running of [false, true]) {
      await using a = running ? await alice.up() : undefined;
      if (a) await meet({ alice: a, bob: b });
      const refused = await alice.run(["send", large, large, "--to", "bob"]);
      assertEquals([
        refused.code,
        refused.stderr.match(/refused \S+large\.json: too-large/g)?.length,
        spool(),
      ], [4, 2, []]);
    }
    await using reading = alice.start(["send", large, "-", "--to", "bob"], { stdin: "piped" });
    await reading.write(`"${"x".repeat(2_000_000)}`);
    await pollUntil(() => spool().length === 2, () => `${spool().length} copies in the spool`);
    assertEquals((await reading.stop("SIGINT")).code, 130);
    assertEquals(spool(), []);
  }));

Deno.test("results name the recipient as it was addressed, though it has another name by now", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    const file = await alice.file("a.json", "[]");
    const id = await idOf(bob);
    await using a = await alice.up();
    {
      await using b = await bob.up();
      await a.waitForEvent("peer", { state: "up", name: "bob" });
      assertEquals((await alice.run(["trust", "bob"])).code, 0);
      await b.stop("SIGTERM");
    }
    await using robert = await bob.up("--name", "robert");
    await pollUntil(
      async () => (await alice.run(["peers", "--json"])).stdout.includes('"robert"'),
      () => "bob is called robert",
    );
    for (const command of [["send", file], ["say", "hi"], ["send", file, "--queue"]]) {
      const { code, stdout } = await alice.run([...command, "--to", "bob", "--json"]);
      assertEquals([code, JSON.parse(stdout).to], [0, { id, name: "bob" }]);
      const people = await alice.run([...command, "--to", "bob"]);
      assertMatch(people.stdout, / (to|for) bob\b/);
    }
    await robert.stop("SIGTERM");
    await using _full = await bob.up("--name", "rob", "--quota", "1");
    await using sending = alice.start(["send", file, "--to", "bob", "--timeout", "600"]);
    await sending.waitForStderr(/^bob cannot take \S+ now: quota: /m);
    assertEquals((await alice.run(["block", id])).code, 0);
    const blocked = await sending.ended();
    assertEquals(blocked.code, 4);
    assertStringIncludes(blocked.stderr, `bob refused ${file}: refused: it is blocked here`);
  }));

Deno.test("what standard input holds is said as one message", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    const say = (input: string | Uint8Array, ...rest: string[]) =>
      alice.run(["say", "-", "--to", "bob", ...rest], { input: input as string });
    assertEquals((await say("text\n")).stdout.startsWith("Said to bob ("), true);
    assertEquals((await b.waitForEvent("chat")).text, "text");
    assertEquals((await say("\ufefftwo\r\nlines ü\r\n")).code, 0);
    assertEquals((await b.waitForEvent("chat")).text, "two\r\nlines ü");
    assertEquals((await alice.run(["say", "a", "-", "b", "--to", "bob"])).code, 0);
    assertEquals((await b.waitForEvent("chat")).text, "a - b");
    const faults: [string | Uint8Array, string][] = [
      ["\n", "There is nothing to say"],
      ["x".repeat(16_385), "standard input is longer than the 16384 bytes of a chat message"],
      [Uint8Array.of(0x67, 0xfc, 0x0a), 'standard input is not UTF-8: byte 0xFC is "ü" in Windows-1252; '],
    ];
    for (const [input, message] of faults) {
      const { code, stdout, stderr } = await say(input);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, message);
    }
    assertEquals((await say("x".repeat(16_384) + "\n")).code, 0);
    assertEquals((await b.waitForEvent("chat")).text.length, 16_384);
  }));

Deno.test("a command that reads the keyboard says so, and ends with Ctrl-D or Ctrl-C", {
  ignore: lacks("tmux"),
}, () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using b = await bob.up();
    for (const [command, text] of [["send", "[7]"], ["say", "typed"]] as const) {
      await using screen = await alice.terminal([command, "-", "--to", "bob"]);
      await screen.waitFor(
        /^Reading from the keyboard: Ctrl-D on a line of its own ends it, Ctrl-C gives up\.$/m,
      );
      await screen.type(text);
      await screen.press("Enter", "C-d");
      await screen.waitFor(/^\[exit 0\]$/m);
    }
    assertEquals((await b.waitForEvent("document")).size, 4);
    assertEquals((await b.waitForEvent("chat")).text, "typed");
    await using screen = await alice.terminal(["send", "-"]);
    await screen.waitFor(/Reading from the keyboard/);
    await screen.press("C-c");
    await screen.waitFor(/\[exit 130\]$/m);
  }));

Deno.test("that comments were removed is said, but not to those who want no remarks", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using _b = await bob.up();
    const file = await alice.file("c.jsonc", "[1, // why\n]");
    const { stderr } = await alice.run(["send", file, "--to", "bob"]);
    assertStringIncludes(stderr, `Comments or trailing commas were removed from ${file}.\n`);
    assertEquals((await alice.run(["send", file, "--to", "bob", "--quiet"])).stderr, "");
  }));
