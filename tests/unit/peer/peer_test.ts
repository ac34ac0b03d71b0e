import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ulid } from "@std/ulid";
import { ExitCode, UserError } from "../../../lib/mod.ts";
import { json, LoopbackPeers } from "../../support/loopback_peer.ts";
import { pollUntil, TIMEOUT } from "../../support/patience.ts";

Deno.test("peers on one network see each other, chat, and hand over a document byte for byte", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "up");
  await peers.event(b, "peer", (event) => event.id === a.id && event.state === "up");

  const said = await a.say("hello everybody");
  assertEquals(said.map((result) => [result.to.id, result.status]), [[b.id, "delivered"]]);
  const chat = await peers.event(b, "chat");
  assertEquals([chat.text, chat.to, chat.from], ["hello everybody", "all", { id: a.id, name: "alice" }]);

  const bytes = new TextEncoder().encode('  {"t":\n21.50}\t');
  const [sent] = await a.send(bytes, { to: [b.id], name: "reading.json" });
  assertEquals(sent?.status, "delivered");
  const document = await peers.event(b, "document");
  assertEquals(await Deno.readFile(document.path), bytes);
  assertMatch(document.path, /bob-inbox[/\\]alice[/\\]reading\.json$/);
  assertEquals(document.size, bytes.length);
});

Deno.test("what is not JSON, or has no good name, is refused before a byte leaves", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  for (const text of ["", "{", "nul", "\ufeff{}", "{} x", "NaN", "\x80"]) {
    const error = await assertRejects(
      () => a.send(new TextEncoder().encode(text), { to: [] }),
      UserError,
      "not JSON",
    );
    assertEquals(error.exitCode, ExitCode.usage);
  }
  for (const name of ["", "a\nb", "x".repeat(129)]) {
    await assertRejects(() => a.send(json(1), { to: [], name }), UserError, "name");
  }
  await assertRejects(() => a.say("x".repeat(16_385)), UserError, "16384");
});

Deno.test("a receiver's own limits are told to the sender: too large, not known, blocked", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob", { maxSize: 100 });
  const c = await peers.start("carol", { accept: "known" });
  for (const other of [b, c]) await peers.event(a, "peer", (event) => event.id === other.id);
  await peers.event(b, "peer", (event) => event.id === a.id);
  const [large] = await a.send(json("x".repeat(200)), { to: [b.id] });
  assertEquals([large?.status, large?.code], ["refused", "too-large"]);
  const [stranger] = await a.send(json(1), { to: [c.id] });
  assertEquals([stranger?.status, stranger?.code], ["refused", "refused"]);
  await c.trust("alice");
  assertEquals((await a.send(json(1), { to: [c.id] }))[0]?.status, "delivered");
  await b.block(a.id);
  assertEquals((await a.send(json(1), { to: [b.id] }))[0]?.status, "refused");
  assertEquals((await a.say("hey", { to: [b.id] }))[0]?.status, "refused");
  await b.forget(a.id);
  assertEquals((await a.send(json(1), { to: [b.id] }))[0]?.status, "delivered");
});

Deno.test("nobody of that name: the sender is told in time, and nothing stays behind", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const error = await assertRejects(() => a.resolve("nobody", 50), UserError, "nobody");
  assertEquals(error.exitCode, ExitCode.nobody);
  const [result] = await a.send(json(1), { to: ["a".repeat(24)], timeout: 50 });
  assertEquals(result?.status, "unreachable");
});

Deno.test("two peers of one name are told apart by their ids, both shown", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  const twin = await peers.start("bob", {
    state: `${peers.folder}/twin`,
    inbox: `${peers.folder}/twin-inbox`,
  });
  for (const other of [b, twin]) await peers.event(a, "peer", (event) => event.id === other.id);
  const error = await assertRejects(() => a.resolve("bob", 1_000), UserError);
  assertEquals(error.exitCode, ExitCode.usage);
  assert(error.message.includes(b.id) && error.message.includes(twin.id), error.message);
  assertEquals((await a.resolve(twin.id.slice(0, 8), 1_000)).id, twin.id);
});

