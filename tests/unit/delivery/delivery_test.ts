import { assertEquals } from "@std/assert";
import { Delivery, type DeliveryEvent } from "../../../lib/delivery/delivery.ts";
import type { Channel } from "../../../lib/delivery/arrivals.ts";
import { AwaitedAnswers } from "../../../lib/delivery/awaited_answers.ts";
import { Policy } from "../../../lib/delivery/policy.ts";
import { TrustBook } from "../../../lib/identity/trust_book.ts";
import { decodeMessages, type Message } from "../../../lib/protocol/message.ts";
import { Spool } from "../../../lib/storage/files/spool.ts";
import type { Storage } from "../../../lib/storage/storage.ts";
import { systemClock } from "../../../lib/platform/clock.ts";
import { ALICE, Bench, messageId } from "../storage/support.ts";

/** A process that receives from Alice, on a store. */
class Receiver {
  readonly events: DeliveryEvent[] = [];
  readonly ended: string[] = [];
  readonly #delivery: Delivery;

  private constructor(storage: Storage, state: string, trust: TrustBook) {
    const policy = new Policy(trust, "everyone", 1e6);
    const spool = new Spool(state);
    const options = {
      storage,
      spool,
      policy,
      clock: systemClock,
      brief: false,
      nameOf: () => "alice",
      awaited: new AwaitedAnswers(),
      isKnown: () => true,
    };
    this.#delivery = new Delivery(options);
    this.#delivery.on((event) => this.events.push(event));
  }

  static async start(bench: Bench): Promise<Receiver> {
    const storage = await bench.open();
    return new Receiver(storage, bench.state, await TrustBook.load(storage, systemClock));
  }

  /** A session with Alice: gives her messages, and waits until all are answered. */
  async session(messages: readonly Message[]): Promise<string[]> {
    const awake = { wake: () => {} };
    const channel: Channel = {
      id: ALICE,
      remote: { name: "alice", rx: 65_535, window: 1024 },
      address: { host: "192.0.2.1" },
      wake: () => awake.wake(),
      abort: (why) => void this.ended.push(why),
    };
    this.#delivery.attached(channel);
    for (const message of messages) this.#delivery.received(channel, message);
    const answers: string[] = [];
    while (answers.length < messages.length && this.ended.length === 0) {
      const frame = this.#delivery.nextFrame(channel, true);
      if (!frame) await new Promise<void>((resolve) => awake.wake = resolve);
      else {
        for (const answer of decodeMessages(frame)) {
          if (answer.type === "ack") answers.push(...answer.seqs.map((seq) => `ack ${seq}`));
          else if (answer.type === "nak") answers.push(`nak ${answer.seq} ${answer.code}`);
        }
      }
    }
    this.#delivery.detached(channel);
    this.#delivery.ended(channel);
    return answers;
  }

  get chats(): string[] {
    return this.events.flatMap((event) => event.type === "chat" ? [event.text] : []);
  }

  close(): void {
    this.#delivery.close();
  }
}

function chat(seq: number, n: number): Message {
  return { type: "chat", seq, id: messageId(n), to: "you", text: `chat ${n}` };
}

Deno.test("a chat whose acknowledgement was lost is not shown again, by this process or the next one", async () => {
  await using bench = new Bench();
  const first = await Receiver.start(bench);
  assertEquals(await first.session([chat(1, 1), chat(2, 2)]), ["ack 1", "ack 2"]);
  assertEquals(await first.session([chat(1, 2), chat(2, 3)]), ["ack 1", "ack 2"]);
  assertEquals(first.chats, ["chat 1", "chat 2", "chat 3"]);
  first.close();
  await bench.closeAll();
  const second = await Receiver.start(bench);
  const answers = await second.session([chat(1, 2), chat(2, 3), chat(3, 4), chat(4, 5)]);
  assertEquals(answers, ["ack 1", "ack 2", "ack 3", "ack 4"]);
  assertEquals(second.chats, ["chat 4", "chat 5"]);
  second.close();
});

Deno.test("a document that comes again is told once, also to the next process", async () => {
  await using bench = new Bench();
  const body = new TextEncoder().encode("[1]");
  const message = { type: "document", seq: 1, id: messageId(1), name: "a.json", size: 3, body } as const;
  for (const expected of [1, 0]) {
    const receiver = await Receiver.start(bench);
    assertEquals(await receiver.session([message]), ["ack 1"]);
    assertEquals(receiver.events.filter(({ type }) => type === "document").length, expected);
    receiver.close();
    await bench.closeAll();
  }
});

Deno.test("what one session breaks ends that session alone", async () => {
  await using bench = new Bench();
  const receiver = await Receiver.start(bench);
  await receiver.session([chat(2, 1), chat(1, 2)]);
  assertEquals(receiver.ended, ["it does not keep to the protocol: number 1 came after 2"]);
  receiver.ended.length = 0;
  assertEquals(await receiver.session([chat(1, 1), chat(2, 2)]), ["ack 1", "ack 2"]);
  receiver.close();
});
