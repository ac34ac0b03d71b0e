import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { ControlClient, HostGoneError } from "../../../lib/control/client.ts";
import { REQUEST_MAX } from "../../../lib/control/lines.ts";
import { ControlServer } from "../../../lib/control/server.ts";
import { dialLocal } from "../../../lib/net/local_socket.ts";
import type { Connection } from "../../../lib/net/types.ts";
import type { PeerEvent } from "../../../lib/peer/types.ts";
import { UserError } from "../../../lib/platform/user_error.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { BOB, FakeService, until, withSocket } from "./fake_service.ts";

async function withServer(
  fn: (
    parts: { path: string; service: FakeService; server: ControlServer; clock: FakeClock },
  ) => Promise<void>,
): Promise<void> {
  await withSocket(async (path) => {
    const [service, clock] = [new FakeService(), new FakeClock()];
    const server = await ControlServer.open({ path, service, clock });
    try {
      await fn({ path, service, server, clock });
    } finally {
      server.close();
    }
  });
}

async function withClient(
  fn: (parts: { client: ControlClient; service: FakeService; server: ControlServer }) => Promise<void>,
): Promise<void> {
  await withServer(async ({ path, service, server }) => {
    const client = (await ControlClient.connect(path))!;
    try {
      await fn({ client, service, server });
    } finally {
      client.close();
    }
  });
}

/** Everything that the server answers until it closes the connection. */
async function answerTo(path: string, bytes: Uint8Array | string): Promise<string> {
  const connection = await dialLocal(path);
  const data = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  await connection.write(data).catch(() => {/* it may close before it has read everything */});
  const answer = await readToEnd(connection);
  connection.close();
  return answer;
}

async function readToEnd(connection: Connection): Promise<string> {
  let text = "";
  const chunk = new Uint8Array(4096);
  try {
    for (let count; (count = await connection.read(chunk)) !== null;) {
      text += new TextDecoder().decode(chunk.subarray(0, count));
    }
  } catch { /* a reset is an end too */ }
  return text;
}

Deno.test("every call reaches the service as it was made, and its answer comes back", () =>
  withClient(async ({ client, service }) => {
    const document = Uint8Array.from({ length: 65_000 }, (_, i) => i);
    const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    assertEquals((await client.status()).name, "alice");
    assertEquals(await client.peers(), []);
    assertEquals(await client.resolve("bob", 5), BOB);
    assertEquals(await client.everyone(), [BOB]);
    assertEquals(await client.say("hi\n\u2028", { to: [BOB.id], id }), [{
      id,
      to: BOB,
      status: "delivered",
    }]);
    const options = { to: [BOB.id], id, name: "x", stream: "s", timeout: 7, queue: true };
    assertEquals(await client.send(document, options), [{ id, to: BOB, status: "delivered" }]);
    const ids = [id, "01ARZ3NDEKTSV4RRFFQ69G5FAW"];
    const series = { to: [BOB.id], ids, name: "x", stream: "s", timeout: 7, queue: true };
    const results = ids.map((id) => ({ results: [{ id, to: BOB, status: "delivered" as const }] }));
    assertEquals(await client.sendSeries([document, new Uint8Array([0x31])], series), results);
    assertEquals(await client.known(), []);
    assertEquals(await client.trust("bob"), BOB);
    assertEquals(await client.forget("bob"), BOB);
    assertEquals(await client.block("bob", "Bob"), BOB);
    await client.met(BOB);
    assertEquals(service.calls, [
      ["status"],
      ["peers"],
      ["resolve", "bob", 5],
      ["everyone", undefined],
      ["say", "hi\n\u2028", { to: [BOB.id], id }],
      ["send", document, options],
      ["sendSeries", [document, new Uint8Array([0x31])], series],
      ["known"],
      ["trust", "bob"],
      ["forget", "bob"],
      ["block", "bob", "Bob"],
      ["met", BOB],
    ]);
  }));

Deno.test("a document of the spool goes by its name, and its progress comes back, not more often than people can see", () =>
  withClient(async ({ client, service }) => {
    service.progress = Array.from({ length: 1_000 }, (_, i) => i);
    const spooled = { spool: "01ARZ3NDEKTSV4RRFFQ69G5FAV", size: 70_000, sha256: "0".repeat(64) };
    const heard: [string, number][] = [];
    await client.send(spooled, { to: [BOB.id], progress: (to, bytes) => heard.push([to.name, bytes]) });
    assertEquals(service.calls[0]?.slice(0, 2), ["send", spooled]);
    assertEquals(heard[0], ["bob", 0]);
    assert(heard.length < 100, `${heard.length} times`);
    for (const wrong of [{}, { ...spooled, size: "1" }, null]) {
      await assertRejects(() => client.send(wrong as typeof spooled, { to: [] }), UserError, "spooled");
    }
  }));

