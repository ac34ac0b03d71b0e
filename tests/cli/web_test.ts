// `earshot web` as a user starts it, with requests made by hand. What a browser does with it is in tests/web.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { freePort } from "../support/free_port.ts";
import { BareClient } from "../support/http_door.ts";
import { pollUntil } from "../support/patience.ts";
import type { JsonLine, Program } from "../support/program.ts";
import { lacks } from "../support/require.ts";
import { readTrace, startTraced } from "../support/strace.ts";
import { type Host, idOf, meet, withHosts } from "./hosts.ts";

/** A page that is served, as its address tells. */
class Page {
  readonly host: string;
  readonly token: string;

  constructor(readonly url: string) {
    const { host, hash } = new URL(url);
    this.host = host;
    this.token = hash.slice("#token=".length);
  }

  /** Waits for the address that the command prints. */
  static async of(program: Program): Promise<Page> {
    return new Page(await program.waitForLine(/^http:/));
  }

  async ask(line: string, body?: string): Promise<{ status: number; text: string; headers: Headers }> {
    const [method, path] = line.split(" ");
    const headers = { authorization: `Bearer ${this.token}` };
    const response = await fetch(`http://${this.host}${path}`, { method, body, headers });
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  async call(name: string, params: JsonLine = {}): Promise<JsonLine> {
    const { status, text } = await this.ask(`POST /api/call/${name}`, JSON.stringify(params));
    assertEquals(status, 200, text);
    return JSON.parse(text);
  }

  /** Sends bytes as they are, and returns all that is answered. */
  async raw(text: string): Promise<string> {
    const [hostname, port] = this.host.split(":");
    using client = new BareClient(await Deno.connect({ hostname, port: Number(port) }));
    await client.write(text);
    return await client.rest();
  }

  /** Reads the events. */
  async events(): Promise<Events> {
    const headers = { authorization: `Bearer ${this.token}` };
    const { body } = await fetch(`http://${this.host}/api/events`, { headers });
    return new Events(body!.getReader());
  }
}

/** Events as they come. */
class Events implements AsyncDisposable {
  readonly lines: JsonLine[] = [];
  readonly #done: Promise<void>;

  constructor(private readonly reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#done = this.#read().catch(() => {});
  }

  /** Waits for a line with these members. */
  async waitFor(fields: JsonLine): Promise<JsonLine> {
    const find = () =>
      this.lines.find((line) => Object.entries(fields).every(([key, value]) => line[key] === value));
    await pollUntil(
      () => find() !== undefined,
      () => `${JSON.stringify(fields)} in ${JSON.stringify(this.lines)}`,
    );
    return find()!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The runtime can lose the signal of a fetch.
    await this.reader.cancel().catch(() => {/* its server ended */});
    await this.#done;
  }

  async #read(): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    for (let read; !(read = await this.reader.read()).done;) {
      const parts = (text + decoder.decode(read.value, { stream: true })).split("\n");
      text = parts.pop()!;
      this.lines.push(...parts.map((line) => JSON.parse(line)));
    }
  }
}

function startWeb(host: Host, ...args: string[]): Program {
  return host.start(["web", "--listen", `127.0.0.1:${freePort()}`, ...args]);
}

