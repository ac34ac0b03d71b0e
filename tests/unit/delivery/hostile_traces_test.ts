// Peers that do not behave, and what is given up at the wrong moment: nothing is held up by it for longer than it must.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DownloadBudget } from "../../../lib/delivery/download.ts";
import { Inbound, type InboundStore } from "../../../lib/delivery/inbound.ts";
import { Outbound } from "../../../lib/delivery/outbound.ts";
import { decodeMessages, type DocumentMessage, type Message } from "../../../lib/protocol/message.ts";
import type { OutboundMessage } from "../../../lib/storage/types.ts";
import { SenderDisk } from "../../support/delivery_disks.ts";
import { DeliveryPair, largeDocument, testChat, testDocument } from "../../support/delivery_pair.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { withPair } from "./support.ts";

/** JSON of so many bytes. */
function json(size: number): Uint8Array {
  return new TextEncoder().encode(JSON.stringify("x".repeat(size - 2)));
}

Deno.test("a chat that is given up before it is refused for now holds up no other", () =>
  withPair(async (pair, clock) => {
    const early = testChat("early", { to: "all", expires: clock.wall() + 30_000 });
    pair.outbound.add(early, false);
    pair.receiver.refuse = ({ id }) => id === early.id ? { code: "busy", why: "" } : undefined;
    pair.tap = (message) => message.type === "nak";
    await pair.finish();
    await clock.advance(31_000);
    assertEquals(pair.ended.map(({ settlement }) => settlement.status), ["expired"]);
    pair.tap = () => false;
    pair.toSender.push({ type: "nak", seq: 1, code: "busy", why: "" });
    await pair.finish();
    const later = testChat("later");
    pair.outbound.add(later, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [later.id]);
  }));

Deno.test("nothing overtakes a chat that was refused behind one that was given up meanwhile", () =>
  withPair(async (pair, clock) => {
    const first = testChat("first", { to: "all", expires: clock.wall() + 30_000 });
    const [second, third] = [testChat("second"), testChat("third")];
    pair.receiver.refuse = ({ id }) => id === first.id ? { code: "busy", why: "" } : undefined;
    for (const message of [first, second]) pair.outbound.add(message, false);
    pair.tap = (message) => message.type === "nak";
    await pair.finish();
    await clock.advance(31_000);
    assertEquals(pair.ended.map(({ settlement }) => settlement.status), ["expired"]);
    pair.tap = () => false;
    pair.outbound.nak({ type: "nak", seq: 1, code: "busy", why: "" });
    pair.outbound.add(third, true);
    await pair.finish();
    pair.outbound.nak({ type: "nak", seq: 2, code: "busy", why: "" });
    await pair.finish();
    await clock.advance(2_000);
    await pair.finish();
    assertEquals(pair.receiver.log, [second.id, third.id]);
  }));

Deno.test("a document in parts of a stream that is given up in the middle holds up nothing of its stream", () =>
  withPair(async (pair, clock) => {
    pair.rx = 4_096;
    const early = testDocument("early", {
      stream: "s",
      body: json(20_000),
      expires: clock.wall() + 1_000,
    });
    pair.outbound.add(early, true);
    pair.tap = (message) => message.type === "part";
    await pair.finish();
    await clock.advance(2_000);
    pair.tap = () => false;
    await pair.finish();
    assertEquals(pair.ended.map(({ settlement }) => settlement.status), ["expired"]);
    const later = testDocument("later", { stream: "s" });
    pair.outbound.add(later, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [later.id]);
  }));

Deno.test("a document in memory that goes in parts is sent whole, however much is in the outbox beside it", () =>
  withPair(async (pair) => {
    pair.rx = 4_096;
    const all = Array.from({ length: 120 }, (_, i) => testDocument(`${i}`, { body: json(60_000) }));
    for (const message of all) pair.outbound.add(message, true);
    pair.connect();
    pair.write();
    for (const message of all) void pair.outbound.keep(message.id);
    pair.sender.commit();
    await pair.clock.advance(1_000);
    await pair.finish();
    assertEquals(pair.ended.filter(({ settlement }) => settlement.status !== "delivered"), []);
    assertEquals(pair.receiver.log.toSorted(), all.map(({ id }) => id));
  }));

