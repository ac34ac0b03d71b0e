import { assert, assertEquals } from "@std/assert";
import { testDocument } from "../../support/delivery_pair.ts";
import { Inbound } from "../../../lib/session/inbound.ts";
import { settle } from "../../support/fake_clock.ts";
import { withPair } from "./support.ts";

Deno.test("a receiver that lost its database gets what is still to come, in a new epoch", () =>
  withPair(async (pair) => {
    for (let i = 0; i < 100; i++) pair.outbound.add(testDocument(`${i}`), true);
    await pair.finish();
    const epoch = pair.sender.epoch;
    pair.killReceiver();
    pair.receiver = new (pair.receiver.constructor as new () => typeof pair.receiver)();
    pair.startReceiver();
    const message = testDocument("after");
    pair.outbound.add(message, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [message.id]);
    assert(pair.sender.epoch !== epoch, "the epoch must change");
    assertEquals(pair.outbound.waiting, 0);
  }));

Deno.test("a receiver restored from an older copy loses nothing that is sent from then on", () =>
  withPair(async (pair) => {
    for (let i = 0; i < 10; i++) pair.outbound.add(testDocument(`${i}`), true);
    await pair.finish();
    const older = pair.receiver.copy();
    for (let i = 0; i < 100; i++) pair.outbound.add(testDocument(`later ${i}`), true);
    await pair.finish();
    pair.killReceiver();
    pair.receiver = older;
    pair.startReceiver();
    const messages = Array.from({ length: 5 }, (_, i) => testDocument(`after ${i}`));
    for (const message of messages) pair.outbound.add(message, true);
    await pair.finish();
    for (const message of messages) assert(pair.receiver.saved.has(message.id));
    assertEquals(pair.outbound.waiting, 0);
  }));

Deno.test("a sender restored from an older copy takes a new epoch, and nothing new is taken for old", () =>
  withPair(async (pair) => {
    for (let i = 0; i < 10; i++) pair.outbound.add(testDocument(`${i}`), true);
    await pair.finish();
    const older = pair.sender.copy();
    for (let i = 0; i < 200; i++) pair.outbound.add(testDocument(`later ${i}`), true);
    await pair.finish();
    await pair.killSender();
    pair.sender = older;
    await pair.startSender();
    const messages = Array.from({ length: 300 }, (_, i) => testDocument(`after ${i}`));
    for (const message of messages) pair.outbound.add(message, true);
    await pair.finish();
    for (const message of messages) {
      assert(pair.receiver.saved.has(message.id), "taken for delivered, but never saved");
    }
    assertEquals(pair.outbound.waiting, 0);
  }));

Deno.test("a sender that lost its database delivers under a new epoch", () =>
  withPair(async (pair) => {
    for (let i = 0; i < 10; i++) pair.outbound.add(testDocument(`${i}`), true);
    await pair.finish();
    await pair.killSender();
    pair.sender = new (pair.sender.constructor as new () => typeof pair.sender)();
    await pair.startSender();
    const message = testDocument("after");
    pair.outbound.add(message, true);
    await pair.finish();
    assert(pair.receiver.saved.has(message.id));
  }));

Deno.test("an epoch that comes back goes on where the receiver's store left it", () =>
  withPair(async (pair) => {
    for (let i = 0; i < 10; i++) pair.outbound.add(testDocument(`${i}`), true);
    await pair.finish();
    const epoch = pair.sender.epoch!;
    let upto: number | undefined;
    const answers = { have: (_: number, mark: number) => upto = mark, ack() {}, nak() {}, want() {} };
    await pair.inbound.epoch(epoch + 1, answers);
    assertEquals(upto, 0);
    await pair.inbound.epoch(epoch, answers);
    assertEquals(upto, pair.receiver.window!.upto);
  }));

Deno.test("however many epochs a sender tells, the store is asked for one at a time and only the latest is answered", async () => {
  let asked = 0;
  let waiting: (() => void)[] = [];
  const inbound = new Inbound({
    load: () => {
      asked++;
      return new Promise((resolve) => waiting.push(() => resolve(undefined)));
    },
    keep: () => Promise.resolve({ saved: true }),
    intake: () => Promise.resolve({ saved: true }),
    refusal: () => undefined,
    keepVoid: () => Promise.resolve({ saved: true }),
  }, 16);
  const answered: number[] = [];
  const answers = { have: (epoch: number) => void answered.push(epoch), ack() {}, nak() {}, want() {} };
  let last = Promise.resolve();
  for (let epoch = 1; epoch <= 10_000; epoch++) last = inbound.epoch(epoch, answers);
  assert(inbound.drained, "nothing more is read meanwhile");
  for (; waiting.length > 0; await settle()) {
    const now = waiting;
    waiting = [];
    for (const answer of now) answer();
  }
  await last;
  assert(asked <= 3, `${asked} loads`);
  assertEquals(answered, [10_000]);
});

Deno.test("a recipient whose account of our numbers never fits makes us renumber once in a session", () =>
  withPair(async (pair) => {
    let epochs = 0;
    pair.tap = (message, to) => {
      if (to === "receiver" && message.type === "epoch") epochs++;
      if (message.type !== "have" || message.upto === 4_000_000_000) return false;
      pair.toSender.unshift({ ...message, upto: 4_000_000_000 });
      return true;
    };
    pair.outbound.add(testDocument("a"), true);
    pair.connect();
    for (let i = 0; i < 50; i++) {
      pair.write();
      pair.deliverToReceiver();
      pair.sender.commit();
      pair.receiver.commit();
      await settle();
      pair.deliverToSender();
      pair.deliverToSender();
    }
    assertEquals(epochs, 2);
    assert(!pair.connected, "then the session is given up");
  }));
