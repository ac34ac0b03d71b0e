import { assert, assertEquals } from "@std/assert";
import type { Message } from "../../../lib/protocol/message.ts";
import { CREDIT, Download, DownloadBudget } from "../../../lib/delivery/download.ts";
import { type DeliveryPair, largeDocument, testChat, testDocument } from "../../support/delivery_pair.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { withPair } from "./support.ts";

const MIB = 1024 * 1024;

/** Notes what goes over the wire; says how each message may be read. */
function listen(pair: DeliveryPair): string[] {
  const seen: string[] = [];
  pair.tap = (message) => {
    if (message.type === "part") seen.push(`part ${message.seq} at ${message.offset}`);
    else if (message.type === "want") seen.push(`want ${message.seq} ${message.offset}-${message.until}`);
    else if (message.type === "document") {
      seen.push(`${message.body.length > 0 ? "whole" : "head"} ${message.seq}`);
    } else if (message.type === "chat") seen.push(`chat ${message.seq}`);
    else if (message.type === "nak") seen.push(`nak ${message.seq} ${message.code}`);
    else if (message.type === "ack") seen.push(...message.seqs.map((seq) => `ack ${seq}`));
    return false;
  };
  return seen;
}

/** Moves everything until `stop`, and no farther. */
async function moveUntil(pair: DeliveryPair, stop: () => boolean): Promise<void> {
  if (!pair.connected) pair.connect();
  for (let turns = 0; !stop(); turns++) {
    assert(turns < 10_000);
    pair.write(1);
    pair.deliverToReceiver();
    pair.receiver.commit();
    pair.sender.commit();
    pair.deliverToSender();
    await pair.clock.advance(0);
  }
}

Deno.test("a document in parts goes as far as it is wanted, and not a byte more waits at the receiver than its credit", () =>
  withPair(async (pair) => {
    const large = largeDocument(3 * MIB);
    pair.outbound.add(large, true);
    let wanted = 0;
    let came = 0;
    pair.tap = (message) => {
      if (message.type === "want") wanted = message.until;
      if (message.type === "part") {
        assertEquals(message.offset, came);
        came += message.body.length;
        assert(came <= wanted, "more than was wanted");
        assert(came - (pair.receiver.partials.get(large.id) ?? 0) <= CREDIT);
      }
      return false;
    };
    await pair.finish();
    assertEquals(came, 3 * MIB);
    assertEquals(pair.receiver.log, [large.id]);
    assertEquals(pair.progress.map(([, bytes]) => bytes).toSorted((a, b) => a - b).at(-1)! < 3 * MIB, true);
  }));

Deno.test("chat and other documents go before the parts of a large one", () =>
  withPair(async (pair) => {
    const seen = listen(pair);
    pair.outbound.add(largeDocument(2 * MIB), true);
    await moveUntil(pair, () => seen.includes("part 1 at 0"));
    pair.outbound.add(testChat("quick"), true);
    pair.outbound.add(testDocument("quick"), true);
    await pair.finish();
    const parts = seen.filter((line) => line.startsWith("part"));
    const [chat, whole] = [seen.indexOf("chat 2"), seen.indexOf("whole 3")];
    assert(chat > 0 && whole > chat && seen.indexOf(parts.at(-1)!) > whole);
    assert(seen.slice(0, chat).filter((line) => line.startsWith("part")).length < 10);
  }));

Deno.test("a cut in the middle costs what was not on disk, and nothing else", () =>
  withPair(async (pair) => {
    const large = largeDocument(4 * MIB);
    pair.outbound.add(large, true);
    void pair.outbound.keep(large.id);
    await moveUntil(pair, () => (pair.receiver.partials.get(large.id) ?? 0) > 2 * MIB);
    for (const kill of ["the link", "the receiver", "the sender"]) {
      const there = pair.receiver.partials.get(large.id)!;
      pair.sender.commit();
      if (kill === "the receiver") pair.killReceiver();
      else if (kill === "the sender") await pair.killSender();
      else pair.cut();
      const seen = listen(pair);
      await moveUntil(pair, () => pair.receiver.partials.get(large.id)! > there + 300_000);
      assertEquals(
        seen.find((line) => line.startsWith("want"))?.split(" ")[2]?.split("-")[0],
        `${there}`,
        kill,
      );
      assert(!seen.includes("part 1 at 0"), kill);
    }
    await pair.finish();
    assertEquals(pair.receiver.log, [large.id]);
  }));