Deno.test("a recipient that asks again for more than there is gets all of it again", () =>
  withPair(async (pair) => {
    const large = largeDocument(100_000);
    pair.outbound.add(large, true);
    pair.connect();
    pair.write();
    pair.toReceiver = [];
    for (let round = 0; round < 3; round++) {
      pair.outbound.want({ type: "want", seq: 1, offset: 0, until: Number.MAX_SAFE_INTEGER });
      let bytes = 0;
      for (let turn = 0; turn < 10; turn++) {
        pair.write();
        for (const message of pair.toReceiver.splice(0)) {
          if (message.type === "part") bytes += message.body.length;
        }
        await pair.clock.advance(0);
      }
      assertEquals(bytes, 100_000);
    }
  }));

Deno.test("what a recipient does not take for long holds up nothing of another order", () =>
  withPair(async (pair, clock) => {
    const [line, other] = [testDocument("line", { stream: "s" }), testDocument("other")];
    const [chat, document] = [testChat("chat"), testDocument("document")];
    let isBusy = true;
    pair.receiver.refuse = ({ id }) =>
      id === line.id || id === other.id || isBusy ? { code: "quota", why: "" } : undefined;
    for (const message of [line, other, chat, document]) pair.outbound.add(message, true);
    await pair.finish();
    isBusy = false;
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(60_000);
      await pair.finish();
    }
    assertEquals(pair.receiver.log.toSorted(), [chat.id, document.id]);
  }));

Deno.test("whoever has streams without end held up, and never says void, loses its session", async () => {
  const pair = await DeliveryPair.start(new FakeClock(), 16);
  pair.connect();
  pair.receiver.refuse = () => ({ code: "quota", why: "" });
  for (let seq = 1; seq <= 20; seq++) {
    const { id, body, name, size } = testDocument("x");
    pair.toReceiver.push({ type: "document", seq, id, name, size, body: body!, stream: `s${seq}` });
    pair.deliverToReceiver();
    await pair.clock.advance(0);
    pair.answer();
  }
  assertMatch(pair.violations.join(), /16 refusals/);
  pair.outbound.close();
});

Deno.test("more streams are held up and freed in a session than are remembered, and all of it arrives in order", () =>
  withPair(async (pair, clock) => {
    const streams = Array.from(
      { length: 60 },
      (_, s) => [1, 2].map((n) => testDocument(`${n}`, { stream: `s${s}` })),
    );
    let isFull = true;
    pair.receiver.refuse = () => isFull ? { code: "quota", why: "" } : undefined;
    for (const message of streams.flat()) pair.outbound.add(message, true);
    await pair.finish();
    isFull = false;
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(60_000);
      await pair.finish();
    }
    assertEquals(pair.receiver.log.length, 120);
    for (const [first, second] of streams) {
      assert(pair.receiver.log.indexOf(first!.id) < pair.receiver.log.indexOf(second!.id));
    }
  }, 16));

Deno.test("a sender announces no more documents in parts than can come, and a receiver lets no more wait than 128", () =>
  withPair(async (pair) => {
    const all = Array.from({ length: 200 }, () => largeDocument(100_000));
    for (const message of all) pair.outbound.add(message, true);
    let heads = 0;
    const refusals: number[] = [];
    pair.tap = (message) => {
      if (message.type === "document") heads++;
      if (message.type === "nak") refusals.push(message.seq);
      return message.type === "part";
    };
    await pair.finish();
    assertEquals([heads, refusals], [64, []]);
    for (let seq = 65; seq <= 200; seq++) {
      const { id, name, size, sha256 } = largeDocument(100_000);
      pair.toReceiver.push({ type: "document", seq, id, name, size, sha256, body: new Uint8Array() });
    }
    await pair.finish();
    assertEquals(refusals, Array.from({ length: 200 - 128 }, (_, i) => 129 + i));
    pair.cut();
    pair.tap = () => false;
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), all.map(({ id }) => id));
  }));

