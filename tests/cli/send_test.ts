import { pollUntil } from "../support/patience.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type Host, idOf, meet, withHosts } from "./hosts.ts";

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
