import type { Random } from "../../lib/platform/random.ts";
import { decodeMessages, type Message } from "../../lib/protocol/message.ts";
import type { Answers, Arrival, Inbound } from "../../lib/session/inbound.ts";
import { Outbound } from "../../lib/session/outbound.ts";
import type { OutboundMessage, Settlement } from "../../lib/session/outbound_message.ts";
import { ReceiverDisk, SenderDisk } from "./delivery_disks.ts";
import type { FakeClock } from "./fake_clock.ts";

/** What happened to a message at the sender. */
export type Ended = { message: OutboundMessage; settlement: Settlement };

/** A sender and a receiver, the disks of both, and the wire between them: nothing moves unless the test says so. */
export class DeliveryPair {
  sender = new SenderDisk();
  receiver = new ReceiverDisk();
  outbound!: Outbound;
  inbound!: Inbound;
  readonly ended: Ended[] = [];
  readonly failures: unknown[] = [];
  /** Longest record that the receiver takes. */
  rx = 65_535;
  /** What recipients said that they have of large documents. */
  readonly progress: [id: string, bytes: number][] = [];
  /** What the sender was told that could not be taken for now. */
  readonly deferred: [id: string, code: string][] = [];
  /** On the wire to the receiver and back, oldest first. */
  toReceiver: Message[] = [];
  toSender: Message[] = [];
  /** Looks at, and may swallow (true), what goes over the wire. */
  tap: (message: Message, to: "receiver" | "sender") => boolean = () => false;
  #answers: Answers | undefined;
  #epoch: number | undefined;

  constructor(readonly clock: FakeClock, readonly random: Random, readonly window = 1024) {}

  /** A pair whose both sides have started. */
  static async start(clock: FakeClock, random: Random, window?: number): Promise<DeliveryPair> {
    const pair = new DeliveryPair(clock, random, window);
    await pair.startSender();
    pair.startReceiver();
    return pair;
  }

  /** Starts the sender's process on its disk. */
  async startSender(brief = false): Promise<void> {
    this.outbound = await Outbound.open(this.sender.store(), this.clock, this.random, {
      settled: (message, settlement) => void this.ended.push({ message, settlement }),
      progress: (message, bytes) => void this.progress.push([message.id, bytes]),
      deferred: (message, { code }) => void this.deferred.push([message.id, code]),
      wake: () => {},
      sendEpoch: (epoch) => this.#epoch = epoch,
      misfit: () => this.cut(),
      failed: (error) => void this.failures.push(error),
    }, brief);
  }

  /** Starts the receiver's process on its disk. */
  startReceiver(): void {
    this.inbound = this.receiver.start(this.window);
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
    this.startReceiver();
  }

  /** Opens a session. */
  connect(): void {
    this.cut();
    const send = (message: Message) => {
      if (this.#answers === answers) this.toSender.push(message);
    };
    const answers: Answers = {
      have: (epoch, upto, bitmap) => send({ type: "have", epoch, upto, bitmap }),
      ack: (seq) => send({ type: "ack", seqs: [seq] }),
      nak: (seq, code, why) => send({ type: "nak", seq, code, why }),
      want: (seq, offset, until) => send({ type: "want", seq, offset, until }),
    };
    this.#answers = answers;
    this.outbound.attach({ window: this.window, rx: this.rx });
  }

  /** Cuts the session: what is on the wire is lost. */
  cut(): void {
    if (!this.#answers) return;
    this.toReceiver = [];
    this.toSender = [];
    this.#epoch = undefined;
    this.inbound.detach(this.#answers);
    this.#answers = undefined;
    this.outbound.detach();
  }

  /** Whether there is a session. */
  get connected(): boolean {
    return this.#answers !== undefined;
  }

  /** Lets the sender put what it may onto the wire, at most `count` messages. */
  write(count = Infinity): void {
    if (!this.#answers) return;
    if (this.#epoch !== undefined) {
      this.toReceiver.push({ type: "epoch", epoch: this.#epoch });
      this.#epoch = undefined;
    }
    for (; count > 0; count--) {
      const frame = this.outbound.nextFrame();
      if (!frame) break;
      this.toReceiver.push(...decodeMessages(frame));
    }
  }

  /** Delivers the oldest message to the receiver. */
  deliverToReceiver(): void {
    const message = this.toReceiver.shift();
    const answers = this.#answers;
    if (!message || !answers || this.tap(message, "receiver")) return;
    if (message.type === "epoch") void this.inbound.epoch(message.epoch, answers);
    else if (message.type === "void") this.inbound.voided(message.seq, answers);
    else if (message.type === "part") this.inbound.part(message, answers);
    else this.inbound.arrived(message as Arrival, answers);
  }

  /** Delivers the oldest answer to the sender. */
  deliverToSender(): void {
    const message = this.toSender.shift();
    if (!message || this.tap(message, "sender")) return;
    if (message.type === "have") this.outbound.have(message);
    else if (message.type === "ack") this.outbound.ack(message);
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