Deno.test("a wrong hash has it come once more on the same session, and the second time it is corrupt for good", () =>
  withPair(async (pair) => {
    const [once, always] = [largeDocument(MIB), largeDocument(MIB)];
    pair.receiver.corrupt.set(once.id, 1).set(always.id, 9);
    const seen = listen(pair);
    for (const large of [once, always]) pair.outbound.add(large, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [once.id]);
    assertEquals(
      pair.ended.map(({ message, settlement }) => [message.id, settlement.status]).sort(),
      [[once.id, "delivered"], [always.id, "refused"]],
    );
    assertEquals(seen.filter((line) => line === "part 1 at 0").length, 2);
    assertEquals(seen.filter((line) => line === "part 2 at 0").length, 2);
    assert(seen.includes("nak 2 corrupt"));
  }));

Deno.test("parts that nobody asked for, out of turn, or of an earlier session have no effect", () =>
  withPair(async (pair) => {
    const large = largeDocument(MIB);
    pair.outbound.add(large, true);
    const kept: Message[] = [];
    pair.tap = (message, to) => {
      if (to === "receiver" && message.type === "part") kept.push(message);
      return to === "receiver" && message.type === "part";
    };
    await pair.finish();
    pair.tap = () => false;
    const [first, second] = kept as (Message & { type: "part" })[];
    pair.toReceiver.push(
      second!,
      { ...first!, offset: 5 },
      { ...first!, seq: 9 },
      { ...first!, body: new Uint8Array(2 * MIB) },
    );
    await pair.finish();
    assertEquals(pair.receiver.partials.size, 0);
    pair.connect();
    pair.toReceiver.push(first!);
    await pair.finish();
    assertEquals(pair.receiver.log, [large.id]);
  }));

Deno.test("a document of a stream that does not fit a record goes in parts, and what is behind it in the stream waits", () =>
  withPair(async (pair) => {
    const seen = listen(pair);
    const body = new TextEncoder().encode(JSON.stringify("x".repeat(20_000)));
    const messages = [
      testDocument("first", { stream: "s", body }),
      testDocument("second", { stream: "s" }),
      testDocument("other", { stream: "t" }),
      testDocument("alone"),
    ];
    for (const message of messages) pair.outbound.add(message, true);
    pair.rx = 4_096;
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), messages.map(({ id }) => id));
    assertEquals(pair.receiver.log.at(-1), messages[1]!.id);
    assert(seen.indexOf("whole 4") > seen.indexOf("ack 1"), `${seen}`);
    assert(seen.indexOf("whole 2") < seen.indexOf("ack 1"));
    const saved = pair.receiver.saved.get(messages[0]!.id);
    assertEquals(saved?.type === "document" && saved.body, body);
  }));

Deno.test("four documents of one sender come at a time, the others wait their turn and come too", () =>
  withPair(async (pair) => {
    const seen = listen(pair);
    const all = Array.from({ length: 9 }, () => largeDocument(600_000));
    for (const large of all) pair.outbound.add(large, true);
    await moveUntil(pair, () => seen.some((line) => line.startsWith("part")));
    assertEquals(
      new Set(seen.filter((line) => line.startsWith("want")).map((line) => line.split(" ")[1])).size,
      4,
    );
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), all.map(({ id }) => id));
  }));

