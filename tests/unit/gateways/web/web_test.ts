import type { HistoryThread } from "../../../../lib/storage/threads/history_thread.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { READERS_MAX } from "../../../../lib/gateways/web/routes/events.ts";
import type { PeerEvent } from "../../../../lib/peer/types.ts";
import { systemClock } from "../../../../lib/platform/clock.ts";
import { ExitCode, UserError } from "../../../../lib/platform/user_error.ts";
import type { BareClient } from "../../../support/http_door.ts";
import { pollUntil } from "../../../support/patience.ts";
import { WebPage } from "../../../support/web_page.ts";

const chat = (n: number, text = "hi"): PeerEvent => ({
  at: n,
  event: "chat",
  id: `${n}`,
  from: { id: "a", name: "ada" },
  to: "all",
  text,
});

/** Opens a stream of events and reads its first line. */
async function reader(page: WebPage): Promise<BareClient> {
  const client = await page.client();
  await client.write(page.request("GET /api/events"));
  await client.until(`{"hello":`);
  return client;
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1]);
}

Deno.test("hand-made requests with a wrong Host, Origin, target or no token get no byte of content", async () => {
  await using page = await WebPage.open();
  const { host, token } = page;
  const authorization = `authorization: Bearer ${token}`;
  const cases: [status: number, lines: string[]][] = [
    [421, ["GET / HTTP/1.1", "host: evil.example"]],
    [421, ["GET / HTTP/1.1", `host: evil.example:${page.port}`]],
    [421, ["GET / HTTP/1.1", "host: 127.0.0.1"]],
    [421, ["GET /api/health HTTP/1.1", "host: evil.example", authorization]],
    [421, ["GET http://evil.example/ HTTP/1.1", `host: ${host}`]],
    [421, ["GET / HTTP/1.0"]],
    [421, ["GET / HTTP/1.1", "host: a b"]],
    [403, ["GET /page.js HTTP/1.1", `host: ${host}`, "origin: http://evil.example"]],
    [403, ["GET /api/health HTTP/1.1", `host: ${host}`, authorization, "origin: null"]],
    [403, [
      "POST /api/call/status HTTP/1.1",
      `host: ${host}`,
      authorization,
      `origin: http://localhost:${page.port}`,
    ]],
    [403, ["OPTIONS /api/call/status HTTP/1.1", `host: ${host}`, "origin: http://evil.example"]],
    [403, ["GET / HTTP/1.1", `host: ${host}`, "sec-fetch-site: cross-site"]],
    [400, ["GET / HTTP/1.1", `host: ${host}`, "upgrade: websocket"]],
    [401, ["GET /api/health HTTP/1.1", `host: ${host}`]],
    [401, [`GET /api/health?token=${token} HTTP/1.1`, `host: ${host}`]],
    [401, ["OPTIONS /api/call/status HTTP/1.1", `host: ${host}`]],
  ];
  for (const [status, lines] of cases) {
    const answer = await page.raw([...lines, "connection: close", "", ""].join("\r\n"));
    assertEquals(statusOf(answer), status, lines.join(" | "));
    assertEquals(answer.split("\r\n\r\n")[1], "", lines.join(" | "));
    assertEquals(/access-control/i.test(answer), false);
  }
  // What is no HTTP at all, two hosts, and headers without end.
  for (
    const text of [
      "hello\r\n\r\n",
      `GET / HTTP/1.1\r\nhost: ${host}\r\nhost: evil.example\r\nconnection: close\r\n\r\n`,
      `GET / HTTP/1.1\r\nhost: ${host}\r\nx: ${"y".repeat(2_000_000)}\r\n\r\n`,
    ]
  ) {
    const answer = await page.raw(text).catch((error) => {
      if (error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset) return "";
      throw error;
    });
    assert(answer === "" || statusOf(answer) >= 400, answer.slice(0, 100));
    assertEquals(/<html/.test(answer), false);
  }
  assertEquals(page.service.calls, []);
  // And one that is right still gets through.
  assertEquals(statusOf(await page.raw(page.request("POST /api/call/status"))), 200);
});

