import { assertEquals } from "@std/assert";
import { decodeMessages, type DocumentMessage, type Message } from "../../lib/protocol/message.ts";
import { Window } from "../../lib/protocol/window.ts";
import { type Answers, type Arrival, Inbound } from "../../lib/session/inbound.ts";
import type { Outcome } from "../../lib/session/outcome.ts";
import type { Intake } from "../../lib/session/download.ts";
import { Outbound } from "../../lib/session/outbound.ts";
import type {
  DocumentReader,
  OutboundMessage,
  OutboundStore,
  Settlement,
  StoredMessage,
} from "../../lib/session/outbound_message.ts";
import type { Random } from "../../lib/platform/random.ts";
import type { FakeClock } from "./fake_clock.ts";

/** Changes that a disk was asked for and has not made yet; a crash loses them. */
class Disk {
  #asked: { apply: () => void; done: () => void }[] = [];
  /** Whether it takes nothing. */
  fail = false;

  /** Asks for a change. */
  ask(apply: () => void): Promise<void> {
    if (this.fail) return Promise.reject(new Error("the disk is full"));
    return new Promise((done) => this.#asked.push({ apply, done }));
  }

  /** How many changes wait. */
  get waiting(): number {
    return this.#asked.length;
  }

  /** Makes the oldest `count` changes. */
  commit(count = Infinity): void {
    for (const { apply, done } of this.#asked.splice(0, count)) {
      apply();
      done();
    }
  }

  /** Loses what was not committed. */
  crash(): void {
    this.#asked = [];
  }
}

/** The byte of a large document at an offset: made of its id, no memory holds it. */
export function largeByte(id: string, offset: number): number {
  return (id.charCodeAt(offset % id.length) + offset) & 0xff;
}

function largeReader({ id, size }: OutboundMessage): DocumentReader {
  return {
    read: (offset, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(size, offset + length) - offset));
      for (let i = 0; i < bytes.length; i++) bytes[i] = largeByte(id, offset + i);
      return Promise.resolve(bytes);
    },
    close: () => {},
  };
}

/** What a sender keeps on disk for one recipient. */
export class SenderDisk extends Disk {
  epoch: number | undefined;
  reserved = 0;
  acked = 0;
  rows = new Map<string, StoredMessage>();
  /** Bytes of bodies that were read at a time. */
  loads: number[] = [];

  /** A copy of all that is durable. */
  copy(): SenderDisk {
    const copy = new SenderDisk();
    Object.assign(copy, {
      epoch: this.epoch,
      reserved: this.reserved,
      acked: this.acked,
      rows: new Map(this.rows),
    });
    return copy;
  }

  /** The store that an Outbound works on. */
  store(): OutboundStore {
    return {
      load: () =>
        Promise.resolve(
          this.epoch === undefined ? undefined : {
            epoch: this.epoch,
            reserved: this.reserved,
            acked: this.acked,
            rows: [...this.rows.values()].map((row) => ({ ...row, body: undefined })),
          },
        ),
      bodies: (ids) => {
        const found = ids.map((id) => [id, this.rows.get(id)?.body])
          .filter((row): row is [string, Uint8Array] => row[1] !== undefined);
        this.loads.push(found.reduce((sum, [, body]) => sum + body.length, 0));
        return Promise.resolve(new Map(found));
      },
      open: (message) => Promise.resolve(largeReader(message)),
      reserve: (epoch, upto) =>
        this.ask(() => {
          if (this.epoch !== epoch) this.acked = 0;
          this.epoch = epoch;
          this.reserved = upto;
        }),
      enqueue: (_epoch, message) =>
        this.ask(() =>
          void this.rows.set(message.id, {
            ...message,
            body: message.body ?? this.rows.get(message.id)?.body,
          })
        ),
      settle: (epoch, ids, acked) =>
        this.ask(() => {
          for (const id of ids) this.rows.delete(id);
          if (epoch === this.epoch) this.acked = acked;
        }),
      renumber: (epoch, reserved, seqById) =>
        this.ask(() => {
          this.epoch = epoch;
          this.reserved = reserved;
          this.acked = 0;
          for (const [id, row] of this.rows) this.rows.set(id, { ...row, seq: seqById.get(id) ?? 0 });
        }),
    };
  }
}