Deno.test("a document that takes long holds up nothing, however much comes beside it", () =>
  withPair(async (pair) => {
    const large = largeDocument(8 * MIB);
    const seen = listen(pair);
    pair.outbound.add(large, true);
    await moveUntil(pair, () => (pair.receiver.partials.get(large.id) ?? 0) > MIB);
    for (let i = 0; i < 100; i++) pair.outbound.add(testChat(`${i}`), true);
    await moveUntil(pair, () => pair.receiver.log.length === 100);
    assert(!pair.receiver.log.includes(large.id));
    await pair.finish();
    assert(pair.receiver.log.includes(large.id));
    assertEquals(seen.filter((line) => line.startsWith("nak")), []);
  }, 32));

Deno.test("a document that is given up in the middle ends there, and what comes behind it goes on", () =>
  withPair(async (pair, clock) => {
    const large = largeDocument(4 * MIB, { expires: clock.wall() + 1_000 });
    pair.outbound.add(large, true);
    await moveUntil(pair, () => (pair.receiver.partials.get(large.id) ?? 0) > MIB);
    const seen = listen(pair);
    await clock.advance(2_000);
    await pair.finish();
    assertEquals(pair.ended.map(({ settlement }) => settlement.status), ["expired"]);
    assertEquals(pair.receiver.log, []);
    assert(seen.includes("nak 1 busy"), "its number is answered");
    assert(!pair.outbound.unacknowledged);
    const others = Array.from({ length: 4 }, () => testDocument("x"));
    for (const message of others) pair.outbound.add(message, true);
    await pair.finish();
    assertEquals(pair.receiver.log, others.map(({ id }) => id));
  }, 1));

Deno.test("a transfer that its sender lets stand for 30 s is no reason to keep the session", () =>
  withPair(async (pair, clock) => {
    pair.outbound.add(largeDocument(4 * MIB), true);
    await moveUntil(pair, () => pair.progress.length > 0);
    pair.tap = (message) => message.type === "part";
    await clock.advance(29_000);
    assert(pair.isReceiverBusy);
    await clock.advance(2_000);
    assert(!pair.isReceiverBusy);
    const large = pair.toReceiver.find((message) => message.type === "part");
    pair.tap = () => false;
    if (large) pair.deliverToReceiver();
    else await pair.finish();
  }));

Deno.test("however much waits for a peer, its bodies are read in small amounts when they are about to be sent", () =>
  withPair(async (pair) => {
    const body = new TextEncoder().encode(JSON.stringify("x".repeat(60_000)));
    const all = Array.from(
      { length: 300 },
      (_, i) => testDocument(`${i}`, { body, stream: i % 2 ? "s" : undefined }),
    );
    for (const message of all) {
      pair.outbound.add(message, true);
      void pair.outbound.keep(message.id);
    }
    pair.sender.commit();
    await pair.clock.advance(1_000);
    for (const restart of [false, true]) {
      if (restart) await pair.killSender();
      pair.sender.loads = [];
      pair.tap = (message) => message.type === "ack";
      await pair.finish();
      pair.cut();
      pair.tap = () => false;
      const { loads } = pair.sender;
      assert(loads.length > 0 && loads.every((bytes) => bytes <= MIB + body.length), `${loads}`);
      assert(
        loads.reduce((sum, bytes) => sum + bytes, 0) <= 9 * MIB,
        "no more than can be in flight, and some",
      );
    }
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), all.map(({ id }) => id));
    assertEquals(pair.ended.filter(({ settlement }) => settlement.status === "delivered").length, 300);
  }));

Deno.test("where very many documents come at a time, each may take less memory, down to 16 KiB", () => {
  const budget = new DownloadBudget();
  const credits: number[] = [];
  let entered = 0;
  for (const running of [1, 128, 256, 4_096, 10_000]) {
    for (; entered < running; entered++) budget.enter();
    credits.push(budget.credit / 1024);
  }
  assertEquals(credits, [2_048, 512, 256, 16, 16]);
  for (; entered > 1; entered--) budget.leave();
  assertEquals(budget.credit, CREDIT);
});