Deno.test("earshot web is a peer of its own: others see it, what it sends and gets is in the page, and it ends at once", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using there = await bob.up();
    await using web = startWeb(alice);
    const page = await Page.of(web);
    assertMatch(page.url, /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32}$/);
    await web.waitForStderr(/^Ctrl-C ends it\.$/m);
    await there.waitForEvent("peer", { state: "up", name: "alice" });
    await using events = await page.events();
    await events.waitFor({});
    assertEquals(events.lines[0], { hello: { row: 0, sent: 0 } });
    await pollUntil(async () => (await page.call("everyone", { wait: 0 })).length === 1, () => "bob");

    // Another command of the profile works through it.
    const listed = await alice.run(["peers", "--json"]);
    assertStringIncludes(listed.stdout, `"bob"`);
    assertEquals((await page.call("status")).pid, web.pid);

    // What is dropped on the page.
    const to = await idOf(bob);
    const small = await page.ask(`POST /api/send?to=${to}&name=drop.json`, `{ "n": 1.00 }`);
    assertStringIncludes(small.text, `"status":"delivered"`);
    const large = JSON.stringify("z".repeat(200_000));
    const sent = await page.ask(`POST /api/send?to=all&name=large.json`, large);
    assertStringIncludes(sent.text, `"status":"delivered"`);
    assertEquals(bob.received("alice").filter((name) => !name.startsWith(".")), ["drop.json", "large.json"]);
    assertEquals(await Deno.readTextFile(join(bob.home, "earshot-inbox/alice/drop.json")), `{ "n": 1.00 }`);
    assertEquals(await Deno.readTextFile(join(bob.home, "earshot-inbox/alice/large.json")), large);

    // What comes in is told, read as text, and downloaded once.
    for (const [name, text] of [["<b>.html", `"<script>alert(1)</script>"`], ["big.json", large]] as const) {
      const file = await bob.file(name.replace(/[<>]/g, "_"), text);
      assertEquals((await bob.run(["send", file, "--name", name, "--to", "alice"])).code, 0);
      const { path: saved } = await events.waitFor({ event: "document", size: text.length });
      assertEquals(await Deno.readTextFile(saved), text);
      const { row } =
        JSON.parse((await page.ask("GET /api/messages?kind=document&limit=1")).text).messages[0];
      const read = await page.ask(`GET /api/document?row=${row}`);
      assertEquals([read.status, read.text], [200, text]);
      assertEquals(read.headers.get("content-type"), "text/plain; charset=utf-8");
      const { path } = JSON.parse((await page.ask("POST /api/ticket", JSON.stringify({ row }))).text);
      assertMatch(path, /^\/download\/[\w-]{32}$/);
      const download = await fetch(`http://${page.host}${path}`);
      assertEquals(await download.text(), text);
      assertEquals(download.headers.get("content-type"), "application/octet-stream");
      assertMatch(
        download.headers.get("content-disposition")!,
        /^attachment; filename="[\w.-]+\.json"; filename\*=UTF-8''/,
      );
      assertEquals(download.headers.get("x-content-type-options"), "nosniff");
      const again = await fetch(`http://${page.host}${path}`);
      assertEquals(again.status, 404);
      await again.body?.cancel();
    }

    const asked = performance.now();
    web.signal("SIGINT");
    const { code, stderr } = await web.ended();
    assert(performance.now() - asked < 10_000);
    assertEquals(code, 0, stderr);
    await there.waitForEvent("peer", { state: "gone", name: "alice" });
  }));

Deno.test("earshot web works through the running peer and survives its restart, or takes its place", () =>
  withHosts(["alice", "bob"], async (alice, bob) => {
    await using there = await bob.up();
    let peer = await alice.up();
    await using web = startWeb(alice, "--json");
    const { url, token } = await web.waitForJson({});
    const page = new Page(url);
    assertEquals(page.token, token);
    assertEquals((await page.call("status")).pid, peer.pid);
    await using events = await page.events();
    await peer.stop();
    await events.waitFor({ peer: "away" });
    peer = await alice.up();
    try {
      await events.waitFor({ peer: "back" });
      assertEquals((await page.call("status")).pid, peer.pid);
      await meet({ alice: peer, bob: there });
      assertEquals((await bob.run(["say", "hello again", "--to", "alice"])).code, 0);
      await events.waitFor({ event: "chat", text: "hello again" });
    } finally {
      await peer.stop();
    }
    // Nobody starts it again.
    assertEquals((await page.call("status")).pid, web.pid);
    assertStringIncludes((await alice.run(["run"])).stderr, `Earshot runs already as process ${web.pid}`);
  }));

Deno.test("the page answers only who knows its address and its token, which is another one at each start", () =>
  withHosts(["alice"], async (alice) => {
    const port = freePort();
    const tokens = [];
    for (const extra of [[], ["--host", "lab-pc.local"]]) {
      await using web = alice.start(["web", "--listen", `127.0.0.1:${port}`, ...extra]);
      const page = await Page.of(web);
      tokens.push(page.token);
      const get = (path: string, host: string, ...more: string[]) =>
        page.raw(
          [`GET ${path} HTTP/1.1`, `host: ${host}`, "connection: close", ...more, "", ""].join("\r\n"),
        );
      assertMatch(await get("/", page.host), /^HTTP\/1\.1 200 [^]*<html/);
      assertMatch(await get("/", `localhost:${port}`), /^HTTP\/1\.1 200 /);
      assertMatch(await get("/", `evil.example:${port}`), /^HTTP\/1\.1 421 [^]*\r\n\r\n$/);
      assertMatch(await get("/", page.host, "origin: http://evil.example"), /^HTTP\/1\.1 403 [^]*\r\n\r\n$/);
      assertMatch(
        await get("/", `lab-pc.local:${port}`),
        extra.length > 0 ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 421 /,
      );
      for (const token of [undefined, ...tokens.slice(0, -1)]) {
        const authorization = token === undefined ? [] : [`authorization: Bearer ${token}`];
        assertMatch(await get("/api/messages", page.host, ...authorization), /^HTTP\/1\.1 401 [^]*\r\n\r\n$/);
      }
      assertMatch(await get(`/api/messages?token=${page.token}`, page.host), /^HTTP\/1\.1 401 /);
      assertMatch(
        await get("/api/messages", page.host, `authorization: Bearer ${page.token}`),
        /^HTTP\/1\.1 200 /,
      );
      await web.stop();
    }
    assertEquals(new Set(tokens).size, 2);
  }));

