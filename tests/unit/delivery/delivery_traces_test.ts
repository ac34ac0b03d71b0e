import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { Message } from "../../../lib/protocol/message.ts";
import { DeliveryPair, testChat, testDocument } from "../../support/delivery_pair.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { withPair } from "./support.ts";

const FAR_AWAY = 365 * 86_400_000;

function statuses(pair: DeliveryPair): string[] {
  return pair.ended.map(({ message, settlement }) => `${message.id} ${settlement.status}`).sort();
}

Deno.test("what is handed in arrives once and is reported delivered", () =>
  withPair(async (pair) => {
    const messages = [testDocument("a"), testChat("b"), testDocument("c")];
    for (const message of messages) pair.outbound.add(message, true);
    await pair.finish();
    assertEquals(pair.receiver.log.toSorted(), messages.map((message) => message.id));
    assertEquals(statuses(pair), messages.map((message) => `${message.id} delivered`));
    assertEquals(pair.sender.rows.size, 0);
    assertEquals(pair.outbound.waiting, 0);
  }));

Deno.test("a receiver killed after COMMIT and before the ack saves nothing twice", () =>
  withPair(async (pair) => {
    const message = testDocument("a");
    pair.outbound.add(message, true);
    pair.tap = (each) => each.type === "ack";
    await pair.finish();
    assertEquals(pair.ended, []);
    pair.killReceiver();
    pair.tap = () => false;
    await pair.finish();
    assertEquals(pair.receiver.log, [message.id]);
    assertEquals(statuses(pair), [`${message.id} delivered`]);
  }));

Deno.test("a sender killed while its message is on the way sends it again, and it is saved once", () =>
  withPair(async (pair) => {
    const message = testDocument("a");
    pair.outbound.add(message, true);
    pair.tap = (each) => each.type === "ack";
    await pair.finish();
    await pair.killSender();
    pair.tap = () => false;
    await pair.finish();
    assertEquals(pair.receiver.log, [message.id]);
    assertEquals(pair.sender.rows.size, 0);
  }));

Deno.test("numbers begin at 1 in every session, and only grow", () =>
  withPair(async (pair, clock) => {
    let highest = 0;
    let refusals = 20;
    pair.receiver.refuse = () => refusals-- > 0 ? { code: "busy", why: "" } : undefined;
    pair.tap = (message, to) => {
      if (to === "sender" || message.type !== "document") return false;
      assert(highest === 0 ? message.seq === 1 : message.seq > highest, `${message.seq} after ${highest}`);
      highest = message.seq;
      return false;
    };
    for (let round = 0; round < 5; round++) {
      highest = 0;
      for (let i = 0; i < 50; i++) pair.outbound.add(testDocument(`${round}.${i}`), i % 2 === 0);
      await pair.finish();
      await pair.killSender();
    }
    await clock.advance(60_000);
  }));

Deno.test("a refused message whose nak is lost is refused again, and holds back nothing", () =>
  withPair(async (pair) => {
    const bad = testDocument("bad");
    pair.receiver.refuse = (message) =>
      message.id === bad.id ? { code: "not-json", why: "at byte 0" } : undefined;
    pair.tap = (message) => message.type === "nak";
    pair.outbound.add(bad, true);
    await pair.finish();
    assertEquals(pair.ended, []);
    pair.cut();
    pair.tap = () => false;
    const good = testDocument("good");
    pair.outbound.add(good, true);
    await pair.finish();
    assertEquals(statuses(pair), [`${bad.id} refused`, `${good.id} delivered`]);
  }));

Deno.test("what a lost void would have freed is free on the next session", () =>
  withPair(async (pair, clock) => {
    const messages = [testChat("1"), testChat("2")];
    let refusals = 1;
    pair.receiver.refuse = () => refusals-- > 0 ? { code: "quota", why: "" } : undefined;
    pair.tap = (message) => message.type === "void";
    for (const message of messages) pair.outbound.add(message, true);
    await pair.finish();
    pair.cut();
    pair.tap = () => false;
    await clock.advance(1_000);
    await pair.finish();
    assertEquals(pair.receiver.log, messages.map(({ id }) => id));
  }));

