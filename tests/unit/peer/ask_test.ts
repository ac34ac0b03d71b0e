import { assert, assertEquals, assertRejects } from "@std/assert";
import { ulid } from "@std/ulid";
import { UserError } from "../../../lib/mod.ts";
import type { Peer, Question } from "../../../lib/mod.ts";
import type { Delivery } from "../../../lib/delivery/delivery.ts";
import { Answerer } from "../../../lib/peer/answerer.ts";
import { Asker, type AskerContext } from "../../../lib/peer/asker.ts";
import type { PeerDirectory } from "../../../lib/peer/directory.ts";
import { EventHub } from "../../../lib/peer/event_hub.ts";
import type { Storage } from "../../../lib/storage/storage.ts";
import type { AnswerOutcome, OpenQuestion, Reply } from "../../../lib/storage/types.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { aDocument, Bench } from "../storage/support.ts";
import { LoopbackPeers } from "../../support/loopback_peer.ts";
import { TIMEOUT } from "../../support/patience.ts";

/** The documents of a peer that answer this question. */
function answersAt(peers: LoopbackPeers, peer: Peer, question: string): unknown[] {
  return peers.events(peer).filter((event) => event.event === "document" && event.re === question);
}

async function two(peers: LoopbackPeers): Promise<[asker: Peer, answerer: Peer]> {
  const a = await peers.start("alice");
  const b = await peers.start("bob");
  await peers.event(a, "peer", (event) => event.id === b.id && event.state === "up");
  return [a, b];
}

Deno.test("a question is answered by the handler's value, and both are files of the inboxes", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  const asked: Question[] = [];
  b.on("ask", (question) => {
    asked.push(question);
    return { led: true };
  });
  const question = new TextEncoder().encode('{"cmd": "led", "on":true}');
  const [result] = await a.ask(question, { to: [b.id], timeout: TIMEOUT });
  assertEquals([result?.status, result?.json, result?.text], ["answered", { led: true }, '{"led":true}']);
  assertEquals(asked.map(({ json, from }) => [json, from]), [[{ cmd: "led", on: true }, {
    id: a.id,
    name: "alice",
  }]]);
  const event = await peers.event(b, "ask");
  assertEquals([event.id, event.path], [result!.id, asked[0]!.path]);
  assertEquals(await Deno.readFile(event.path), question);
  const answer = await peers.event(a, "document");
  assertEquals([answer.id, answer.re, answer.path], [result!.answer, result!.id, result!.path]);
  assertEquals(await Deno.readTextFile(answer.path), '{"led":true}');
});

Deno.test("a handler that throws, gives no JSON or too much answers failed with the reason", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  b.on("ask", ({ json }) => {
    if (json === "throw") throw new Error("no sensor");
    return json === "bigint" ? 1n : json === "large" ? "x".repeat(70_000) : undefined;
  });
  const ask = async (question: unknown) => (await a.ask(question, { to: [b.id], timeout: TIMEOUT }))[0]!;
  const thrown = await ask("throw");
  assertEquals([thrown.status, thrown.code, thrown.why], ["failed", "failed", "no sensor"]);
  assertEquals((await ask("bigint")).status, "failed");
  const large = await ask("large");
  assert(large.why?.includes("65000"), large.why);
  assertEquals((await ask("nothing")).json, null);
});

Deno.test("without a handler there is no answer, but info about the program itself", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  const [nobody] = await a.ask({ cmd: "read" }, { to: [b.id], timeout: TIMEOUT });
  assertEquals([nobody?.status, nobody?.code], ["no-answer", "no-answer"]);
  const [info] = await a.ask({ cmd: "info" }, { to: [b.id], timeout: TIMEOUT });
  const { name, id, uptime } = info!.json as Record<string, unknown>;
  assertEquals([name, id, typeof uptime], ["bob", b.id, "number"]);
});

Deno.test("a question asked again under its id runs no program again, and has the same answer", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  let runs = 0;
  b.on("ask", () => ++runs);
  const id = ulid();
  const [first] = await a.ask("n", { to: [b.id], id, timeout: TIMEOUT });
  const [second] = await a.ask("n", { to: [b.id], id, timeout: TIMEOUT });
  assertEquals([first?.json, second?.json, second?.answer], [1, 1, first?.answer]);
  // An asker that has lost its memory of it gets the same one.
  const amnesiac = await peers.start("alice-2", { inbox: `${peers.folder}/other` });
  await peers.event(amnesiac, "peer", (event) => event.id === b.id && event.state === "up");
  const [third] = await amnesiac.ask("n", { to: [b.id], id, timeout: TIMEOUT });
  assertEquals(third?.json, 2, "another asker's question of this id is another one");
  assertEquals([runs, answersAt(peers, a, id).length], [2, 1]);
  const other = (await a.ask("another", { to: [b.id], id: first!.id, timeout: TIMEOUT }))[0];
  assertEquals([other?.status, other?.code], ["refused", "id-in-use"], "no answer to another question");
});