Deno.test("why a recipient cannot take a document now comes back before its end", () =>
  withClient(async ({ client, service }) => {
    service.deferred = { code: "quota", why: "no room" };
    const gate = Promise.withResolvers<void>();
    service.gate = gate.promise;
    const heard = Promise.withResolvers<unknown[]>();
    const sent = client.send(new Uint8Array(2), {
      to: [BOB.id],
      deferred: (...[to, why]) => heard.resolve([to, why]),
    });
    assertEquals(await heard.promise, [BOB, service.deferred]);
    gate.resolve();
    assertEquals((await sent)[0]?.status, "delivered");
    await client.send(new Uint8Array(2), { to: [BOB.id] });
    assertEquals("deferred" in (service.calls.at(-1)![2] as object), false, "nobody asked for it");
  }));

Deno.test("which of several documents a recipient cannot take now comes back before their end", () =>
  withClient(async ({ client, service }) => {
    service.answers.sendSeries = (documents, { deferred }) => {
      deferred?.(BOB, { code: "quota", why: "no room" }, 1);
      return documents.map(() => ({ failure: { message: "The outbox is full.", exitCode: 1 } }));
    };
    const heard: unknown[] = [];
    const options = {
      to: [BOB.id],
      ids: ["1", "2"],
      deferred: (...told: unknown[]) => void heard.push(told),
    };
    const [first, second, ...rest] = await client.sendSeries([new Uint8Array(2), new Uint8Array(2)], options);
    assertEquals(heard, [[BOB, { code: "quota", why: "no room" }, 1]]);
    assertEquals([first, rest], [second, []]);
    assertEquals(first, { failure: { message: "The outbox is full.", exitCode: 1 } });
    const many = Array.from({ length: 1_025 }, () => new Uint8Array());
    await assertRejects(() => client.sendSeries(many, options), UserError, "documents");
  }));

Deno.test("an error for people keeps its sentence and exit code on the way", () =>
  withClient(async ({ client, service }) => {
    service.error = new UserError("Nobody is there.", 3);
    const error = await assertRejects(() => client.peers(), UserError, "Nobody is there.");
    assertEquals(error.exitCode, 3);
    service.error = new Error("a fault");
    assertEquals((await assertRejects(() => client.peers(), Error, "a fault")) instanceof UserError, false);
  }));

Deno.test("a slow call holds up no other", () =>
  withClient(async ({ client, service }) => {
    const gate = Promise.withResolvers<void>();
    service.gate = gate.promise;
    const slow = client.peers();
    await until(() => service.calls.length === 1);
    service.gate = Promise.resolve();
    assertEquals(await client.known(), []);
    gate.resolve();
    assertEquals(await slow, []);
  }));

Deno.test("subscribers hear events until they leave", () =>
  withClient(async ({ client, service }) => {
    const heard: PeerEvent[] = [];
    await client.subscribe((event) => heard.push(event), () => {});
    const event: PeerEvent = { at: 1, event: "chat", id: "x", from: BOB, to: "all", text: "hi" };
    for (const listener of service.listeners) listener(event);
    await until(() => heard.length === 1);
    assertEquals(heard, [event]);
    client.close();
    await until(() => service.listeners.size === 0);
  }));

Deno.test("what is no request is answered with the reason, and the connection closed", () =>
  withServer(async ({ path }) => {
    const garbage: [Uint8Array | string, RegExp][] = [
      ["hello\n", /"a request must be a line of JSON"/],
      ["null\n", /a request is/],
      ["[]\n", /a request is/],
      [`{"id":"1","method":"peers"}\n`, /a request is/],
      [`{"id":1}\n`, /a request is/],
      [`{"id":1,"method":"peers","params":null}\n`, /a request is/],
      [Uint8Array.of(0xff, 10), /not UTF-8/],
      ["GET / HTTP/1.1\r\n\r\n", /must be a line of JSON/],
      [new Uint8Array(REQUEST_MAX + 1).fill(0x20), /a line is longer than 262144 bytes/],
    ];
    for (const [bytes, expected] of garbage) {
      const answer = await answerTo(path, bytes);
      assertEquals(expected.test(answer), true, `${expected}: ${answer}`);
    }
    assertEquals(
      await ControlClient.connect(path).then(async (client) => {
        const peers = await client!.peers();
        client!.close();
        return peers;
      }),
      [],
    );
  }));

