import { assertEquals } from "@std/assert";
import type { DocumentMessage } from "../../lib/protocol/message.ts";
import { Window } from "../../lib/protocol/window.ts";
import type { Intake } from "../../lib/session/download.ts";
import { type Arrival, Inbound } from "../../lib/session/inbound.ts";
import type { Outcome } from "../../lib/session/outcome.ts";
import type {
  DocumentReader,
  OutboundMessage,
  OutboundStore,
  StoredMessage,
} from "../../lib/session/outbound_message.ts";

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
