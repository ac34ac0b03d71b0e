import { assertEquals } from "@std/assert";
import type { PartsIntake } from "../../lib/delivery/download.ts";
import { type Arrival, Inbound, type InboundStore } from "../../lib/delivery/inbound.ts";
import type { DocumentReader, OutboundStore } from "../../lib/delivery/outbound_store.ts";
import type { Clock } from "../../lib/platform/clock.ts";
import type { NakCode } from "../../lib/protocol/refusal.ts";
import type { DocumentMessage } from "../../lib/protocol/message.ts";
import type { OutboundMessage, ReceiveOutcome } from "../../lib/storage/types.ts";

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
function largeByte(id: string, offset: number): number {
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
  rows = new Map<string, OutboundMessage>();
  /** Bytes of bodies that were read at a time. */
  loads: number[] = [];

  /** A copy of all that is durable. */
  copy(): SenderDisk {
    const copy = new SenderDisk();
    copy.rows = new Map(this.rows);
    return copy;
  }

  /** The store that an Outbound works on. @param lived the time in which messages expire */
  store(lived: () => number): OutboundStore {
    return {
      load: () => Promise.resolve([...this.rows.values()].map((row) => ({ ...row, body: undefined }))),
      bodies: (ids) => {
        const found = ids.map((id) => [id, this.rows.get(id)?.body])
          .filter((row): row is [string, Uint8Array] => row[1] !== undefined);
        this.loads.push(found.reduce((sum, [, body]) => sum + body.length, 0));
        return Promise.resolve(new Map(found));
      },
      open: (message) => Promise.resolve(largeReader(message)),
      enqueue: (message) => this.ask(() => void this.rows.set(message.id, message)),
      settle: (ended) => {
        const stored = ended.filter((each) => each.stored);
        if (stored.length === 0) return Promise.resolve();
        return this.ask(() => {
          for (const { message } of stored) this.rows.delete(message.id);
        });
      },
      lived,
    };
  }
}

/** What a receiver keeps on disk for one sender. */
export class ReceiverDisk extends Disk {
  /** Saved messages by id, in the order in which they were saved. */
  saved = new Map<string, Arrival>();
  /** Every time that something was saved, also the second time. */
  log: string[] = [];
  /** Says what to refuse; asked for each arrival. */
  refuse: (message: Arrival) => Refusal | undefined = () => undefined;

  /** How many bytes are on disk of documents that come in parts, by id. */
  partials = new Map<string, number>();
  /** Ids of documents whose bytes are other than announced, with how often they still are. */
  corrupt = new Map<string, number>();
  /** Orders of which something was refused, with its turn; in memory only. */
  #refused = new Map<string, number>();
  #turn = 0;

  /** A copy of all that is durable. */
  copy(): ReceiverDisk {
    const copy = new ReceiverDisk();
    copy.saved = new Map(this.saved);
    copy.log = [...this.log];
    copy.refuse = this.refuse;
    return copy;
  }

  override crash(): void {
    super.crash();
    this.#refused.clear();
  }

  /** What a session brings to a process on this disk. */
  start(clock: Clock, window: number, violated: (why: string) => void): Inbound {
    const store = {
      keep: (message: Arrival, turn: number): Promise<ReceiveOutcome> => {
        const key = message.type === "chat" ? "chat" : message.stream;
        const behind = key !== undefined && (this.#refused.get(key) ?? -1) >= turn;
        const refusal = behind ? { code: "busy" as const, why: "behind another" } : this.refuse(message);
        if (refusal) {
          if (key !== undefined) this.#refused.set(key, turn);
          return Promise.resolve({ saved: false, ...refusal });
        }
        return this.#save(message);
      },
      refusal: (message: DocumentMessage) => refused(this.refuse(message)),
      intake: (message: DocumentMessage) =>
        Promise.resolve(refused(this.refuse(message)) ?? this.#intake(message)),
      nextTurn: () => ++this.#turn,
      violated,
    } satisfies InboundStore;
    return new Inbound(store, () => {}, clock, undefined, window);
  }

  async #save(message: Arrival): Promise<ReceiveOutcome> {
    await this.ask(() => {
      this.partials.delete(message.id);
      if (this.saved.has(message.id)) return;
      this.saved.set(message.id, message);
      this.log.push(message.id);
    });
    return { saved: true, duplicate: false };
  }

  /** Every piece is on disk a while after it came; all of them are before the document is saved. */
  #intake(message: DocumentMessage): PartsIntake | ReceiveOutcome {
    const { id, size } = message;
    if (this.saved.has(id)) return { saved: true, duplicate: true };
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
        return await this.#save(message);
      },
      suspend: () => {},
    };
  }
}

/** Why a receiver of a test takes something not. */
interface Refusal {
  readonly code: NakCode;
  readonly why: string;
}

function refused(refusal: Refusal | undefined): ReceiveOutcome | undefined {
  return refusal && { saved: false, ...refusal };
}
