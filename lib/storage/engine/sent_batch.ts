import type { SentMessage } from "../tables/sent.ts";
import type { PackedSent, SentEnd } from "../types.ts";

/** Initial room for bodies, bytes. */
const ROOM = 16 * 1024;

/** Number of fields of a message in a batch. */
const FIELDS = 14;

type EndedMessage = Pick<SentMessage, "id" | "kind" | "name" | "stream" | "to" | "at" | "body">;

/**
 * Gathers ended messages. Copying an object per message to the worker would take longer than sending the message, so
 * their fields form one array.
 */
export class SentBatch {
  #fields: (string | number | undefined)[] = [];
  #bodies = new Uint8Array(ROOM);
  #length = 0;

  /** Number of messages. */
  get count(): number {
    return this.#fields.length / FIELDS;
  }

  /** Sum of their bodies, bytes. */
  get bytes(): number {
    return this.#length;
  }

  /** Adds an ended message; copies its body if that is in memory. @param size of the whole body, bytes */
  add(recipient: string, message: EndedMessage, size: number, end: SentEnd): void {
    const { id, kind, name, stream, to, at, body } = message;
    const { recipientName, endedAt, status, code, why } = end;
    if (body) this.#copy(body);
    this.#fields.push(recipient, recipientName, id, kind, name, stream, to, at, endedAt, status, code, why);
    this.#fields.push(size, body?.length);
  }

  /** Takes the gathered messages out. */
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

/** Yields the messages of a batch. */
export function* unpackSent({ fields, bodies }: PackedSent): Generator<SentMessage> {
  let field = 0;
  // deno-lint-ignore no-explicit-any
  const next = () => fields[field++] as any;
  let start = 0;
  while (field < fields.length) {
    const [recipient, recipientName, id, kind] = [next(), next(), next(), next()];
    const [name, stream, to, at] = [next(), next(), next(), next()];
    const [endedAt, status, code, why, size] = [next(), next(), next(), next(), next()];
    const length = next();
    const body = length === undefined ? undefined : bodies.subarray(start, start += length);
    const end = { recipientName, endedAt, status, code, why };
    yield { ...end, recipient, id, kind, name, stream, to, at, size, body };
  }
}
