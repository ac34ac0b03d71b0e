import { assert, assertEquals } from "@std/assert";
import { type DeliveryPair, largeDocument, testChat, testDocument } from "../../support/delivery_pair.ts";
import { ReceiverDisk, SenderDisk } from "../../support/delivery_disks.ts";
import type { OutboundMessage } from "../../../lib/storage/types.ts";
import { withPair } from "./support.ts";

/** One of every kind. */
function everyKind(text: string): OutboundMessage[] {
  return [
    testDocument(text),
    testDocument(`${text} in a stream`, { stream: "s" }),
    testChat(text),
    largeDocument(200_000),
  ];
}

function addAll(pair: DeliveryPair, messages: readonly OutboundMessage[]): void {
  for (const message of messages) pair.outbound.add(message, true);
}

/** Whatever is called delivered is there; nothing is there twice. */
function assertHonest(pair: DeliveryPair): void {
  for (const { message, settlement } of pair.ended) {
    assertEquals(settlement.status, "delivered");
    assert(pair.receiver.saved.has(message.id), "called delivered, but never saved");
  }
  assertEquals(new Set(pair.receiver.log).size, pair.receiver.log.length, "saved twice");
  assertEquals(pair.outbound.waiting, 0);
}

for (const between of [1, 60, 1_500]) {
  Deno.test(`a sender restored from a copy that is ${between} messages old delivers what is new`, () =>
    withPair(async (pair) => {
      addAll(pair, everyKind("before"));
      await pair.finish();
      const older = pair.sender.copy();
      addAll(pair, Array.from({ length: between }, (_, i) => testDocument(`later ${i}`)));
      await pair.finish();
      await pair.restoreSender(older);
      const fresh = Array.from({ length: 50 }, (_, i) => everyKind(`after ${i}`)).flat();
      addAll(pair, fresh);
      await pair.finish();
      for (const { id } of fresh) assert(pair.receiver.saved.has(id), "taken for delivered, but never saved");
      assertHonest(pair);
    }));
}

Deno.test("a sender restored with what it had already delivered in its outbox offers it, and it is not saved twice", () =>
  withPair(async (pair) => {
    const queued = everyKind("queued");
    for (const message of queued) {
      pair.outbound.add(message, true);
      void pair.outbound.keep(message.id);
    }
    pair.sender.commit();
    const older = pair.sender.copy();
    await pair.finish();
    await pair.restoreSender(older);
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), queued.map(({ id }) => id).toSorted());
    assertHonest(pair);
    assertEquals(pair.sender.rows.size, 0);
  }));

Deno.test("two clones of a sender take turns, and all that either sends arrives", () =>
  withPair(async (pair) => {
    addAll(pair, everyKind("common"));
    await pair.finish();
    const clones = [pair.sender.copy(), pair.sender.copy()];
    for (let round = 0; round < 6; round++) {
      await pair.restoreSender(clones[round % 2]!);
      const fresh = Array.from({ length: round % 2 ? 3 : 40 }, () => everyKind(`round ${round}`)).flat();
      addAll(pair, fresh);
      await pair.finish();
      for (const { id } of fresh) assert(pair.receiver.saved.has(id), `lost in round ${round}`);
    }
    assertHonest(pair);
  }));

Deno.test("a receiver that lost or restored its disk gets all that is sent from then on", () =>
  withPair(async (pair) => {
    addAll(pair, everyKind("before"));
    await pair.finish();
    const older = pair.receiver.copy();
    addAll(pair, Array.from({ length: 100 }, (_, i) => testDocument(`later ${i}`)));
    await pair.finish();
    for (const disk of [older, new ReceiverDisk()]) {
      pair.killReceiver();
      pair.receiver = disk;
      const fresh = everyKind("after");
      addAll(pair, fresh);
      await pair.finish();
      for (const { id } of fresh) assert(pair.receiver.saved.has(id));
      assertEquals(pair.outbound.waiting, 0);
    }
  }));

Deno.test("a sender that lost its disk delivers what is new", () =>
  withPair(async (pair) => {
    addAll(pair, everyKind("before"));
    await pair.finish();
    await pair.restoreSender(new SenderDisk());
    const fresh = everyKind("after");
    addAll(pair, fresh);
    await pair.finish();
    for (const { id } of fresh) assert(pair.receiver.saved.has(id));
    assertHonest(pair);
  }));