Deno.test("an asker whose database is gone gets the answer again, under its id", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  let runs = 0;
  b.on("ask", () => ++runs);
  const id = ulid();
  const [first] = await a.ask("n", { to: [b.id], id, timeout: TIMEOUT });
  const { state } = a;
  await a.close();
  for (const file of ["earshot.db", "earshot.db-wal", "earshot.db-shm"]) {
    await Deno.remove(`${state}/${file}`).catch(() => {});
  }
  const again = await peers.start("alice");
  await peers.event(again, "peer", (event) => event.id === b.id && event.state === "up");
  const [second] = await again.ask("n", { to: [b.id], id, timeout: TIMEOUT });
  assertEquals([second?.json, second?.answer, runs], [1, first?.answer, 1]);
});

Deno.test("a question waits for its handler over the answerer's restart; the answer comes into the inbox later", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  const hangs = Promise.withResolvers<void>();
  b.on("ask", () => {
    hangs.resolve();
    return new Promise(() => {});
  });
  const id = ulid();
  const asking = a.ask("n", { to: [b.id], id, timeout: TIMEOUT });
  await hangs.promise;
  await b.close();
  await peers.start("bob", { onAsk: () => "late" });
  const [result] = await asking;
  assertEquals([result?.status, result?.json], ["answered", "late"]);
});

Deno.test("a question that is not answered in time is delivered, and its answer arrives as a document", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  const go = Promise.withResolvers<string>();
  b.on("ask", () => go.promise);
  // Opens the session, so that the time is for the answer.
  await a.say("hello");
  const [result] = await a.ask("n", { to: [b.id], timeout: 300 });
  assert(["delivered", "unknown"].includes(result!.status), result!.status);
  go.resolve("at last");
  const answer = await peers.event(a, "document", (event) => event.re === result!.id);
  assertEquals(JSON.parse(await Deno.readTextFile(answer.path)), "at last");
});

Deno.test("a short-lived asker has its answer through its own session, and takes nothing else", async () => {
  await using peers = new LoopbackPeers();
  const b = await peers.start("bob", { onAsk: ({ json }) => json });
  const brief = await peers.start("brief", { brief: true });
  const to = await brief.resolve(b.id, TIMEOUT);
  const [result] = await brief.ask({ a: [1] }, { to: [to.id], timeout: TIMEOUT });
  assertEquals([result?.status, result?.json], ["answered", { a: [1] }]);
  const { to: asker } = await peers.event(b, "delivered");
  assertEquals(asker, { id: brief.id, name: "brief" }, "told by its name, though no roster has it");
  assert(result!.path !== undefined && await Deno.readTextFile(result!.path) === '{"a":[1]}');
  const [sent] = await b.send(new TextEncoder().encode("1"), { to: [brief.id], timeout: 100 });
  assertEquals(sent?.status, "unreachable");
});

Deno.test("an answer that its short-lived asker did not wait for comes with its next session", async () => {
  await using peers = new LoopbackPeers();
  const go = Promise.withResolvers<string>();
  const b = await peers.start("bob", { onAsk: () => go.promise });
  const id = ulid();
  const ask = async (timeout: number) => {
    const brief = await peers.start("brief", { brief: true });
    const to = await brief.resolve(b.id, TIMEOUT);
    const [result] = await brief.ask("n", { to: [to.id], id, timeout });
    await brief.close();
    return result!;
  };
  const early = await ask(500);
  assert(["delivered", "unknown", "unreachable"].includes(early.status), early.status);
  go.resolve("late");
  const late = await ask(TIMEOUT);
  assertEquals([late.status, late.json], ["answered", "late"]);
});

Deno.test("each question has its one answer, whoever gives it first; wrong ones are refused", async () => {
  await using peers = new LoopbackPeers();
  const [a, b] = await two(peers);
  b.on("ask", () => new Promise(() => {}));
  const asking = a.ask("n", { to: [b.id], timeout: TIMEOUT });
  const { id, from } = await peers.event(b, "ask");
  assertEquals(await b.answer({ id, from: from.id }, { json: 1 }), true);
  assertEquals(await b.answer({ id, from: from.id }, { json: 2 }), false);
  assertEquals((await asking)[0]?.json, 1);
  await assertRejects(() => b.answer({ id: ulid(), from: a.id }, { json: 1 }), UserError, "no question");
  await assertRejects(() => b.answer({ id, from: a.id }, { json: undefined }), UserError, "JSON");
  await assertRejects(() => a.ask(undefined, { to: [b.id] }), UserError, "JSON");
  await assertRejects(() => a.ask("x".repeat(65_000), { to: [b.id] }), UserError, "65000");
});