Deno.test("a known name that comes with a new key warns loudly, and orders that name it stop", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  await a.trust("bob");
  await b.close();
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "gone");
  const thief = await peers.start("bob", {
    state: `${peers.folder}/thief`,
    inbox: `${peers.folder}/thief-inbox`,
  });
  const warning = await peers.event(a, "warning", (event) => event.code === "key-changed");
  assert(warning.message.includes(b.id) && warning.message.includes(thief.id), warning.message);
  const error = await assertRejects(() => a.resolve("bob", 1_000), UserError);
  assertEquals(error.exitCode, ExitCode.refused);
  assertEquals((await a.resolve(thief.id, 1_000)).id, thief.id, "its id still names it");
  await a.trust(thief.id);
  assertEquals((await a.resolve("bob", 1_000)).id, thief.id);
});

Deno.test("a message that waits in the outbox is delivered when its recipient comes, also after a restart", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  await b.close();
  const [queued] = await a.send(json({ late: true }), { to: [b.id], name: "late.json", queue: true });
  assertEquals(queued?.status, "queued");
  await a.close();
  a = await peers.start("alice");
  const back = await peers.start("bob");
  assertEquals(back.id, b.id, "the same identity");
  const delivered = await peers.event(a, "delivered");
  assertEquals([delivered.id, delivered.to.id], [queued!.id, b.id]);
  assertEquals((await peers.event(back, "document")).name, "late.json");
});

Deno.test("what was delivered is never called delivered under another name, in another stream, or as a question", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  const to = [b.id];
  const options = { to, name: "a.json", id: (await a.send(json("a"), { to, name: "a.json" }))[0]!.id };
  const { id } = options;
  for (const restarts of [false, true]) {
    if (restarts) {
      await a.close();
      a = await peers.start("alice");
      await peers.event(a, "peer", (event) => event.id === b.id && event.state === "up");
    }
    const results = [
      await a.send(json("a"), { ...options, name: "b.json" }),
      await a.send(json("b"), options),
      await a.send(json("a"), { ...options, stream: "s" }),
      await a.send(json("a"), { ...options, name: "b.json", queue: true }),
      await a.send(json("a".repeat(100_000)), options),
      await a.say("a", { to, id }),
      await a.ask("a", { to, id, timeout: 5_000 }),
    ];
    const codes = results.flat().map(({ status, code }) => `${status} ${code}`);
    assertEquals(codes, Array(7).fill("refused id-in-use"));
    const same = [await a.send(json("a"), options), await a.send(json("a"), { to, id })].flat();
    assertEquals(same.map(({ status }) => status), ["delivered", "delivered"]);
  }
});

Deno.test("messages with an id of the caller, and others, keep the order in which they were handed over", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  const arrived: string[] = [];
  b.on((event) => {
    if (event.event === "chat") arrived.push(event.text);
    if (event.event === "document") arrived.push(event.name);
  });
  // A new id, none, and one that may have been used, because it is older than this peer.
  const ids = () => [{ id: ulid() }, {}, { id: ulid(1e12) }, {}, { id: ulid() }, { id: ulid(1e12) }, {}];
  await Promise.all(ids().map((id, n) => a.say(`chat ${n}`, { to: [b.id], ...id })));
  const options = { to: [b.id], stream: "s" };
  await Promise.all(ids().map((id, n) => a.send(json(n), { ...options, ...id, name: `line ${n}` })));
  await pollUntil(() => arrived.length === 14, () => `${arrived}`);
  const all = [...ids().keys()];
  assertEquals(arrived, [...all.map((n) => `chat ${n}`), ...all.map((n) => `line ${n}`)]);
});

Deno.test("of two messages handed over at once under one id, the second is refused", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  const { id } = (await a.send(json("a"), { to: [b.id], timeout: 10_000 }))[0]!;
  const options = { to: [b.id], id: `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}` };
  const results = await Promise.all([a.send(json("a"), options), a.send(json("b"), options)]);
  assertEquals(results.flat().map(({ status, code }) => [status, code]), [["delivered", undefined], [
    "refused",
    "id-in-use",
  ]]);
});

