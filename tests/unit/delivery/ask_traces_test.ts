import { assertEquals } from "@std/assert";
import { DeliveryPair, testChat, testDocument } from "../../support/delivery_pair.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const QUESTION = "01ASK000000000000000000001";

Deno.test("a question is sent only to a peer that says it answers, and ends at once for another", async () => {
  const pair = await DeliveryPair.start(new FakeClock());
  const [question, document] = [testDocument("why", { ask: true }), testDocument("reading")];
  pair.outbound.add(question, true);
  pair.outbound.add(document, true);
  pair.remote = { can: "peers holograms-2" };
  await pair.finish();
  assertEquals([...pair.receiver.saved.keys()], [document.id]);
  const [ended] = pair.ended.filter(({ message }) => message.id === question.id);
  const { status, ...refusal } = ended!.settlement;
  assertEquals([status, "code" in refusal && refusal.code], ["refused", "cannot"]);
  assertEquals(pair.sender.rows.size, 0, "nothing of it waits");

  pair.cut();
  pair.remote = { can: "peers ask" };
  const again = testDocument("why", { ask: true });
  pair.outbound.add(again, true);
  await pair.finish();
  const saved = pair.receiver.saved.get(again.id);
  assertEquals(saved?.type === "document" && saved.ask, true);
});

Deno.test("a short-lived asker is sent its answers and nothing else; what else waits goes to a later session", async () => {
  const pair = await DeliveryPair.start(new FakeClock());
  const [chat, document] = [testChat("hi"), testDocument("reading")];
  const [answer, failure] = [
    testDocument("yes", { re: QUESTION }),
    testDocument("no", { re: QUESTION, code: "failed" }),
  ];
  for (const message of [chat, document, answer, failure]) pair.outbound.add(message, true);
  pair.remote = { can: "ask", brief: true, answers: true };
  await pair.finish();
  assertEquals([...pair.receiver.saved.keys()], [answer.id, failure.id]);
  const saved = pair.receiver.saved.get(failure.id);
  assertEquals(saved?.type === "document" && [saved.re, saved.code], [QUESTION, "failed"]);
  pair.cut();
  pair.remote = { can: "ask" };
  await pair.finish();
  assertEquals([...pair.receiver.saved.keys()].slice(2), [chat.id, document.id]);
});

Deno.test("an answer waits for a session with a peer that can take it", async () => {
  const pair = await DeliveryPair.start(new FakeClock());
  const answer = testDocument("yes", { re: QUESTION });
  pair.outbound.add(answer, true);
  for (const remote of [{}, { can: "ask", brief: true }]) {
    pair.remote = remote;
    await pair.finish();
    assertEquals([pair.receiver.saved.size, pair.ended.length], [0, 0]);
    pair.cut();
  }
  pair.remote = { can: "ask", answers: true };
  await pair.finish();
  assertEquals([...pair.receiver.saved.keys()], [answer.id]);
});

Deno.test("a question and its answer fit small records in parts", async () => {
  const pair = await DeliveryPair.start(new FakeClock());
  pair.rx = 1024;
  pair.remote = { can: "ask" };
  const question = testDocument("x".repeat(5_000), { ask: true, name: "ask.json" });
  const answer = testDocument("y".repeat(5_000), { re: QUESTION, name: "answer.json" });
  for (const message of [question, answer]) pair.outbound.add(message, true);
  await pair.finish();
  const saved = [...pair.receiver.saved.values()].map((each) =>
    each.type === "document" && [each.ask, each.re, each.body]
  );
  assertEquals(saved, [[true, undefined, question.body], [undefined, QUESTION, answer.body]]);
});
