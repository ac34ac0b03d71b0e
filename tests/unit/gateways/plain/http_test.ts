import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isOurHost } from "../../../../lib/gateways/plain/http_host.ts";
import { GATEWAY_LIMITS } from "../../../../lib/net/http_server.ts";
import { FakeClock } from "../../../support/fake_clock.ts";
import { type BareClient, HttpDoor } from "../../../support/http_door.ts";
import { pollUntil } from "../../../support/patience.ts";

const ID = "01JZZZZZZZZZZZZZZZZZZZZZZZ";

/** A request whose connection ends with it. */
function request(line: string, headers: readonly string[] = [], body = ""): string {
  return [`${line} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", body].join("\r\n");
}

function post(body: string, headers: readonly string[] = [], path = "/"): string {
  return request(`POST ${path}`, [
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    ...headers,
  ], body);
}

function statusOf(answer: string): number {
  assertMatch(answer, /^HTTP\/1\.[01] \d{3} /);
  return Number(answer.slice(9, 12));
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

Deno.test("GET / says in plain text what this is, and HEAD the same without a body", async () => {
  await using http = await HttpDoor.open();
  const page = await http.ask(request("GET /"));
  assertEquals(statusOf(page), 200);
  assertMatch(page, /content-type: text\/plain/i);
  assertStringIncludes(bodyOf(page), "plain gateway of Earshot");
  assert(!/access-control/i.test(page), page);
  const head = await http.ask(request("HEAD /"));
  assertEquals([statusOf(head), bodyOf(head)], [200, ""]);
});

Deno.test("POST saves JSON under its name for the sender's address, and says where it is", async () => {
  await using http = await HttpDoor.open();
  const answer = await http.ask(post(`{"a":1}`, ["X-Forwarded-For: 10.9.9.9"], "/a%20b.json"));
  assertEquals(statusOf(answer), 201);
  assertMatch(answer, /location: \/a%20b\.json\r/i);
  assertEquals(http.door.came.map(({ from, name, text }) => [from, name, text]), [
    ["127.0.0.1", "a b.json", `{"a":1}`],
  ]);
  assertEquals(JSON.parse(bodyOf(answer)), { id: http.door.came[0]!.id, name: "a b.json", duplicate: false });
  const six = await http.ask(post(`[2]`, [], ""), "::1").catch(() => "");
  assertEquals(statusOf(six), 400, "a target without a slash is no HTTP");
  assertEquals(statusOf(await http.ask(post(`[2]`).replace("localhost", `[::1]:${http.port}`), "::1")), 201);
  assertEquals(http.door.came[1]!.from, "::1");
  assertEquals(http.door.came[1]!.name, "document.json");
});

Deno.test("a JSON type with a suffix or parameters is JSON", async () => {
  await using http = await HttpDoor.open();
  for (const type of ["application/ld+json", "Application/JSON; charset=utf-8"]) {
    assertEquals(statusOf(await http.ask(post("{}").replace("application/json", type))), 201, type);
  }
});

Deno.test("a repeated Idempotency-Key saves once, and a bad one nothing", async () => {
  await using http = await HttpDoor.open();
  assertEquals(statusOf(await http.ask(post("{}", [`Idempotency-Key: ${ID}`]))), 201);
  const again = await http.ask(post("{}", [`Idempotency-Key: "${ID}"`]));
  assertEquals(statusOf(again), 200);
  assertEquals(JSON.parse(bodyOf(again)).id, ID);
  for (const key of ["1", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", `${ID}0`]) {
    assertEquals(statusOf(await http.ask(post("{}", [`Idempotency-Key: ${key}`]))), 400, key);
  }
  assertEquals(http.door.came.length, 1);
});

const refused: [what: string, text: string, status: number][] = [
  ["what is not JSON", post("{"), 400],
  ["a form", post("a=1").replace("application/json", "application/x-www-form-urlencoded"), 415],
  ["a form with a file", post("{}").replace("application/json", "multipart/form-data; boundary=x"), 415],
  [
    "plain text, as fetch and beacons of a page send it",
    post("{}").replace("application/json", "text/plain"),
    415,
  ],
  [
    "plain text that mentions JSON",
    post("{}").replace("application/json", "text/plain; application/json"),
    415,
  ],
  ["no type", request("POST /", ["Content-Length: 2"], "{}"), 415],
  ["a compressed body", post("{}", ["Content-Encoding: gzip"]), 415],
  ["an Origin", post("{}", ["Origin: http://localhost"]), 403],
  ["the Origin null", post("{}", ["Origin: null"]), 403],
  ["an Origin that only reads", request("GET /peers", ["Origin: http://evil.example"]), 403],
  ["a preflight of a browser", request("OPTIONS /", ["Origin: http://evil.example"]), 403],
  ["a foreign Host", post("{}").replace("localhost", "evil.example"), 403],
  ["a foreign address", post("{}").replace("localhost", "192.0.2.8"), 403],
  ["an absolute target on a foreign host", post("{}", [], "http://evil.example/"), 403],
  ["a WebSocket", request("GET /", ["Upgrade: websocket", "Sec-WebSocket-Version: 13"]), 501],
  ["another method", request("DELETE /"), 405],
  ["PUT", post("{}").replace("POST", "PUT"), 405],
  ["another page", request("GET /other"), 404],
  ["a folder", post("{}", [], "/a/b"), 404],
  ["a path that is not UTF-8", post("{}", [], "/%ff"), 400],
  [
    "a body announced as too large",
    request("POST /", ["Content-Type: application/json", "Content-Length: 8000001"]),
    413,
  ],
  [
    "two lengths",
    request(
      "POST /",
      ["Content-Type: application/json", "Content-Length: 2", "Transfer-Encoding: chunked"],
      "2\r\n{}\r\n0\r\n\r\n",
    ),
    400,
  ],
];

for (const [what, text, status] of refused) {
  Deno.test(`nothing is saved of ${what}`, async () => {
    await using http = await HttpDoor.open();
    const answer = await http.ask(text);
    assertEquals(statusOf(answer), status, answer);
    assertEquals(http.door.came, []);
    assert(!/access-control/i.test(answer), answer);
    if (bodyOf(answer) === "") return; // the runtime itself refused it
    assertMatch(answer, /content-type: application\/problem\+json/i);
    const problem = JSON.parse(bodyOf(answer));
    assertEquals(problem.status, status);
    assert(problem.title.length > 0 && problem.detail.length > 0);
  });
}

Deno.test("each refusal of the store has its status", async () => {
  await using http = await HttpDoor.open();
  for (
    const [code, status] of [
      ["not-json", 400],
      ["corrupt", 400],
      ["refused", 403],
      ["too-large", 413],
      ["quota", 507],
      ["busy", 503],
    ] as const
  ) {
    http.door.refuse = { taken: false, code, why: `because of ${code}` };
    const answer = await http.ask(post("{}"));
    assertEquals([statusOf(answer), JSON.parse(bodyOf(answer)).detail], [status, `because of ${code}`]);
  }
});

Deno.test("an address that asks too often gets 429, by its own address", async () => {
  const asked: string[] = [];
  await using http = await HttpDoor.open({ mayTake: (address) => asked.push(address) < 2 });
  assertEquals(statusOf(await http.ask(post("1"))), 201);
  const answer = await http.ask(post("2"));
  assertEquals(statusOf(answer), 429);
  assertMatch(answer, /retry-after: 1\r/i);
  assertEquals(asked, ["127.0.0.1", "127.0.0.1"]);
  assertEquals(http.door.came.length, 1);
});

Deno.test("GET /peers lists the names, but not in a closed group that is not readable", async () => {
  let readable = true;
  await using http = await HttpDoor.open({ isReadable: () => readable });
  assertEquals(JSON.parse(bodyOf(await http.ask(request("GET /peers")))), ["ada", "grace"]);
  readable = false;
  const answer = await http.ask(request("GET /peers"));
  assertEquals(statusOf(answer), 403);
  assert(!answer.includes("ada"));
});

Deno.test("a Host is ours by address, name, NAME.local or localhost, with any port, and by no other name", () => {
  const hosts = ["MyHost", "192.0.2.7", "2001:db8::7", "fe80::1%eth0"];
  const ours = [
    "myhost",
    "MYHOST:3333",
    "myhost.local",
    "myhost.local.:80",
    "localhost",
    "localhost:1",
    "192.0.2.7:3333",
  ];
  const sixes = ["[2001:DB8:0::7]:3333", "[fe80::1]", "[fe80::1%eth0]:1", "[::ffff:192.0.2.7]"];
  for (const host of [...ours, ...sixes]) assert(isOurHost(host, hosts), host);
  for (
    const host of [
      "",
      "evil.example",
      "myhost.evil.example",
      "evil.example:3333",
      "localhost.evil.example",
      "192.0.2.7.local",
      "192.0.2.70",
      "192.0.2.7.evil.example",
      "myhost@evil.example",
      "evil.example/myhost",
      "myhost, evil.example",
      "[2001:db8::8]",
      "0.0.0.0",
      "myhost:80:80",
    ]
  ) assert(!isOurHost(host, hosts), host);
});

Deno.test("a request without a Host is answered", async () => {
  await using http = await HttpDoor.open();
  assertEquals(statusOf(await http.ask("GET / HTTP/1.0\r\n\r\n")), 200);
});

Deno.test("several requests on one connection are answered in turn, also when sent at once", async () => {
  await using http = await HttpDoor.open();
  using client = await http.client();
  const keep = (text: string) => text.replace("Connection: close\r\n", "");
  await client.write(keep(post("1")));
  assertStringIncludes(await client.until("}\n"), " 201 ");
  await client.write(keep(post("2")) + keep(post("3")) + post("4"));
  const rest = await client.rest();
  assertEquals(rest.match(/ 201 /g)?.length, 3, rest);
  assertEquals(http.door.came.map(({ text }) => text), ["1", "2", "3", "4"]);
});

Deno.test("a chunked body of megabytes is saved whole, and one over the limit ends with 413", async () => {
  await using http = await HttpDoor.open({ limit: 2_000_000 });
  const chunk = (size: number) => `${size.toString(16)}\r\n${" ".repeat(size)}\r\n`;
  const head = request("POST /", ["Content-Type: application/json", "Transfer-Encoding: chunked"]);
  const fits = await http.ask(`${head}${chunk(100_000).repeat(19)}1\r\n7\r\n0\r\n\r\n`);
  assertEquals(statusOf(fits), 201);
  assertEquals(http.door.came[0]!.text.length, 1_900_001);
  const tooLarge = await http.ask(head + chunk(100_000).repeat(21));
  assertEquals(statusOf(tooLarge), 413);
  await pollUntil(() => http.door.open === 0, () => "the end of the document");
  assertEquals(http.door.came.length, 1);
});

Deno.test("a client that expects 100-continue is told to go on, or refused without its body", async () => {
  await using http = await HttpDoor.open({ limit: 1000 });
  using client = await http.client();
  const expect = ["Expect: 100-continue", "Content-Type: application/json"];
  await client.write(request("POST /", [...expect, "Content-Length: 2"]));
  assertStringIncludes(await client.until("\r\n\r\n"), " 100 ");
  await client.write("{}");
  assertEquals(statusOf(await client.rest()), 201);
  // The runtime may say 100 by itself, now and then.
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 10 }, async () => {
      const answer = await http.ask(request("POST /", [...expect, "Content-Length: 1001"]));
      assert(answer.startsWith("HTTP/1.1 413 Payload Too Large"), answer);
    }));
  }
});

Deno.test("a client that closes its sending side still gets the answer, and the connection ends", async () => {
  await using http = await HttpDoor.open();
  using client = await http.client();
  await client.write(post("{}").replace("Connection: close\r\n", ""));
  await client.conn.closeWrite();
  assertEquals(statusOf(await client.rest()), 201);
});

Deno.test("a body that is cut off by the end of the connection is not saved", async () => {
  await using http = await HttpDoor.open();
  for (const length of [100, 100_000]) {
    using client = await http.client();
    await client.write(post(" ".repeat(length), ["X: y"]).replace(/ {10}$/, ""));
    await client.conn.closeWrite();
    await client.rest();
  }
  await pollUntil(() => http.door.open === 0, () => "the end of the documents");
  assertEquals(http.door.came, []);
});

/** Advances the clock until the server has ended the connection. */
async function outwait(clock: FakeClock, client: BareClient): Promise<string> {
  let ended = false;
  const rest = client.rest().finally(() => ended = true);
  await pollUntil(async () => {
    await clock.advance(1000);
    return ended;
  }, () => "the end of the connection");
  return await rest;
}

for (const length of [100, 100_000]) {
  Deno.test(`a body of ${length} bytes that stops in the middle ends with 408 after 30 s`, async () => {
    const clock = new FakeClock();
    await using http = await HttpDoor.open({ clock });
    using client = await http.client();
    await client.write(post(" ".repeat(length), ["Expect: 100-continue"]).replace(/ {10}$/, ""));
    await client.until(" 100 Continue\r\n\r\n");
    assertStringIncludes(await outwait(clock, client), " 408 ");
    assert(clock.now() >= 30_000);
    await pollUntil(() => http.door.open === 0, () => "the end of the document");
    assertEquals(http.door.came, []);
  });
}

Deno.test("a connection ends 5 s after an answer, and 30 s after a request has begun that never ends", async () => {
  const whole = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const [begin, then = ""] of [["GET "], ["GET / HTTP/1.1\r\nHost: loc"], [whole], [whole, "GET /"]]) {
    const clock = new FakeClock();
    await using http = await HttpDoor.open({ clock });
    using client = await http.client();
    await client.write(begin!);
    if (begin === whole) await client.until("does not save it twice.\n");
    await client.write(then);
    await outwait(clock, client);
    const least = begin === whole && then === "" ? 5_000 : 30_000;
    assert(clock.now() >= least && clock.now() < least + 25_000, `${begin}${then}: ${clock.now()} ms`);
  }
});

Deno.test("a client that stops reading is cut off 2 s after its last read", async () => {
  const clock = new FakeClock();
  // More than two sockets' buffers hold.
  const peers = Array<string>(400_000).fill("a name that is not short at all");
  await using http = await HttpDoor.open({ clock, peers: () => peers });
  using client = await http.client();
  await client.write(request("GET /peers"));
  await client.until("200 OK");
  let other: BareClient | undefined;
  try {
    other = await http.client();
    await other.write(request("GET /"));
    assertStringIncludes(await other.rest(), "200 OK", "others are served meanwhile");
  } finally {
    other?.[Symbol.dispose]();
  }
  await pollUntil(async () => {
    await clock.advance(1000);
    return clock.now() > 20_000;
  }, () => "20 s");
  assert((await client.rest()).length < JSON.stringify(peers).length);
});

Deno.test("one network has so many connections at most, and the next one after one of them ended", async () => {
  await using http = await HttpDoor.open();
  const clients: BareClient[] = [];
  try {
    for (let n = 0; n < GATEWAY_LIMITS.each; n++) {
      const client = await http.client();
      clients.push(client);
      await client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await client.until("does not save it twice.\n");
    }
    assertEquals(statusOf(await http.ask(request("GET /"))), 503);
    clients.pop()![Symbol.dispose]();
    await pollUntil(
      async () => statusOf(await http.ask(request("GET /"))) === 200,
      () => "room for one more",
    );
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

Deno.test("what is no HTTP behind its first four bytes gets 400", async () => {
  await using http = await HttpDoor.open();
  assertEquals(statusOf(await http.ask("GET nothing\r\n\r\n")), 400);
});

Deno.test("closing ends connections in every state", async () => {
  const http = await HttpDoor.open();
  const clients = await Promise.all([1, 2, 3].map(() => http.client()));
  try {
    await clients[0]!.write("GET / HT");
    await clients[1]!.write(post(" ".repeat(100_000), ["Expect: 100-continue"]).replace(/ {10}$/, ""));
    await clients[1]!.until("100 Continue");
    await clients[2]!.write(request("GET /").replace("Connection: close\r\n", ""));
    await clients[2]!.until("does not save it twice.\n");
    await http[Symbol.asyncDispose]();
    for (const client of clients) await client.rest();
    assertEquals([http.door.came, http.door.open], [[], 0]);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});