Deno.test("what waits for a peer is never called delivered as another message with its id, also after a restart", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  await b.close();
  const large = (letter: string) => json(letter.repeat(100_000));
  const options = { to: [b.id], queue: true };
  const [small] = await a.send(json("a"), { ...options, name: "small.json" });
  const [big] = await a.send(large("a"), { ...options, name: "large.json" });
  for (const restarts of [false, true]) {
    if (restarts) {
      await a.close();
      a = await peers.start("alice");
    }
    for (const queue of [true, false]) {
      const results = [
        await a.send(json("b"), { ...options, queue, timeout: 100, id: small!.id }),
        await a.send(large("b"), { ...options, queue, timeout: 100, id: big!.id }),
        await a.send(json("a"), { ...options, queue, timeout: 100, id: small!.id, stream: "s" }),
        await a.send(json("a"), { ...options, queue, timeout: 100, id: small!.id, name: "other.json" }),
        await a.say("a", { to: [b.id], queue, timeout: 100, id: small!.id }),
      ];
      assertEquals(
        results.flat().map(({ status, code }) => `${status} ${code}`),
        Array(5).fill("refused id-in-use"),
      );
    }
  }
  const back = await peers.start("bob");
  const sent = [
    a.send(json("a"), { ...options, queue: false, id: small!.id }),
    a.send(large("a"), { ...options, queue: false, id: big!.id }),
  ];
  assertEquals((await Promise.all(sent)).flat().map(({ status }) => status), ["delivered", "delivered"]);
  const names = [...Deno.readDirSync(`${back.inbox}/alice`)].map(({ name }) => name).filter((name) =>
    !name.startsWith(".")
  );
  assertEquals(names.toSorted(), ["large.json", "small.json"]);
  assertEquals(await Deno.readTextFile(`${back.inbox}/alice/small.json`), '"a"');
});

Deno.test("what waits for a peer that is blocked meanwhile is given up, and nothing goes to it any more", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  let b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  await b.close();
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "gone");
  const [queued] = await a.send(json(1), { to: [b.id], name: "waits.json", queue: true });
  await a.block(b.id);
  const refused = await peers.event(a, "refused");
  assertEquals([refused.id, refused.to.id, refused.code], [queued!.id, b.id, "blocked"]);
  assertMatch(refused.why, /blocked here/);
  for (const send of [() => a.send(json(2), { to: [b.id] }), () => a.say("hi", { to: [b.id] })]) {
    const [result] = await send();
    assertEquals([result?.status, result?.code], ["refused", "blocked"]);
  }
  await a.close();
  a = await peers.start("alice");
  b = await peers.start("bob");
  await a.forget(b.id);
  await peers.event(a, "peer", (event) => event.id === b.id);
  assertEquals((await a.send(json(3), { to: [b.id], name: "last.json" }))[0]?.status, "delivered");
  assertEquals([...Deno.readDirSync(`${b.inbox}/alice`)].map(({ name }) => name), ["last.json"]);
});

Deno.test("the same id sent again is saved once, also if its sender has lost its history", async () => {
  await using peers = new LoopbackPeers();
  let a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id);
  const [first] = await a.send(json(1), { to: [b.id], name: "once.json" });
  const [again] = await a.send(json(1), { to: [b.id], name: "once.json", id: first!.id });
  assertEquals([first?.status, again?.status], ["delivered", "delivered"]);
  assertEquals([...Deno.readDirSync(`${b.inbox}/alice`)].length, 1);
  const { state } = a;
  await a.close();
  for (const file of ["earshot.db", "earshot.db-wal", "earshot.db-shm"]) {
    await Deno.remove(`${state}/${file}`).catch(() => {});
  }
  a = await peers.start("alice");
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "up");
  const [other] = await a.send(json(2), { to: [b.id], name: "once.json", id: first!.id });
  assertEquals(
    [other?.status, other?.code],
    ["refused", "refused"],
    "another document under that id is not saved",
  );
  assertEquals([...Deno.readDirSync(`${b.inbox}/alice`)].length, 1);
});

Deno.test("a profile that runs already says so, with its process and the way out", async () => {
  await using peers = new LoopbackPeers();
  await peers.start("alice");
  const error = await assertRejects(() => peers.start("alice"), UserError);
  assert(error.message.includes(`${Deno.pid}`) && error.message.includes("--profile"), error.message);
});

