import { assert, assertEquals, assertRejects } from "@std/assert";
import { ulid } from "@std/ulid";
import { UserError } from "../../../lib/mod.ts";
import type { Peer, Question } from "../../../lib/mod.ts";
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
