import type { Inbound } from "../../lib/delivery/inbound.ts";
import type { Capacity } from "../../lib/delivery/offers.ts";
import { Outbound, type OutboundEvent } from "../../lib/delivery/outbound.ts";
import type { Settlement } from "../../lib/delivery/outbound_store.ts";
import { decodeMessages, type Message } from "../../lib/protocol/message.ts";
import type { OutboundMessage } from "../../lib/storage/types.ts";
import { ReceiverDisk, SenderDisk } from "./delivery_disks.ts";
import type { FakeClock } from "./fake_clock.ts";

/** What happened to a message at the sender. */
export type Ended = { message: OutboundMessage; settlement: Settlement };

/** A sender and a receiver, the disks of both, and the wire between them: nothing moves unless the test says so. */
export class DeliveryPair {
  sender = new SenderDisk();
  receiver = new ReceiverDisk();
  outbound!: Outbound;
  readonly ended: Ended[] = [];
  readonly failures: unknown[] = [];
  /** Longest record that the receiver takes. */
  rx = 65_535;
  /** What else the receiver says of itself in the handshake. */
  remote: Omit<Capacity, "rx" | "window"> = {};
  /** What recipients said that they have of large documents. */
  readonly progress: [id: string, bytes: number][] = [];
  /** What the sender was told that could not be taken for now. */
  readonly deferred: [id: string, code: string][] = [];
  /** On the wire to the receiver and back, oldest first. */
  toReceiver: Message[] = [];
  toSender: Message[] = [];
  /** Looks at, and may swallow (true), what goes over the wire. */
  tap: (message: Message, to: "receiver" | "sender") => boolean = () => false;
  /** Why the receiver ended sessions. */
  readonly violations: string[] = [];
  #inbound: Inbound | undefined;

  constructor(readonly clock: FakeClock, readonly window = 1024) {}

  /** A pair whose sender has started. */
  static async start(clock: FakeClock, window?: number): Promise<DeliveryPair> {
    const pair = new DeliveryPair(clock, window);
    await pair.startSender();
    return pair;
  }

  /** Starts the sender's process on its disk. */
  async startSender(brief = false): Promise<void> {
    const store = this.sender.store(() => this.clock.wall());
    this.outbound = await new Outbound(store, this.clock, (event) => this.#happened(event), brief).open();
  }

  #happened(event: OutboundEvent): void {
    switch (event.type) {
      case "settled":
        return void this.ended.push({ message: event.message, settlement: event.settlement });
      case "progress":
        return void this.progress.push([event.message.id, event.bytes]);
      case "deferred":
        return void this.deferred.push([event.message.id, event.refusal.code]);
      case "failed":
        return void this.failures.push(event.error);
    }
  }

  /** Kills the sender's process. */
  async killSender(): Promise<void> {
    this.cut();
    this.outbound.close();
    this.sender.crash();
    await this.startSender();
  }

  /** Kills the receiver's process. */
  killReceiver(): void {
    this.cut();
    this.receiver.crash();
  }

  /** Puts another disk under the sender: it starts with that. */
  async restoreSender(disk: SenderDisk): Promise<void> {
    this.cut();
    this.outbound.close();
    this.sender = disk;
    await this.startSender();
  }

  /** Opens a session. */
  connect(): void {
    this.cut();
    const violated = (why: string) => {
      this.violations.push(why);
      this.cut();
    };
    this.#inbound = this.receiver.start(this.clock, this.window, violated);
    this.outbound.attach({ ...this.remote, window: this.window, rx: this.rx });
  }

  /** Cuts the session: what is on the wire is lost. */
  cut(): void {
    if (!this.#inbound) return;
    this.toReceiver = [];
    this.toSender = [];
    this.#inbound.close();
    this.#inbound = undefined;
    this.outbound.detach();
  }

  /** Whether the receiver has a reason to keep the session. */
  get isReceiverBusy(): boolean {
    return this.#inbound?.busy ?? false;
  }

  /** Whether there is a session. */
  get connected(): boolean {
    return this.#inbound !== undefined;
  }

  /** Lets the sender put what it may onto the wire, at most `count` messages. */
  write(count = Infinity): void {
    if (!this.#inbound) return;
    for (; count > 0; count--) {
      const frame = this.outbound.nextFrame();
      if (!frame) break;
      this.toReceiver.push(...decodeMessages(frame));
    }
  }

  /** Delivers the oldest message to the receiver. */
  deliverToReceiver(): void {
    const message = this.toReceiver.shift();
    const inbound = this.#inbound;
    if (message && inbound && !this.tap(message, "receiver")) inbound.received(message);
  }

  /** Puts the receiver's answers onto the wire. */
  answer(): void {
    for (let frame; (frame = this.#inbound?.nextFrame(this.rx));) {
      this.toSender.push(...decodeMessages(frame));
    }
  }

  /** Delivers the oldest answer to the sender. */
  deliverToSender(): void {
    this.answer();
    const message = this.toSender.shift();
    if (!message || this.tap(message, "sender")) return;
    if (message.type === "ack") this.outbound.ack(message);
    else if (message.type === "nak") this.outbound.nak(message);
    else if (message.type === "want") this.outbound.want(message);
  }

  /** Moves everything until nothing moves any more; opens a session where there is none. */
  async finish(): Promise<void> {
    if (!this.connected) this.connect();
    for (let quiet = 0; quiet < 3;) {
      this.write();
      const moved = this.toReceiver.length + this.toSender.length + this.sender.waiting +
        this.receiver.waiting;
      while (this.toReceiver.length > 0) this.deliverToReceiver();
      this.sender.commit();
      this.receiver.commit();
      await this.clock.advance(0);
      this.answer();
      while (this.toSender.length > 0) this.deliverToSender();
      await this.clock.advance(0);
      quiet = moved > 0 ? 0 : quiet + 1;
    }
  }
}

let counter = 0;

/** A document with this text in it. */
export function testDocument(text: string, more: Partial<OutboundMessage> = {}): OutboundMessage {
  const body = more.body ?? new TextEncoder().encode(JSON.stringify(text));
  return {
    id: `01TEST${String(counter++).padStart(20, "0")}`,
    kind: "document",
    name: `${text}.json`,
    at: 0,
    expires: Number.MAX_SAFE_INTEGER,
    size: body.length,
    body,
    ...more,
  };
}

/** A document of the spool, so large. */
export function largeDocument(size: number, more: Partial<OutboundMessage> = {}): OutboundMessage {
  const id = `01TEST${String(counter++).padStart(20, "0")}`;
  return testDocument("large", { id, size, spool: id, sha256: "0".repeat(64), ...more, body: undefined });
}

/** A line of chat. */
export function testChat(text: string, more: Partial<OutboundMessage> = {}): OutboundMessage {
  return testDocument(text, {
    kind: "chat",
    name: "",
    to: "you",
    body: new TextEncoder().encode(text),
    ...more,
  });
}