Deno.test("a message that was given up is not sent, however slowly the store forgets it", () =>
  withPair(async (pair) => {
    const [first, second] = [testDocument("first"), testDocument("second")];
    for (const message of [first, second]) {
      pair.outbound.add(message, true);
      void pair.outbound.keep(message.id);
    }
    pair.sender.commit();
    await pair.clock.advance(0);
    void pair.outbound.withdraw(second.id);
    const seen = listen(pair);
    pair.connect();
    for (let i = 0; i < 4; i++) {
      pair.write();
      pair.deliverToReceiver();
      await pair.clock.advance(0);
      pair.deliverToSender();
    }
    assert(seen.includes("whole 1") && !seen.includes("whole 2"), `${seen}`);
    await pair.finish();
    assertEquals(pair.receiver.log, [first.id]);
  }));

Deno.test("a store that fails for a moment, or is slow, holds up nothing for good, and nothing is taken for delivered", () =>
  withPair(async (pair, clock) => {
    const message = testDocument("a", { stream: "s" });
    pair.outbound.add(message, true);
    void pair.outbound.keep(message.id);
    let refusals = 1;
    pair.receiver.refuse = () => refusals-- > 0 ? { code: "busy", why: "" } : undefined;
    await moveUntil(pair, () => pair.deferred.length > 0);
    pair.sender.fail = true;
    // The same refusal once more has no effect: its number is answered.
    pair.outbound.nak({ type: "nak", seq: 1, code: "not-json", why: "" });
    for (let i = 0; i < 3; i++) {
      await clock.advance(2_000);
      await pair.finish();
    }
    assertEquals(pair.receiver.log, [message.id]);
    assert(pair.failures.length > 0 && pair.sender.rows.size === 1);
    pair.sender.fail = false;
    pair.failures.length = 0;
    await clock.advance(2_000);
    await pair.finish();
    assertEquals([pair.receiver.log, pair.sender.rows.size], [[message.id], 0]);
  }));

Deno.test("a recipient that wants everything at once is sent eight documents at a time", () =>
  withPair(async (pair) => {
    const all = Array.from({ length: 30 }, () => largeDocument(200_000));
    for (const large of all) pair.outbound.add(large, true);
    pair.tap = (message, to) => to === "receiver" && message.type === "document";
    await pair.finish();
    const seqs: number[] = [];
    pair.tap = (message) => {
      if (message.type === "part" && !seqs.includes(message.seq)) seqs.push(message.seq);
      return true;
    };
    for (let seq = 1; seq <= 30; seq++) pair.outbound.want({ type: "want", seq, offset: 0, until: 200_000 });
    for (let i = 0; i < 10; i++) {
      await pair.clock.advance(0);
      pair.write();
      while (pair.toReceiver.length > 0) pair.deliverToReceiver();
    }
    assertEquals(seqs, [1, 2, 3, 4, 5, 6, 7, 8]);
    pair.tap = () => false;
    pair.connect();
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), all.map(({ id }) => id));
  }));

Deno.test("a document whose session ends while its hash is compared does not go on without it", async () => {
  const comparing = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<"again">();
  let suspended = 0;
  const intake = {
    offset: 10,
    write: () => Promise.resolve(undefined),
    finish: () => {
      comparing.resolve();
      return finish.promise;
    },
    suspend: () => void suspended++,
  };
  const wants: number[][] = [];
  const want = (...asked: number[]) => void wants.push(asked);
  const download = new Download(
    10,
    () => Promise.resolve(intake),
    want,
    new DownloadBudget(),
    new FakeClock(),
  );
  const started = download.start();
  await comparing.promise;
  assertEquals(download.cancel(), false, "it is too late to stop it");
  finish.resolve("again");
  await started;
  const outcome = await download.ended;
  assert(outcome && !outcome.saved && outcome.code === "busy");
  assertEquals([suspended, wants], [1, []]);
});