Deno.test("a short-lived peer delivers and leaves, and nobody's roster or screen shows it", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const brief = await peers.start("errand", { brief: true });
  const to = await brief.resolve("alice", TIMEOUT);
  const [result] = await brief.send(json({ from: "errand" }), { to: [to.id], name: "errand.json" });
  assertEquals(result?.status, "delivered");
  await brief.close();
  await peers.event(a, "document", (event) => event.from.name === "errand");
  assertEquals(a.peers(), []);
  assertEquals(peers.events(a).filter((event) => event.event === "peer"), []);
  assertEquals(brief.port, 0);
});

Deno.test("an identity that is damaged is reported and left as it is", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  await a.close();
  const path = `${peers.folder}/alice/identity.json`;
  Deno.writeTextFileSync(path, "{damaged");
  await assertRejects(() => peers.start("alice"), UserError, "identity.json");
  assertEquals(Deno.readTextFileSync(path), "{damaged");
});

Deno.test("two peers that both upload at once never lock up, and lose nothing", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  for (const [one, other] of [[a, b], [b, a]] as const) {
    await peers.event(one, "peer", (e) => e.id === other.id);
  }
  const upload = (from: typeof a, to: typeof a) =>
    Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        from.send(json("x".repeat(60_000)), { to: [to.id], name: `${i}.json`, timeout: 120_000 })),
    );
  const results = (await Promise.all([upload(a, b), upload(b, a)])).flat(2);
  assertEquals(results.filter((result) => result.status !== "delivered"), []);
  for (const [at, from] of [[b, "alice"], [a, "bob"]] as const) {
    assertEquals([...Deno.readDirSync(`${at.inbox}/${from}`)].length, 200);
  }
});

Deno.test("what waits for a peer goes to the peer itself, not to its short-lived command, also when both dial at once", async () => {
  await using peers = new LoopbackPeers();
  const first = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(b, "peer", (event) => event.id === first.id);
  await first.close();
  const [queued] = await b.send(json("for alice"), { to: [first.id], name: "waits.json", queue: true });
  const brief = await peers.start("alice", { brief: true });
  const to = await brief.resolve("bob", TIMEOUT);
  const [sent] = await brief.send(json("from the command"), { to: [to.id], name: "errand.json" });
  assertEquals(sent?.status, "delivered");
  assertEquals(peers.events(brief).filter((event) => event.event === "document"), []);
  await brief.close();
  const a = await peers.start("alice");
  const [reply] = await Promise.all([
    peers.event(a, "peer", (event) => event.id === b.id).then(() =>
      a.send(json("hi"), { to: [b.id], name: "hi.json" })
    ),
    peers.event(a, "document", (event) => event.id === queued!.id),
    peers.event(b, "delivered", (event) => event.id === queued!.id),
  ]);
  assertEquals(reply[0]?.status, "delivered");
  assertEquals([...Deno.readDirSync(`${a.inbox}/bob`)].map((entry) => entry.name), ["waits.json"]);
});

Deno.test("an answer to a short-lived command is not taken for delivered by it", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const brief = await peers.start("errand", { brief: true });
  const to = await brief.resolve("alice", TIMEOUT);
  await brief.say("are you there?", { to: [to.id] });
  const asked = await peers.event(a, "chat");
  const [answer] = await a.say("yes", { to: [asked.from.id!], timeout: 300 });
  assertEquals(answer?.status, "unreachable");
  assertEquals(peers.events(brief).filter((event) => event.event === "chat"), []);
});

Deno.test("whoever waits for an acknowledgement is told at once when the peer closes, and nothing is sent after it", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const waiting = a.send(json(1), { to: ["a".repeat(24)], timeout: 60_000 });
  await a.close();
  assertEquals((await waiting)[0]?.status, "unreachable");
  await assertRejects(() => a.send(json(1), { to: ["a".repeat(24)] }), UserError, "closed");
  const again = await peers.start("alice");
  assertEquals(await again.send(json(1), { to: [] }), []);
});