Deno.test("files of the page are those of the program: no path leads anywhere else", async () => {
  await using page = await WebPage.open();
  const get = async (path: string) => await page.raw(page.request(`GET ${path}`));
  assertMatch(await get("/"), /content-type: text\/html; charset=utf-8\r\n/);
  assertMatch(await get("/page.js"), /content-type: text\/javascript; charset=utf-8\r\n/);
  for (
    const path of [
      "/../lib/mod.ts",
      "/%2e%2e/deno.json",
      "/..%2f..%2fetc/passwd",
      "//etc/passwd",
      "/elements/../../web.ts",
      "/__proto__",
      "/constructor",
      "/page.js/",
      "/page.js%00",
      "/%ff",
      "/download/../../x",
    ]
  ) {
    const answer = await get(path);
    assertEquals(statusOf(answer), 404, `${path}: ${answer}`);
    assertMatch(answer, /\r\n\r\n\{"error":"[^"]*"\}$/);
  }
  const { headers } = await page.ask("GET /page.js");
  const cached = await fetch(`http://${page.host}/page.js`, {
    headers: { "if-none-match": headers.get("etag")! },
  });
  assertEquals([cached.status, await cached.text()], [304, ""]);
  for (
    const [line, status] of [["PUT /", 405], ["GET /api/call/status", 405], ["POST /page.js", 405], [
      "HEAD /",
      200,
    ]]
  ) {
    assertEquals(statusOf(await page.raw(page.request(`${line}`))), status, `${line}`);
  }
});

Deno.test("calls are those of an exact list, with checked parameters, and errors are sentences", async () => {
  await using page = await WebPage.open();
  page.service.play = (name, args) => {
    if (name === "trust") throw new UserError("Nobody is called that.", ExitCode.nobody);
    if (name === "block") throw new TypeError("x is undefined");
    return [name, ...args];
  };
  const call = async (name: string, body?: string) => {
    const { status, text } = await page.ask(`POST /api/call/${name}`, body);
    return [status, JSON.parse(text)];
  };
  assertEquals(await call("resolve", `{"target":"bob","timeout":5}`), [200, ["resolve", "bob", 5]]);
  assertEquals(await call("peers"), [200, ["peers"]]);
  assertEquals(await call("trust", `{"target":"x"}`), [404, {
    error: "Nobody is called that.",
    exitCode: 3,
  }]);
  assertEquals((await call("block", `{"target":"x"}`))[0], 500);
  assertEquals(await call("resolve", `{}`), [400, {
    error: `The request's "target" must be a text.`,
    exitCode: 2,
  }]);
  assertEquals(await call("resolve", `[]`), [400, { error: "The request is no JSON object." }]);
  assertEquals(await call("resolve", `{`), [400, { error: "The request is not JSON." }]);
  page.service.calls.length = 0;
  for (
    const name of [
      "send",
      "keep",
      "openCursor",
      "moveCursor",
      "forgetCursor",
      "met",
      "subscribe",
      "toString",
      "__proto__",
      "%2e",
      "",
    ]
  ) {
    assertEquals((await call(name, "{}"))[0], 404, name);
  }
  assertEquals(page.service.calls, []);
  assertEquals((await page.ask("POST /api/call/say", `{"text":"${"x".repeat(600_000)}"}`)).status, 413);
});

Deno.test("what is said or asked has an id, so that it arrives once if its peer leaves and the call is made again", async () => {
  await using page = await WebPage.open();
  const idOf = async (name: string, params: Record<string, unknown>) => {
    await page.ask(`POST /api/call/${name}`, JSON.stringify(params));
    return (page.service.calls.at(-1)![1][1] as { id: string }).id;
  };
  assertMatch(await idOf("say", { text: "hi" }), /^[0-9A-Z]{26}$/);
  assertMatch(await idOf("ask", { question: "{}", to: [] }), /^[0-9A-Z]{26}$/);
  assertEquals(await idOf("say", { text: "hi", id: "of-the-page" }), "of-the-page");
});

Deno.test("events begin with the last rows, then come as they are, to every tab; the peer's restart is told", async () => {
  await using page = await WebPage.open();
  using one = await reader(page);
  using other = await reader(page);
  page.service.tell(chat(1));
  for (const client of [one, other]) {
    assertStringIncludes(await client.until(`"text":"hi"}`), `{"at":1,"event":"chat"`);
  }
  page.service.leave();
  await one.until(`{"peer":"back"}`);
  assertMatch(await other.until(`{"peer":"back"}`), /\{"peer":"away"\}\n[^]*\{"peer":"back"\}/);
  page.service.tell(chat(2, "again"));
  await one.until("again");
  assertEquals(page.service.listeners.size, 1);
});

Deno.test("a peer that was started anew with another inbox has its documents looked for there", async () => {
  const inboxes: string[] = [];
  const history = {
    ask: () => Promise.resolve({ row: 0, sent: 0 }),
    moveTo: (inbox: string) => void inboxes.push(inbox),
  } as unknown as HistoryThread;
  await using page = await WebPage.open({ history });
  using client = await reader(page);
  page.service.play = (name) => name === "status" ? { inbox: "/srv/other" } : null;
  page.service.leave();
  await client.until(`{"peer":"back"}`);
  assertEquals(inboxes, ["/srv/other"]);
});

Deno.test("a tab that stops reading costs nothing: others go on, and it is told how much it missed", async () => {
  await using page = await WebPage.open();
  using slow = await reader(page);
  using quick = await reader(page);
  const text = "x".repeat(16_000);
  // More than all buffers between here and there hold.
  for (let n = 0; n < 4_000; n++) page.service.tell(chat(n, text));
  page.service.tell(chat(0, "last"));
  assertMatch(await quick.until(`{"lost":`), /"chat"/);
  assertMatch(await slow.until(`{"lost":`), /"chat"/);
});

Deno.test("a tab that has gone, in whatever way, frees its place; too many at once get a sentence", async () => {
  await using page = await WebPage.open();
  const clients: BareClient[] = [];
  try {
    for (let n = 0; n < READERS_MAX; n++) clients.push(await reader(page));
    assertEquals(statusOf(await page.raw(page.request("GET /api/events"))), 503);
    // Calls still get through beside them.
    assertEquals((await page.ask("POST /api/call/peers")).status, 200);
    clients[0]!.conn.closeWrite();
    clients[1]![Symbol.dispose]();
    await pollUntil(async () => {
      page.service.tell(chat(1));
      const client = await page.client();
      clients.push(client);
      await client.write(page.request("GET /api/events"));
      return (await client.until("\r\n\r\n")).startsWith("HTTP/1.1 200");
    }, () => "room for another tab");
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

Deno.test("connections without a request give way to new ones; those at work do not", async () => {
  await using page = await WebPage.open();
  const clients: BareClient[] = [];
  try {
    clients.push(await reader(page));
    for (let n = 0; n < 63; n++) {
      const client = await page.client();
      clients.push(client);
      await client.write(`GET / HTTP/1.1\r\nhost: ${page.host}\r\n\r\n`);
      await client.until("</html>");
    }
    for (let n = 0; n < 5; n++) assertEquals((await page.raw(page.request("GET /"))).slice(9, 12), "200");
    page.service.tell(chat(1, "still here"));
    await clients[0]!.until("still here");
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

Deno.test("connections that say nothing, or half of a request, keep nobody out", async () => {
  await using page = await WebPage.open();
  const clients: BareClient[] = [];
  try {
    clients.push(await reader(page));
    for (let n = 0; n < 100; n++) {
      const client = await page.client();
      clients.push(client);
      if (n % 2 === 0) await client.write(`GET / HTTP/1.1\r\nhost: ${page.host}\r\n`);
    }
    assertEquals((await page.ask("POST /api/call/peers")).status, 200);
    page.service.tell(chat(1, "still here"));
    await clients[0]!.until("still here");
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

Deno.test("a page that closes ends its streams at once", async () => {
  await using page = await WebPage.open();
  using client = await reader(page);
  const answer = Promise.withResolvers<void>();
  page.service.play = () => answer.promise;
  using calling = await page.client();
  await calling.write(page.request("POST /api/call/peers"));
  await pollUntil(() => page.service.calls.length > 0, () => "the call");
  const closed = page.close();
  // Neither the stream nor the call has come to its end.
  await client.rest();
  assertEquals(await calling.rest(), "");
  answer.resolve();
  await closed;
  assertEquals(page.service.listeners.size, 0);
});

Deno.test("a document is sent as it came, with its progress, and the answer says what became of it", async () => {
  await using page = await WebPage.open();
  const to = { id: "b".repeat(24), name: "bob" };
  page.service.play = (name, [content, options]) => {
    if (name === "everyone") return [to];
    const { progress, deferred, id: _, ...rest } = options as Record<string, unknown> & { id: string };
    (deferred as (...args: unknown[]) => void)?.(to, { code: "busy", why: "not now" });
    (progress as (...args: unknown[]) => void)?.(to, 70_000);
    assert(!(content instanceof Uint8Array) === (progress !== undefined));
    return [{ id: "x", to, status: "delivered", rest }];
  };
  const send = async (query: string, body: string) => {
    const { status, text } = await page.ask(`POST /api/send?${query}`, body);
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    // By its id it can be withdrawn while it is on its way.
    if (status === 200) assertMatch(lines[0].id, /^[0-9A-Z]{26}$/);
    delete lines[0].id;
    return [status, ...lines];
  };
  assertEquals(await send("to=all&name=a.json&stream=s", `{"a":1}`), [
    200,
    { received: 7 },
    { deferred: { to, code: "busy", why: "not now" } },
    {
      results: [{
        id: "x",
        to,
        status: "delivered",
        rest: { to: [to.id], name: "a.json", stream: "s", timeout: 5_000, queue: false },
      }],
    },
  ]);
  const large = JSON.stringify("y".repeat(100_000));
  assertEquals((await send(`to=${to.id}`, large)).slice(0, 4), [
    200,
    { received: 100_002 },
    { deferred: { to, code: "busy", why: "not now" } },
    { progress: { to, bytes: 70_000 } },
  ]);
  assertEquals(await send(`to=${to.id}`, `{"a":`), [
    400,
    { error: "The file is not JSON at byte 5, line 1, column 6.", exitCode: 2 },
  ]);
  assertEquals(await send("", "{}"), [400, { error: "Say to whom it is to go." }]);
  page.service.play = () => {
    throw new UserError("It has no room.", ExitCode.failed);
  };
  assertEquals(await send(`to=${to.id}`, "{}"), [200, { received: 2 }, {
    error: "It has no room.",
    exitCode: 1,
  }]);
});

Deno.test("the doctor is called once at a time and once a minute, and again after a failure", async () => {
  let called = 0;
  let now = 0;
  const failing = { isOn: true };
  const clock = { ...systemClock, now: () => now };
  await using page = await WebPage.open({
    clock,
    examine: () => {
      called++;
      return failing.isOn ? Promise.reject(new UserError("Not now.")) : Promise.resolve([{ check: "disk" }]);
    },
  });
  assertEquals((await page.ask("GET /api/health")).status, 503);
  failing.isOn = false;
  const both = await Promise.all([page.ask("GET /api/health"), page.ask("GET /api/health")]);
  assertEquals(both.map(({ text }) => text), Array(2).fill(`{"findings":[{"check":"disk"}]}`));
  await page.ask("GET /api/health");
  assertEquals(called, 2);
  now += 60_000;
  await page.ask("GET /api/health");
  assertEquals(called, 3);
});