Deno.test("a wrong parameter or an unknown call is refused, and the connection stays", () =>
  withServer(async ({ path, service }) => {
    const connection = await dialLocal(path);
    const document = { document: "", to: [] };
    const wrong: [method: string, params: object | undefined, expected: RegExp][] = [
      ["nonsense", undefined, /does not know "nonsense": it is another version; restart it\.$/],
      ["toString", undefined, /does not know "toString"/],
      ["say", { text: 5 }, /^The request's "text" must be a text\.$/],
      ["say", {}, /"text" must be a text/],
      ["say", { text: "a", to: "bob" }, /"to" must be a list of texts/],
      ["say", { text: "a", to: ["bob", 5] }, /"to" must be a list of texts/],
      ["say", { text: "a", id: 5 }, /"id" must be a text/],
      ["send", { document: "not base64!", to: [] }, /"document" must be base64/],
      ["send", { document: "AAAAA", to: [] }, /"document" must be base64/],
      ["send", { document: "AAA==", to: [] }, /"document" must be base64/],
      ["send", { document: 5, to: [] }, /"document" must be a text/],
      [
        "send",
        { spooled: { spool: "a", size: "1", sha256: "" } },
        /"spooled" must be a document of the spool/,
      ],
      ["resolve", { target: "x", timeout: -1 }, /"timeout" must be a number of milliseconds/],
      ["everyone", { wait: "1" }, /"wait" must be a number of milliseconds/],
      ["send", { ...document, queue: 1 }, /"queue" must be true or false/],
      ["send", { ...document, wantsProgress: 1 }, /"wantsProgress" must be true or false/],
      ["send", { ...document, wantsDeferred: 1 }, /"wantsDeferred" must be true or false/],
      ["met", { id: "x" }, /"name" must be a text/],
    ];
    const requests = [...wrong.map(([method, params], id) => ({ id, method, params })), {
      id: wrong.length,
      method: "peers",
    }];
    await connection.write(new TextEncoder().encode(requests.map((r) => JSON.stringify(r) + "\n").join("")));
    let text = "";
    const chunk = new Uint8Array(65536);
    while (text.split("\n").length <= requests.length) {
      text += new TextDecoder().decode(chunk.subarray(0, (await connection.read(chunk))!));
    }
    connection.close();
    const replies = text.trim().split("\n").map((line) => JSON.parse(line)).sort((a, b) => a.id - b.id);
    assertEquals(replies.map((reply) => reply.error?.exitCode), [...wrong.map(() => 2), undefined]);
    for (const [id, [, , expected]] of wrong.entries()) assertMatch(replies[id].error.message, expected);
    assertEquals(replies.at(-1).result, []);
    assertEquals(service.calls, [["peers"]]);
  }));

Deno.test("a client that does not read is dropped, not buffered for", () =>
  withServer(async ({ path, service }) => {
    const connection = await dialLocal(path);
    await connection.write(new TextEncoder().encode(`{"id":1,"method":"subscribe"}\n`));
    await until(() => service.listeners.size === 1);
    const event: PeerEvent = { at: 1, event: "warning", code: "x", message: "y".repeat(100_000) };
    for (let megabytes = 0; megabytes < 20; megabytes += 0.1) {
      for (const listener of service.listeners) listener(event);
    }
    await until(() => service.listeners.size === 0);
    connection.close();
  }));

Deno.test("a client is not read beyond its unanswered requests", () =>
  withServer(async ({ path, service }) => {
    const gate = Promise.withResolvers<void>();
    service.gate = gate.promise;
    const connection = await dialLocal(path);
    const requests = Array.from({ length: 200 }, (_, id) => JSON.stringify({ id, method: "peers" }) + "\n")
      .join("");
    await connection.write(new TextEncoder().encode(requests));
    await until(() => service.calls.length >= 64);
    // What could be read of the first client has been read by the time that a second one has its answer.
    service.gate = Promise.resolve();
    const other = (await ControlClient.connect(path))!;
    assertEquals(await other.known(), []);
    other.close();
    assertEquals(service.calls.filter(([call]) => call === "peers").length, 64);
    gate.resolve();
    await until(() => service.calls.length === 201);
    connection.close();
  }));

Deno.test("where nobody listens there is no client", () =>
  withSocket(async (path) => assertEquals(await ControlClient.connect(path), undefined)));

Deno.test("a call whose peer leaves before it answered fails as one that may be made again", () =>
  withClient(async ({ client, service, server }) => {
    let lost = 0;
    await client.subscribe(() => {}, () => lost++);
    service.gate = new Promise(() => {});
    const call = client.peers();
    await until(() => service.calls.length === 2);
    server.close();
    assertInstanceOf(await call.catch((error) => error), HostGoneError);
    await assertRejects(() => client.known(), HostGoneError);
    assertEquals(lost, 1);
  }));

Deno.test("who subscribes at a peer that leaves is told so once: subscribing again makes one subscription, not two", () =>
  withClient(async ({ client, service, server }) => {
    service.gate = new Promise(() => {});
    let lost = 0;
    const subscribed = client.subscribe(() => {}, () => lost++).catch((error) => error);
    await until(() => service.calls.length === 1);
    server.close();
    assertInstanceOf(await subscribed, HostGoneError);
    assertEquals(lost, 0);
  }));

Deno.test("a request that is too long is refused, and those of others that share the connection are not", () =>
  withClient(async ({ client, service }) => {
    const gate = Promise.withResolvers<void>();
    service.gate = gate.promise;
    const call = client.peers();
    await assertRejects(() => client.trust("x".repeat(REQUEST_MAX)), UserError, "make it shorter");
    gate.resolve();
    assertEquals(await call, []);
    assertEquals(service.calls, [["peers"]]);
  }));

Deno.test("a peer is waited for by those who asked, or asked a moment ago, and by no subscriber", () =>
  withServer(async ({ path, service, server, clock }) => {
    await server.drained();
    const gate = Promise.withResolvers<void>();
    service.gate = gate.promise;
    const client = (await ControlClient.connect(path))!;
    const call = client.peers();
    await until(() => service.calls.length === 1);
    let drained = false;
    const waiting = server.drained().then(() => drained = true);
    await clock.advance(10_000);
    assertEquals(drained, false, "left while a request was unanswered");
    gate.resolve();
    await call;
    await clock.advance(500);
    assertEquals(drained, false, "left although the client may ask again");
    await clock.advance(500);
    await waiting;
    await client.subscribe(() => {}, () => {});
    await server.drained();
    client.close();
  }));

Deno.test("a peer that a busy machine keeps from running is waited for, but not without end", () =>
  withSocket(async (path) => {
    const deaf = Deno.listen({ transport: "unix", path });
    const clock = new FakeClock();
    let spare = 20;
    const isStarved = () => Promise.resolve(spare-- > 0);
    const options = { clock, patience: 1_000, isStarved };
    for (const looks of [20, Infinity]) {
      spare = looks;
      const client = (await ControlClient.connect(path, options))!;
      const failed = assertRejects(() => client.status(), UserError, "does not answer");
      let hasEnded = false;
      void failed.then(() => hasEnded = true);
      let waited = 0;
      for (; !hasEnded; waited += 100) await clock.advance(100);
      assertEquals(Math.round(waited / 1_000), looks === 20 ? 5 : 13);
    }
    deaf.close();
  }));

Deno.test("a peer that gets on is waited for, however often a busy machine keeps it from running", () =>
  withSocket(async (path) => {
    const busy = Deno.listen({ transport: "unix", path });
    const clock = new FakeClock();
    const options = { clock, patience: 1_000, isStarved: () => Promise.resolve(true) };
    const client = (await ControlClient.connect(path, options))!;
    using connection = await busy.accept();
    const answer = (line: object) => connection.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    const heard: number[] = [];
    const progress = (_: unknown, bytes: number) => void heard.push(bytes);
    const sent = client.send(new Uint8Array(), { to: [BOB.id], progress });
    for (let bytes = 1; bytes <= 5; bytes++) {
      await clock.advance(10_000);
      await answer({ id: 1, progress: { to: BOB, bytes } });
      await until(() => heard.length === bytes);
    }
    await answer({ id: 1, result: [] });
    assertEquals(await sent, []);
    client.close();
    busy.close();
  }));

Deno.test("a peer that works on a call for long is waited for; one that says nothing is not", () =>
  withSocket(async (path) => {
    const [service, clock] = [new FakeService(), new FakeClock()];
    const server = await ControlServer.open({ path, service, clock });
    const client = (await ControlClient.connect(path, { clock, patience: 1_000, pid: () => 4711 }))!;
    const gate = Promise.withResolvers<void>();
    service.gate = gate.promise;
    const call = client.status();
    await until(() => service.calls.length === 1);
    for (let passed = 0; passed < 5_000; passed += 50) {
      await clock.advance(50);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    gate.resolve();
    assertEquals((await call).name, "alice");
    client.close();
    server.close();

    const elsewhere = `${path}.deaf`;
    const deaf = Deno.listen({ transport: "unix", path: elsewhere });
    const silent = (await ControlClient.connect(elsewhere, { clock, patience: 1_000, pid: () => 4711 }))!;
    const failed = assertRejects(() => silent.status(), UserError, "(process 4711) does not answer");
    await clock.advance(1_000);
    await failed;
    deaf.close();
  }));
