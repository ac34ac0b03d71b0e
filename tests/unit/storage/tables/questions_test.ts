import { assert, assertEquals } from "@std/assert";
import type { OutboundMessage } from "../../../../lib/storage/types.ts";
import { aDocument, ALICE, Bench, BOB, messageId, peerId } from "../support.ts";

const STRANGER = { known: false };

function answerTo(question: string, n: number, more: Partial<OutboundMessage> = {}): OutboundMessage {
  const body = new TextEncoder().encode(`"answer ${n}"`);
  const { id, size } = { id: messageId(1_000_000 + n), size: body.length };
  return {
    id,
    kind: "document",
    name: "answer.json",
    at: 1,
    expires: 1e12,
    re: question,
    size,
    body,
    ...more,
  };
}

const REST = { name: "answer.json", at: 2, expires: 1e12 };

Deno.test("a question is open until it has its one answer, over restarts; the answer waits for its asker", async () => {
  await using bench = new Bench();
  let storage = await bench.open();
  const question = aDocument(1, { ask: true });
  assertEquals((await storage.receive(question)).saved, true);
  await storage.receive(aDocument(2));
  await storage.close();
  storage = await bench.open();
  const [open, ...others] = await storage.openQuestions(0, 9);
  assertEquals([open?.id, open?.sender, open?.body, others], [question.id, ALICE, question.body, []]);
  assertEquals(await storage.openQuestions(open!.row, 9), []);

  const first = answerTo(question.id, 1, { code: "failed" });
  assertEquals((await storage.answer(ALICE, first, "alice")).status, "taken");
  const second = await storage.answer(ALICE, answerTo(question.id, 2), "alice");
  assertEquals(second, { status: "answered", id: first.id });
  assertEquals((await storage.answer(BOB, answerTo(question.id, 3), "bob")).status, "unknown");
  await storage.close();
  storage = await bench.open();
  assertEquals(await storage.openQuestions(0, 9), []);
  const waiting = await storage.waiting(ALICE);
  assertEquals(waiting.map(({ id, re, code, ask }) => [id, re, code, ask]), [
    [first.id, question.id, "failed", undefined],
  ]);
});

Deno.test("a question that comes again has the same answer again, under its id, unless that still waits", async () => {
  await using bench = new Bench();
  let storage = await bench.open();
  const question = aDocument(1, { ask: true });
  await storage.receive(question);
  assertEquals((await storage.answerAgain(ALICE, question.id, REST, "alice")).status, "unknown");
  const answer = answerTo(question.id, 1);
  await storage.answer(ALICE, answer, "alice");
  assertEquals((await storage.answerAgain(ALICE, question.id, REST, "alice")).status, "answered");
  await storage.settle(ALICE, new Map([[answer.id, undefined]]));
  await storage.close();
  storage = await bench.open();
  const repeated = await storage.receive(question);
  assertEquals([repeated.saved, repeated.saved && repeated.duplicate], [true, true]);
  assertEquals(await storage.openQuestions(0, 9), []);
  const again = await storage.answerAgain(ALICE, question.id, REST, "alice");
  assert(again.status === "taken");
  assertEquals([again.message.id, again.message.body], [answer.id, answer.body]);
  assertEquals((await storage.waiting(ALICE)).map(({ id }) => id), [answer.id]);
});

Deno.test("an answer is found by its question and sender, the first if there are several", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const re = messageId(77);
  const first = aDocument(1, { re, code: "no-answer" });
  await storage.receive(first);
  await storage.receive(aDocument(2, { re }));
  const reply = await storage.reply(ALICE, re);
  assertEquals([reply?.id, reply?.code, reply?.body], [first.id, "no-answer", first.body]);
  assertEquals(await storage.reply(BOB, re), undefined);
});

Deno.test("questions whose answers nobody takes are bounded for each sender, and strangers leave room", async () => {
  await using bench = new Bench();
  const storage = await bench.open();
  const outcomes: string[] = [];
  for (let n = 0; n < 1_030; n++) {
    const outcome = await storage.receive(aDocument(n, { ask: true, body: "1" }));
    outcomes.push(outcome.saved ? "saved" : outcome.code);
  }
  assertEquals([outcomes.indexOf("busy"), outcomes.at(-1)], [1_024, "busy"]);
  // An answer that waits counts as its question did; one that is taken makes room.
  const question = aDocument(0, { ask: true });
  const answer = answerTo(question.id, 1);
  await storage.answer(ALICE, answer, "alice");
  const next = () => storage.receive(aDocument(2_000, { ask: true, body: "1" }));
  assertEquals((await next()).saved, false);
  await storage.settle(ALICE, new Map([[answer.id, undefined]]));
  assertEquals((await next()).saved, true);
  assertEquals((await storage.receive(aDocument(3_000))).saved, true, "other documents come in");
  const other = { sender: peerId("c"), senderName: "carol", from: STRANGER, ask: true };
  assertEquals((await storage.receive(aDocument(1, other))).saved, true);
});