/** What a receiver keeps on disk for one sender. */
export class ReceiverDisk extends Disk {
  window: Window | undefined;
  /** Saved messages by id, in the order in which they were saved. */
  saved = new Map<string, Arrival>();
  /** Every time that something was saved, also the second time. */
  readonly log: string[] = [];
  /** Says what to refuse; asked for each arrival. */
  refuse: (message: Arrival) => { code: string; why: string } | undefined = () => undefined;

  /** How many bytes are on disk of documents that come in parts, by id. */
  partials = new Map<string, number>();
  /** Ids of documents whose bytes are other than announced, with how often they still are. */
  corrupt = new Map<string, number>();

  /** A copy of all that is durable. */
  copy(): ReceiverDisk {
    const copy = new ReceiverDisk();
    const { window } = this;
    if (window) copy.window = new Window(window.epoch, window.size, window.upto, window.toBitmap());
    copy.saved = new Map(this.saved);
    copy.refuse = this.refuse;
    return copy;
  }

  /** The Inbound of a process that starts on this disk. */
  start(size: number): Inbound {
    const done = (epoch: number, seq: number) => {
      if (this.window?.epoch !== epoch) this.window = new Window(epoch, size);
      this.window.add(seq);
    };
    const refused = new Map<string, number>();
    const saved = (change: Promise<void>): Promise<Outcome> => change.then(() => ({ saved: true }));
    return new Inbound({
      load: () =>
        Promise.resolve(
          this.window &&
            { epoch: this.window.epoch, upto: this.window.upto, bitmap: this.window.toBitmap() },
        ),
      keep: (message, epoch, turn) => {
        const key = message.type === "chat" ? "chat" : message.stream;
        const behind = key !== undefined && (refused.get(key) ?? -1) >= turn;
        const refusal = behind ? { code: "busy", why: "behind another" } : this.refuse(message);
        if (refusal) {
          if (key !== undefined) refused.set(key, turn);
          return Promise.resolve({ saved: false, ...refusal });
        }
        return saved(this.ask(() => {
          if (!this.saved.has(message.id)) {
            this.saved.set(message.id, message);
            this.log.push(message.id);
          }
          done(epoch, message.seq);
        }));
      },
      refusal: (message) => this.refuse(message) as Outcome | undefined,
      intake: (message, epoch) => {
        const refusal = this.refuse(message);
        if (refusal) return Promise.resolve({ saved: false, ...refusal });
        return Promise.resolve(this.#intake(message, epoch, saved, done));
      },
      keepVoid: (seq, epoch) => saved(this.ask(() => done(epoch, seq))),
    }, size);
  }

  /** Every piece is on disk a while after it came; all of them are before the document is saved. */
  #intake(
    message: DocumentMessage,
    epoch: number,
    saved: (change: Promise<void>) => Promise<Outcome>,
    done: (epoch: number, seq: number) => void,
  ): Intake {
    const { id, size } = message;
    let offset = this.partials.get(id) ?? 0;
    let wrong = 0;
    return {
      get offset() {
        return offset;
      },
      write: (piece) => {
        for (const at of [0, piece.length - 1]) assertEquals(piece[at], largeByte(id, offset + at));
        const end = offset += piece.length;
        return this.ask(() => void this.partials.set(id, end)).then(() => undefined);
      },
      finish: async () => {
        assertEquals(offset, size);
        const corrupt = this.corrupt.get(id) ?? 0;
        if (corrupt > 0) {
          this.corrupt.set(id, corrupt - 1);
          this.partials.delete(id);
          offset = 0;
          return wrong++ === 0 ? "again" : { saved: false, code: "corrupt", why: "" };
        }
        return await saved(this.ask(() => {
          this.partials.delete(id);
          if (!this.saved.has(id)) {
            this.saved.set(id, message);
            this.log.push(id);
          }
          done(epoch, message.seq);
        }));
      },
      suspend: () => {},
    };
  }
}

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
