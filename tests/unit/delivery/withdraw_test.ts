import { assert, assertEquals } from "@std/assert";
import { type DeliveryPair, largeDocument, testChat, testDocument } from "../../support/delivery_pair.ts";
import { withPair } from "./support.ts";

const WHY = "it may have arrived before";

/** Withdraws a message whose store takes its time. */
async function withdraw(pair: DeliveryPair, id: string) {
  const given = pair.outbound.giveUp(id);
  pair.sender.commit();
  return await given;
}

function endOf(pair: DeliveryPair, id: string) {
  return pair.ended.filter(({ message }) => message.id === id).map(({ settlement }) => settlement);
}

Deno.test("a message of a stream that is withdrawn before it was sent never arrives; those behind it do, in order", () =>
  withPair(async (pair, clock) => {
    const stream = ["a", "b", "c", "d"].map((text) => testDocument(text, { stream: "s" }));
    for (const message of stream) pair.outbound.add(message, true);
    await clock.advance(1_000);
    pair.sender.commit();
    assertEquals(await withdraw(pair, stream[1]!.id), { status: "withdrawn" });
    assertEquals(pair.sender.rows.has(stream[1]!.id), false);
    await pair.finish();
    assertEquals(pair.receiver.log, [stream[0], stream[2], stream[3]].map((message) => message!.id));
    assertEquals(endOf(pair, stream[1]!.id), [{ status: "withdrawn" }]);
    assertEquals(await withdraw(pair, stream[1]!.id), { status: "absent" });
  }));

Deno.test("what is under way stays, and can be withdrawn when its session ends; then it may have arrived", () =>
  withPair(async (pair) => {
    const message = testDocument("a");
    pair.outbound.add(message, true);
    pair.connect();
    pair.write();
    assertEquals((await withdraw(pair, message.id)).status, "kept");
    pair.cut();
    assertEquals((await withdraw(pair, message.id)).status, "withdrawn");
    assertEquals(endOf(pair, message.id), [{ status: "withdrawn", why: WHY }]);
    await pair.finish();
    assertEquals([pair.receiver.log, pair.sender.rows.size, pair.outbound.waiting], [[], 0, 0]);
  }));

Deno.test("one that was delivered is not withdrawn, nor is the answer to a question", () =>
  withPair(async (pair) => {
    const message = testDocument("a");
    pair.outbound.add(message, true);
    await pair.finish();
    assertEquals(await withdraw(pair, message.id), { status: "absent" });
    const answer = testDocument("answer", { re: message.id });
    pair.outbound.add(answer, true);
    assertEquals((await withdraw(pair, answer.id)).status, "kept");
  }));

Deno.test("withdrawn while the recipient has no room, it makes way for those behind it, also the one that is tried next", () =>
  withPair(async (pair, clock) => {
    const [first, second, other] = [
      testDocument("first", { stream: "s" }),
      testDocument("second", { stream: "s" }),
      largeDocument(200_000),
    ];
    let isFull = true;
    pair.receiver.refuse = () => isFull ? { code: "quota", why: "full" } : undefined;
    for (const message of [first, second, other]) pair.outbound.add(message, true);
    await pair.finish();
    for (const { id } of [first, other]) assertEquals((await withdraw(pair, id)).status, "withdrawn");
    isFull = false;
    for (let i = 0; i < 5; i++) {
      await clock.advance(60_000);
      await pair.finish();
    }
    assertEquals(pair.receiver.log, [second.id]);
  }));

Deno.test("a process that is killed while it withdraws has the message still, or never again", () =>
  withPair(async (pair, clock) => {
    const messages = [testDocument("a"), testDocument("b"), testChat("c")];
    for (const message of messages) pair.outbound.add(message, true);
    await clock.advance(1_000);
    pair.sender.commit();
    void pair.outbound.giveUp(messages[0]!.id);
    await pair.killSender();
    assertEquals(pair.outbound.has(messages[0]!.id), true);
    await withdraw(pair, messages[1]!.id);
    await pair.killSender();
    assertEquals(pair.outbound.has(messages[1]!.id), false);
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), [messages[0]!.id, messages[2]!.id].toSorted());
  }));

Deno.test("a short-lived peer withdraws what waits from before, and wants no session for it", () =>
  withPair(async (pair, clock) => {
    const messages = [testDocument("a", { stream: "s" }), testDocument("b", { stream: "s" })];
    for (const message of messages) pair.outbound.add(message, true);
    await clock.advance(1_000);
    pair.sender.commit();
    pair.outbound.close();
    await pair.startSender(true);
    assertEquals((await withdraw(pair, messages[0]!.id)).status, "withdrawn");
    assertEquals(pair.outbound.wantsSession, false);
    await pair.finish();
    assertEquals(pair.receiver.log, []);
    await pair.killSender();
    await pair.finish();
    assertEquals(pair.receiver.log, [messages[1]!.id]);
  }));

Deno.test("whatever is withdrawn when: what was never sent never arrives, all else arrives once, streams in order", () =>
  withPair(async (pair, clock) => {
    let seed = 7;
    const random = (below: number) => (seed = seed * 48_271 % 0x7fffffff) % below;
    pair.receiver.refuse = () => random(5) === 0 ? { code: "busy", why: "" } : undefined;
    pair.tap = () => random(25) === 0;
    const all = [];
    const withdrawn = new Map<string, boolean>();
    for (let i = 0; i < 160; i++) {
      const message = testDocument(`${i}`, { stream: ["s", "t", undefined][random(3)] });
      all.push(message);
      pair.outbound.add(message, true);
      if (random(3) === 0) pair.connect();
      pair.write(random(4));
      for (let n = random(6); n > 0; n--) pair.deliverToReceiver();
      if (random(2) === 0) pair.receiver.commit();
      await clock.advance(random(400));
      for (let n = random(6); n > 0; n--) pair.deliverToSender();
      if (random(2) === 0) pair.sender.commit();
      const { id } = all[Math.max(0, i - random(6))]!;
      if (random(2) === 0 && (await withdraw(pair, id)).status === "withdrawn") {
        withdrawn.set(id, "why" in endOf(pair, id)[0]!);
      }
      if (random(40) > 0) continue;
      // What a process had only in memory dies with it.
      await clock.advance(3_000);
      pair.sender.commit();
      await clock.advance(0);
      await pair.killSender();
    }
    pair.tap = () => false;
    pair.receiver.refuse = () => undefined;
    for (let i = 0; i < 5; i++) {
      await clock.advance(60_000);
      await pair.finish();
    }
    assert(withdrawn.size > 20, `${withdrawn.size} were withdrawn`);
    const log = pair.receiver.log;
    assertEquals(new Set(log).size, log.length);
    for (const { id } of all) {
      if (!withdrawn.has(id)) assert(log.includes(id), `${id} is lost`);
      else if (!withdrawn.get(id)) assert(!log.includes(id), `${id} was withdrawn, and arrived`);
    }
    for (const name of ["s", "t"]) {
      const ids = all.filter(({ stream }) => stream === name).map(({ id }) => id);
      const arrived = log.filter((id) => ids.includes(id));
      assertEquals(arrived, arrived.toSorted());
    }
  }));