Deno.test("a port that is taken is told if it was named; beyond this machine the page says what that means", () =>
  withHosts(["alice"], async (alice) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const { code, stderr } = await alice.run(["web", "--listen", `127.0.0.1:${port}`]);
    assertEquals(code, 1);
    assertStringIncludes(
      stderr,
      `earshot: Cannot open TCP port ${port} of 127.0.0.1 (another program has it)`,
    );
    const foreign = await alice.run(["web", "--listen", "192.0.2.1:8033"]);
    assertStringIncludes(foreign.stderr, "of 192.0.2.1: this machine does not have that address.");
    for (const wrong of ["lab-pc:8033", "127.0.0.1:0", "8033"]) {
      assertEquals((await alice.run(["web", "--listen", wrong])).code, 2, wrong);
    }
    {
      await using first = alice.start(["web"]);
      await using second = alice.start(["web"]);
      const [one, other] = await Promise.all([Page.of(first), Page.of(second)]);
      assert(one.host !== other.host, `${one.host} ${other.host}`);
    }
    await using open = alice.start(["web", "--listen", `0.0.0.0:${freePort()}`]);
    await open.waitForStderr(
      /^Other machines can reach this page, and nothing is encrypted: the token is the key/m,
    );
    assertMatch((await Page.of(open)).host, /^127\.0\.0\.1:/);
  }));

Deno.test("in a terminal with a display the browser opens, and no argument of a program has the token", () =>
  withHosts(["alice"], async (alice) => {
    const opened = join(alice.home, "opened");
    const script = await alice.file(
      "xdg-open",
      `#!/bin/sh\n{ echo "$@"; cat "$1"; } > ${opened}.tmp\nmv ${opened}.tmp ${opened}\n`,
    );
    await Deno.chmod(script, 0o755);
    const env = { ...alice.env, DISPLAY: ":99", PATH: `${alice.home}:${Deno.env.get("PATH")}` };
    const port = freePort();
    const wide = { env, columns: 200 };
    const args = ["web", "--listen", `127.0.0.1:${port}`];
    await using terminal = await alice.terminal(args, wide);
    const [line] = (await terminal.waitFor(/Ctrl-C ends it/)).filter((text) => text.startsWith("http:"));
    await pollUntil(() => exists(opened), () => "the browser");
    const [given, ...content] = (await Deno.readTextFile(opened)).split("\n");
    const { token } = new Page(line!.trim());
    assertEquals(given!.includes(token), false, given);
    assertStringIncludes(content.join("\n"), `url=${line!.trim()}"`);
    assertEquals(((await Deno.stat(given!)).mode! & 0o777).toString(8), "600");
    await terminal.press("C-c");
    await terminal.waitFor(/\[exit 0\]/);
    assertEquals(exists(given!), false, "what led to the page is gone");

    await Deno.remove(opened);
    await using quiet = await alice.terminal([...args, "--no-open"], wide);
    await quiet.waitFor(/Ctrl-C ends it/);
    await quiet.press("C-c");
    await quiet.waitFor(/\[exit 0\]/);
    assertEquals(exists(opened), false);
  }));

Deno.test(
  "the page reads the system's tools first, and can start no program when the first byte of the network comes",
  { ignore: lacks("strace") },
  () =>
    withHosts(["alice"], async (alice) => {
      const trace = join(alice.home, "trace");
      const port = freePort();
      await using program = startTraced(
        [...alice.options, "web", "--verbose", "--listen", `127.0.0.1:${port}`],
        trace,
        ["bind", "connect", "write", "execve", "accept4", "recvmsg"],
        alice.env,
      );
      const page = await Page.of(program);
      const { text } = await page.ask("GET /api/health");
      assertEquals(JSON.parse(text).findings.length > 5, true, text);
      const told = "earshot: The system's tools are read; this process may no longer start programs.";
      assertStringIncludes(program.stderr, told);
      await program.stop();
      const calls = readTrace(trace);
      const writes = calls.filter((call) => call.name === "write" && /^2</.test(call.text));
      // The programs that it starts have a standard error of their own.
      const [own] = /^2<[^>]*>/.exec(writes[0]!.text)!;
      const given = writes.filter((call) => call.text.startsWith(own))[1]!;
      const started = calls.filter(({ name }) => name === "execve");
      assert(
        started.length > 1 && started.every(({ began }) => began < given.began),
        "it starts nothing later",
      );
      // Before, it has opened its own port, and takes nothing there.
      const network = calls.filter(({ name, text, began }) =>
        began < given.ended && name !== "write" && /AF_INET/.test(text) && !text.includes(`htons(${port})`)
      );
      assertEquals(network.map(({ name, text }) => `${name} ${text}`), []);
    }),
);

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