Deno.test("the answers of several come as each has one", async () => {
  await using peers = new LoopbackPeers();
  const a = await peers.start("alice");
  const go = Promise.withResolvers<number>();
  const slow = await peers.start("slow", { onAsk: () => go.promise });
  const quick = await peers.start("quick", { onAsk: () => 1 });
  for (const { id } of [slow, quick]) await peers.event(a, "peer", (event) => event.id === id);
  const order: string[] = [];
  const results = await a.ask("n", {
    to: [slow.id, quick.id],
    timeout: TIMEOUT,
    answered: ({ to }) => {
      order.push(to.name);
      go.resolve(2);
    },
  });
  assertEquals(order, ["quick", "slow"]);
  assertEquals(results.map(({ json }) => json), [2, 1]);
});

Deno.test("a question waits for a program that takes them at a durable place; what that passed over is nobody's", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const clock = new FakeClock();
  const given: [question: string, code: string | undefined][] = [];
  const noted = Promise.withResolvers<void>();
  const answerer = new Answerer({
    delivery: { outbound: () => Promise.resolve({ addStored: () => {} }) } as unknown as Delivery,
    directory: { ref: (id: string) => ({ id, name: id }) } as unknown as PeerDirectory,
    storage: new Proxy(storage, {
      get: (target, key) =>
        key === "answer"
          ? async (...args: Parameters<typeof target.answer>) => {
            const outcome = await target.answer(...args);
            given.push([args[1].re!, args[1].code]);
            noted.resolve();
            return outcome;
          }
          : typeof Reflect.get(target, key) === "function"
          ? Reflect.get(target, key).bind(target)
          : Reflect.get(target, key),
    }),
    hub: new EventHub(() => 0),
    clock,
    outboxMs: 1e9,
    isBlocked: () => false,
    info: () => null,
  });
  await storage.openCursor("on", "ask", true);
  const [first, second] = [1, 2].map((n) => aDocument(n, { ask: true }));
  await storage.receive(first!);
  await storage.receive(second!);
  const [{ row }] = await storage.openQuestions(0, 1e9, 1) as [OpenQuestion];
  answerer.start();
  await clock.advance(5_000);
  await storage.openQuestions(0, 1e9, 1);
  assertEquals(given, []);
  await storage.moveCursor("on", row, []);
  await clock.advance(60_000);
  await noted.promise;
  assertEquals(given, [[first!.id, "no-answer"]]);
  assertEquals((await storage.openQuestions(0, 1e9, 9)).map(({ id }) => id), [second!.id]);
  answerer.close();
});

Deno.test("what keeps answers from being stored is told once until one is stored; a question that is gone is nobody's", async () => {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const hub = new EventHub(() => 0);
  hub.on((event) => event.event === "warning" && warnings.push(event.message));
  const open: OpenQuestion[] = [];
  let outcome: AnswerOutcome = { status: "full", why: "The outbox is full." };
  const answerer = new Answerer({
    delivery: { outbound: () => Promise.resolve({ addStored: () => {} }) } as unknown as Delivery,
    directory: { ref: (id: string) => ({ id, name: id }) } as unknown as PeerDirectory,
    storage: {
      lived: () => 0,
      askReadUpto: () => Promise.resolve(undefined),
      openQuestions: (after: number) => Promise.resolve(open.filter(({ row }) => row > after)),
      answer: () => {
        if (outcome.status !== "full") open.length = 0;
        return Promise.resolve(outcome);
      },
    } as unknown as Storage,
    hub,
    clock,
    outboxMs: 1e9,
    isBlocked: () => false,
    info: () => null,
  });
  answerer.start();
  const ask = async (row: number) => {
    const [id, from] = [ulid(), { id: "a", name: "a" }];
    const body = Uint8Array.of(49);
    open.push({ row, id, sender: from.id, senderName: from.name, name: "q", path: "", size: 1, body });
    answerer.followed({ type: "asked", id, from, again: false });
    await clock.advance(60_000);
  };
  for (const row of [1, 2]) {
    outcome = { status: "full", why: "The outbox is full." };
    await ask(row);
    assertEquals(warnings.length, row);
    outcome = { status: "answered", id: ulid() };
    await clock.advance(60_000);
  }
  outcome = { status: "unknown" };
  await ask(3);
  assertEquals([open.length, warnings.length], [0, 2]);
  answerer.close();
});

Deno.test("an answer that comes while we look for an earlier one is not waited for", async () => {
  let reply: Reply | undefined;
  const asker: Asker = new Asker({
    delivery: { awaitAnswer: () => () => {}, mayHaveEnded: () => false },
    directory: { ref: (id: string) => ({ id, name: id }) },
    messenger: { question: () => Promise.resolve({ status: "delivered" }) },
    storage: {
      reply: (sender: string, re: string) => {
        const found = reply;
        reply = { id: ulid(), name: "a", path: "", size: 1, body: Uint8Array.of(49) };
        asker.followed({ type: "replied", re, from: { id: sender, name: "b" } });
        return Promise.resolve(found);
      },
    },
    clock: new FakeClock(),
  } as unknown as AskerContext);
  const [result] = await asker.ask(1, { to: ["b".repeat(24)] });
  assertEquals([result?.status, result?.json], ["answered", 1]);
});