Deno.test("what waits for a peer is read again after the store failed for a moment", async () => {
  const store = new SenderDisk().store(() => 0);
  let isFailing = true;
  const load = () => isFailing ? Promise.reject(new Error("the disk is full")) : store.load();
  const outbound = new Outbound({ ...store, load }, new FakeClock(), () => {});
  await assertRejects(() => outbound.open(), Error, "the disk is full");
  assert(outbound.isIdle, "it may be forgotten");
  isFailing = false;
  assertEquals(await outbound.open(), outbound);
});

Deno.test("what is read from the store after the end leaves no timer behind", async () => {
  const clock = new FakeClock();
  const read = Promise.withResolvers<OutboundMessage[]>();
  const store = { ...new SenderDisk().store(() => 0), load: () => read.promise };
  const outbound = new Outbound(store, clock, () => {});
  const opened = outbound.open();
  outbound.close();
  read.resolve([{ id: "1", kind: "chat", name: "", to: "you", at: 0, expires: 1_000, size: 1 }]);
  await opened;
  assertEquals(clock.next(), undefined);
});

/** A store that takes nothing, or what the test says. */
function storeWith(methods: Partial<InboundStore>): InboundStore {
  return {
    keep: () => Promise.reject(new Error("nothing comes whole")),
    intake: () => Promise.reject(new Error("nothing is large")),
    refusal: () => undefined,
    nextTurn: () => 1,
    violated: (why) => assert(false, why),
    ...methods,
  };
}

function headOf(seq: number, size: number): DocumentMessage {
  const id = `${seq}`.padStart(26, "0");
  const head = { seq, id, name: "a.json", size, sha256: "0".repeat(64), body: new Uint8Array() };
  return { type: "document", ...head };
}

/** All answers that wait, as messages. */
function answersOf(inbound: Inbound): Message[] {
  const answers: Message[] = [];
  for (let frame; (frame = inbound.nextFrame(65_535));) answers.push(...decodeMessages(frame));
  return answers;
}

Deno.test("documents that are begun and given up again and again leave no more than four openings to the disk", async () => {
  const openings: (() => void)[] = [];
  let begun = 0;
  const intake = () => {
    begun++;
    const { promise, resolve } = Promise.withResolvers<{ saved: false; code: "busy"; why: string }>();
    openings.push(() => resolve({ saved: false, code: "busy", why: "" }));
    return promise;
  };
  const inbound = new Inbound(storeWith({ intake }), () => {}, new FakeClock());
  for (let seq = 1; seq <= 4_000; seq++) {
    inbound.received(headOf(seq, 100_000));
    inbound.received({ type: "void", seq });
    if (seq % 4 > 0) continue;
    await settle();
    answersOf(inbound);
    assert(openings.length <= 4, `${openings.length} at document ${seq}`);
  }
  inbound.received(headOf(4_001, 100_000));
  for (const open of openings.splice(0)) open();
  await settle();
  assertEquals(begun, 5, "the next one is begun once there is room");
});

Deno.test("small documents in parts of all senders together have no more memory than there is for them", async () => {
  const budget = new DownloadBudget();
  const sessions: Inbound[] = [];
  const clock = new FakeClock();
  const begin = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const inbound = new Inbound(storeWith({}), () => {}, clock, budget);
      sessions.push(inbound);
      for (let seq = 1; seq <= 4; seq++) inbound.received(headOf(seq, 65_000));
    }
    await settle();
    const answers = sessions.flatMap(answersOf);
    return ["want", "nak"].map((type) => answers.filter((answer) => answer.type === type).length);
  };
  const most = Math.floor(64 * 2 ** 20 / 65_000);
  assertEquals(await begin(400), [most, 1_600 - most]);
  for (const inbound of sessions.splice(0, 100)) inbound.close();
  assertEquals(await begin(200), [400, 400], "the memory of what ended is free again");
  await clock.advance(31_000);
  assertEquals(await begin(1), [4, 4], "what stands still gives way");
});
