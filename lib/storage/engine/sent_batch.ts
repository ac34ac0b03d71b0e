import type { SentMessage } from "../tables/sent.ts";
import type { PackedSent, SentEnd } from "../types.ts";

/** Bytes of bodies that there is room for at first. */
const ROOM = 16 * 1024;

/** Fields of a message in a batch, in their order; `length` is that of the body at hand. */
const FIELDS = [
  ...["recipient", "recipientName", "id", "kind", "name", "stream", "to", "at", "endedAt", "status", "code"],
  ...["why", "size", "length"],
];

type EndedMessage = Pick<SentMessage, "id" | "kind" | "name" | "stream" | "to" | "at" | "body">;

/**
 * Gathers messages that ended. Copying an object for each to the worker would take the sender more time than sending it:
 * their fields stand one behind the other.
 */
export class SentBatch {
  #fields: (string | number | undefined)[] = [];
  #bodies = new Uint8Array(ROOM);
  #length = 0;

  /** Messages in it. */
  get count(): number {
    return this.#fields.length / FIELDS.length;
  }

  /** Sum of their bodies, bytes. */
  get bytes(): number {
    return this.#length;
  }

  /** Adds a message that ended so; its body, if it is at hand, is copied. @param size of the whole body, bytes */
  add(recipient: string, message: EndedMessage, size: number, end: SentEnd): void {
    const { id, kind, name, stream, to, at, body } = message;
    const { recipientName, endedAt, status, code, why } = end;
    if (body) this.#copy(body);
    this.#fields.push(recipient, recipientName, id, kind, name, stream, to, at, endedAt, status, code, why);
    this.#fields.push(size, body?.length);
  }

  /** Takes out what was gathered. */
  take(): PackedSent {
    const taken = { fields: this.#fields, bodies: this.#bodies.slice(0, this.#length) };
    this.#fields = [];
    this.#length = 0;
    return taken;
  }

  #copy(body: Uint8Array): void {
    const end = this.#length + body.length;
    if (end > this.#bodies.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#bodies.subarray(0, this.#length));
      this.#bodies = larger;
    }
    this.#bodies.set(body, this.#length);
    this.#length = end;
  }
}

/** The messages of a batch. */
export function* unpackSent({ fields, bodies }: PackedSent): Generator<SentMessage> {
  let start = 0;
  for (let i = 0; i < fields.length; i += FIELDS.length) {
    const { length, ...message } = Object.fromEntries(FIELDS.map((name, n) => [name, fields[i + n]]));
    const body = length === undefined ? undefined : bodies.subarray(start, start += length as number);
    yield { ...message, body } as SentMessage;
  }
}