Deno.test("what must wait is offered only once nothing before it is unanswered", () =>
  withPair(async (pair, clock) => {
    const messages = [testChat("1"), testChat("2"), testChat("3")];
    let refusals = 1;
    pair.receiver.refuse = () => refusals-- > 0 ? { code: "busy", why: "" } : undefined;
    for (const message of messages) pair.outbound.add(message, true);
    const offered: number[] = [];
    let isHeld = true;
    pair.tap = (message, to) => {
      if (message.type === "chat") offered.push(message.seq);
      return to === "sender" && isHeld && message.type === "nak" && message.seq === 3;
    };
    await pair.finish();
    await clock.advance(10_000);
    await pair.finish();
    assertEquals(offered, [1, 2, 3], "the third is not answered yet");
    isHeld = false;
    pair.toSender.push({ type: "nak", seq: 3, code: "busy", why: "" });
    await pair.finish();
    assertEquals(pair.receiver.log, messages.map(({ id }) => id));
  }));

Deno.test("one message that must wait does not exhaust the window for the others", () =>
  withPair(async (pair, clock) => {
    const busy = testDocument("busy");
    let full = true;
    pair.receiver.refuse = (message) =>
      full && message.id === busy.id ? { code: "busy", why: "" } : undefined;
    pair.outbound.add(busy, true);
    const others = Array.from({ length: 50 }, (_, i) => testDocument(`${i}`));
    for (const message of others) pair.outbound.add(message, true);
    await pair.finish();
    assertEquals(pair.receiver.log.length, 50, "a window of four must not fill up");
    for (let i = 0; i < 8; i++) {
      await clock.advance(60_000);
      await pair.finish();
    }
    assertEquals(pair.receiver.log.length, 50);
    full = false;
    await clock.advance(60_000);
    await pair.finish();
    assert(pair.receiver.saved.has(busy.id));
    assertEquals(pair.outbound.waiting, 0);
  }, 4));

