import type { DeliveryResult, Peer } from "../../lib/mod.ts";
import { SeededRandom } from "../support/seeded_random.ts";

const STREAMS = ["log", "readings"];
const LETTERS = new TextEncoder().encode(
  "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,:{}[]0123456789",
);

/** How large documents are, bytes. The least that there is are 10 bytes. */
export interface Sizes {
  readonly min: number;
  readonly max: number;
}

/** One message of a {@linkcode Workload}. */
export interface Work {
  readonly index: number;
  /** Message id (ULID); the same one whenever it is sent. */
  readonly id: string;
  readonly kind: "document" | "line" | "chat";
  /** Name of a document, `<index>.json`. */
  readonly name: string;
  /** Stream of a line. */
  readonly stream?: string;
  /** The document, or the UTF-8 of the chat. */
  readonly body: Uint8Array;
  /** Whether it is left in the outbox, without waiting for its acknowledgement. */
  readonly queue: boolean;
}

/** Messages made of a seed: the same in every process that is told the seed. Each body holds its index. */
export class Workload {
  constructor(readonly seed: number, readonly sizes: Sizes) {}

  /** The message of that number, from 0. */
  item(index: number): Work {
    const random = new SeededRandom(this.seed ^ Math.imul(index + 1, 0x9e3779b1));
    const kind = random.pick(["document", "document", "document", "line", "line", "chat"] as const);
    const { min, max } = this.sizes;
    const most = kind === "document" ? max : Math.min(max, 2_000);
    // Small ones are as many as large ones, and now and then there is a really large one.
    const isLargest = kind === "document" && random.u32() % 12 === 0;
    const size = Math.floor(
      isLargest ? random.between(max / 2, max) : min * (most / min) ** random.between(0, 1),
    );
    return {
      index,
      id: `${index}`.padStart(26, "0"),
      kind,
      name: `${index}.json`,
      stream: kind === "line" ? random.pick(STREAMS) : undefined,
      body: filled(index, size, random),
      queue: random.u32() % 4 === 0,
    };
  }

  /** The first `count` messages. */
  *items(count: number): Generator<Work> {
    for (let index = 0; index < count; index++) yield this.item(index);
  }
}

/** A JSON string of that many bytes which begins with the index. */
function filled(index: number, size: number, random: SeededRandom): Uint8Array {
  const body = new Uint8Array(Math.max(size, 10)).fill(0x22);
  body.set(new TextEncoder().encode(`${index}`.padStart(8, "0")), 1);
  let state = random.u32() | 1;
  for (let at = 9; at < body.length - 1; at++) {
    state = Math.imul(state, 0x2c9277b5) + 0xac564b05 | 0;
    body[at] = LETTERS[(state >>> 16) % LETTERS.length]!;
  }
  return body;
}

/** Has a peer deliver a message to the peer of that id. Those of a stream and chats keep the order of calls. */
export async function handIn(peer: Peer, to: string, work: Work, timeout: number): Promise<DeliveryResult> {
  const { kind, id, name, stream, body, queue } = work;
  const options = { to: [to], id, queue, timeout };
  const [result] = kind === "chat"
    ? await peer.say(new TextDecoder().decode(body), options)
    : await peer.send(body, { ...options, name, stream });
  return result!;
}