Deno.test("a recipient that is busy is tried again after 1 s, doubling to 60 s", () =>
  withPair(async (pair, clock) => {
    const tries: number[] = [];
    pair.receiver.refuse = () => {
      tries.push(clock.now());
      return { code: "quota", why: "full" };
    };
    pair.outbound.add(testDocument("a"), true);
    for (let second = 0; second < 300; second++) {
      await pair.finish();
      await clock.advance(1_000);
    }
    const gaps = tries.slice(1).map((at, i) => Math.round((at - tries[i]!) / 1_000));
    assertEquals(gaps.slice(0, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
  }));

Deno.test("the sender is told at once what cannot be taken for now, and what waits behind it", () =>
  withPair(async (pair, clock) => {
    const [first, second, other] = [
      testDocument("1", { stream: "s" }),
      testDocument("2", { stream: "s" }),
      testDocument("3"),
    ];
    pair.receiver.refuse = (message) => message.id === first.id ? { code: "quota", why: "" } : undefined;
    for (const message of [first, second, other]) pair.outbound.add(message, true);
    await pair.finish();
    assertEquals(pair.deferred.slice(0, 2), [[first.id, "quota"], [second.id, "busy"]]);
    assertEquals(pair.outbound.refusalOf(second.id)?.code, "busy");
    await clock.advance(1_000);
    await pair.finish();
    assertEquals(pair.deferred.filter(([id]) => id === first.id).length, 2, "each time");
    assertEquals(pair.deferred.filter(([id]) => id === other.id), []);
  }));

Deno.test("chats and the documents of one stream keep their order, also when one must wait", () =>
  withPair(async (pair, clock) => {
    const sent: string[] = [];
    let refusals = 5;
    pair.connect();
    pair.receiver.refuse = (message) => {
      const ordered = message.type === "chat" || message.stream !== undefined;
      return ordered && message.id === sent[3] && refusals-- > 0 ? { code: "busy", why: "" } : undefined;
    };
    for (let i = 0; i < 20; i++) {
      const message = testDocument(`${i}`, { stream: "s" });
      sent.push(message.id);
      pair.outbound.add(message, true);
      pair.sender.commit();
      await clock.advance(0);
      pair.write(1);
      if (i > 8) pair.deliverToReceiver();
      pair.receiver.commit();
      if (i > 10) pair.deliverToSender();
    }
    for (let i = 0; i < 10; i++) {
      await pair.finish();
      await clock.advance(60_000);
    }
    await pair.finish();
    assertEquals(pair.receiver.log, sent);
  }));

Deno.test("a message that was refused for now is not taken for delivered after a crash", () =>
  withPair(async (pair, clock) => {
    const message = testChat("must wait");
    let full = true;
    pair.receiver.refuse = () => full ? { code: "quota", why: "full" } : undefined;
    pair.outbound.add(message, true);
    void pair.outbound.keep(message.id);
    await pair.finish();
    await pair.killSender();
    full = false;
    await clock.advance(60_000);
    await pair.finish();
    assert(pair.receiver.saved.has(message.id));
  }));

Deno.test("what is to be in the store first is not sent if the store does not take it, and keeps its order if it does", () =>
  withPair(async (pair) => {
    pair.connect();
    pair.sender.fail = true;
    const lost = testDocument("lost", { stream: "s" });
    pair.outbound.add(lost, true, true);
    await assertRejects(() => pair.outbound.keep(lost.id), Error, "the disk is full");
    pair.sender.fail = false;
    pair.failures.length = 0;
    const [first, second] = [testDocument("1", { stream: "s" }), testDocument("2", { stream: "s" })];
    pair.outbound.add(first, true, true);
    const kept = pair.outbound.keep(first.id);
    pair.outbound.add(second, true);
    pair.write();
    assertEquals(pair.toReceiver, []);
    await pair.finish();
    await kept;
    assertEquals(pair.receiver.log, [first.id, second.id]);
  }));

Deno.test("a broadcast chat is given up after its time, and holds back nothing", () =>
  withPair(async (pair, clock) => {
    const chat = testChat("hello", { to: "all", expires: clock.wall() + 30_000 });
    pair.outbound.add(chat, false);
    pair.sender.commit();
    await clock.advance(31_000);
    assertEquals(statuses(pair), [`${chat.id} expired`]);
    const later = testDocument("later", { expires: clock.wall() + FAR_AWAY });
    pair.outbound.add(later, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [later.id]);
  }));

Deno.test("a message is withdrawn as long as not a byte of it left, and not after", () =>
  withPair(async (pair) => {
    const early = testDocument("early");
    pair.outbound.add(early, true);
    assertEquals(await pair.outbound.withdraw(early.id), "withdrawn");
    const late = testDocument("late");
    pair.outbound.add(late, true);
    pair.tap = (message) => message.type === "ack";
    await pair.finish();
    assertEquals(await pair.outbound.withdraw(late.id), "sent");
    assertEquals(await pair.outbound.withdraw(testDocument("never").id), "absent");
    pair.cut();
    pair.tap = () => false;
    await pair.finish();
    assertEquals(pair.receiver.log, [late.id]);
    assertEquals(pair.sender.rows.size, 0);
  }));

Deno.test("a short-lived peer leaves in the outbox what its command is not about", () =>
  withPair(async (pair) => {
    const older = testDocument("older");
    pair.outbound.add(older, true);
    void pair.outbound.keep(older.id);
    pair.sender.commit();
    await pair.clock.advance(0);
    pair.outbound.close();
    await pair.startSender(true);
    const mine = testDocument("mine");
    pair.outbound.add(mine, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [mine.id]);
    assertEquals([...pair.sender.rows.keys()], [older.id]);
    assertEquals(pair.outbound.waiting, 1, "it can tell that something waits");
    pair.outbound.add(older, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [mine.id, older.id], "taken up by its id");
  }));

Deno.test("a short-lived peer delivers first what its message must not overtake, and nothing else", () =>
  withPair(async (pair) => {
    const [first, other] = [testDocument("1", { stream: "s" }), testDocument("2", { stream: "t" })];
    for (const message of [first, other]) {
      pair.outbound.add(message, true);
      void pair.outbound.keep(message.id);
    }
    pair.sender.commit();
    await pair.clock.advance(0);
    pair.outbound.close();
    await pair.startSender(true);
    const mine = testDocument("3", { stream: "s" });
    pair.outbound.add(mine, true);
    await pair.finish();
    assertEquals(pair.receiver.log, [first.id, mine.id]);
    assertEquals([...pair.sender.rows.keys()], [other.id]);
  }));

Deno.test("no more is unanswered than the window of the recipient, however many wait", () =>
  withPair(async (pair) => {
    for (let i = 0; i < 5_000; i++) pair.outbound.add(testDocument(`${i}`), true);
    let most = 0;
    let unanswered = 0;
    pair.tap = (message, to) => {
      if (to === "sender" && message.type === "ack") unanswered -= message.seqs.length;
      if (to === "receiver" && message.type === "document") most = Math.max(most, ++unanswered);
      return false;
    };
    await pair.finish();
    assertEquals(pair.receiver.log.length, 5_000);
    assertEquals(most, 1024);
  }));

Deno.test("a message that no frame can hold is refused, and holds back nothing", () =>
  withPair(async (pair) => {
    const bad = testDocument("bad", { name: '"'.repeat(128), stream: '"'.repeat(128) });
    const good = testDocument("good");
    for (const message of [bad, good]) pair.outbound.add(message, true);
    await pair.finish();
    assertEquals(statuses(pair), [`${bad.id} refused`, `${good.id} delivered`]);
  }));

Deno.test("a chat arrives as it was written, a byte-order mark and all", () =>
  withPair(async (pair) => {
    const chat = testChat("\ufeffhello");
    pair.outbound.add(chat, true);
    await pair.finish();
    const saved = pair.receiver.saved.get(chat.id);
    assertEquals(saved?.type === "chat" && saved.text, "\ufeffhello");
  }));

Deno.test("a sender that does not keep to the numbers or the window loses its session", async () => {
  const clock = new FakeClock();
  const chat = (seq: number): Message => ({ type: "chat", seq, id: testChat("x").id, to: "you", text: "x" });
  const cases: [why: RegExp, messages: Message[]][] = [
    [/number 1 came after 1/, [chat(1), chat(1)]],
    [/number 4 came after 5/, [chat(5), chat(4)]],
    [/more than 16 messages are unanswered/, Array.from({ length: 17 }, (_, i) => chat(i + 1))],
  ];
  for (const [why, messages] of cases) {
    const pair = await DeliveryPair.start(clock, 16);
    pair.connect();
    pair.toReceiver.push(...messages);
    while (pair.toReceiver.length > 0) pair.deliverToReceiver();
    assertMatch(pair.violations.join(), why);
    assert(!pair.connected);
    pair.outbound.close();
  }
});

Deno.test("whoever does not read what it is answered may send no more than a window", async () => {
  const pair = await DeliveryPair.start(new FakeClock(), 16);
  pair.connect();
  pair.receiver.refuse = () => ({ code: "refused", why: "" });
  for (let seq = 1; seq <= 17; seq++) {
    pair.toReceiver.push({ type: "chat", seq, id: testChat("x").id, to: "you", text: "x" });
    pair.deliverToReceiver();
    await pair.clock.advance(0);
  }
  assertMatch(pair.violations.join(), /more than 16 messages are unanswered/);
  pair.outbound.close();
});

Deno.test("a void for a number that was never offered, or is answered, has no effect", () =>
  withPair(async (pair) => {
    pair.connect();
    pair.toReceiver.push({ type: "void", seq: 7 }, { type: "void", seq: 1 });
    const messages = [testChat("1"), testDocument("2")];
    for (const message of messages) pair.outbound.add(message, true);
    await pair.finish();
    pair.toReceiver.push({ type: "void", seq: 1 });
    await pair.finish();
    assertEquals(pair.receiver.log, messages.map(({ id }) => id));
    assertEquals(statuses(pair), messages.map(({ id }) => `${id} delivered`));
  }));
