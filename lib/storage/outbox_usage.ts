import { format } from "@std/fmt/bytes";
import type { DatabaseSync } from "node:sqlite";
import {
  OUTBOX_MAX,
  OUTBOX_MESSAGES_MAX,
  OUTBOX_PEER_MAX,
  OUTBOX_PEER_MESSAGES_MAX,
} from "../protocol/limits.ts";

/** Bytes of the message of a row of the outbox, in SQL. */
export const WAITING_SIZE = "length(body)";

/** Most that may wait: messages and bytes, for one recipient and in all. */
export interface OutboxLimits {
  readonly messages: number;
  readonly bytes: number;
  readonly messagesPerPeer: number;
  readonly bytesPerPeer: number;
}

const LIMITS: OutboxLimits = {
  messages: OUTBOX_MESSAGES_MAX,
  bytes: OUTBOX_MAX,
  messagesPerPeer: OUTBOX_PEER_MESSAGES_MAX,
  bytesPerPeer: OUTBOX_PEER_MAX,
};

interface Sum {
  messages: number;
  bytes: number;
}

/** How much waits in the outbox, kept in memory so that nobody has to count it. */
export class OutboxUsage {
  readonly #limits;
  readonly #all: Sum = { messages: 0, bytes: 0 };
  readonly #byPeer = new Map<string, Sum>();
  /** Changes of the transaction that is under way. */
  #changes: [recipient: string, messages: number, bytes: number][] = [];

  constructor(db: DatabaseSync, limits = LIMITS) {
    this.#limits = limits;
    const sums = db.prepare(
      `SELECT recipient, count(*) AS messages, sum(${WAITING_SIZE}) AS bytes FROM outbox GROUP BY recipient`,
    );
    for (const { recipient, messages, bytes } of sums.all()) {
      this.#add(recipient as string, Number(messages), Number(bytes));
    }
  }

  /**
   * Why a new message cannot wait: which limit is reached, and what can be done; undefined where it can. A single large
   * document may wait for a peer for whom nothing else does.
   *
   * @param name how the user knows the recipient
   */
  refusal(recipient: string, name: string, bytes: number): string | undefined {
    const peer = this.#byPeer.get(recipient) ?? { messages: 0, bytes: 0 };
    const { messagesPerPeer, bytesPerPeer, messages, bytes: bytesInAll } = this.#limits;
    const later = "what waits is delivered when its recipient is there, and `earshot inbox --sent` shows it";
    if (peer.messages >= messagesPerPeer) {
      return `The outbox holds ${peer.messages} messages for ${name}, and takes no more for one peer: ${later}.`;
    }
    if (peer.messages > 0 && peer.bytes + bytes > bytesPerPeer) {
      return `The outbox holds ${text(peer.bytes)} for ${name}, and takes no more than ${
        text(bytesPerPeer)
      } for one peer: ${later}.`;
    }
    if (this.#all.messages >= messages) {
      return `The outbox is full, ${this.#all.messages} messages for ${this.#peers} wait in it: ${later}.`;
    }
    if (this.#all.bytes + bytes > bytesInAll) {
      return `The outbox holds ${text(this.#all.bytes)} for ${this.#peers}, and takes no more than ${
        text(bytesInAll)
      } in all: ${later}.`;
    }
  }

  /** Counts messages that are put into the outbox, or (negative) leave it, in this transaction. */
  change(recipient: string, messages: number, bytes: number): void {
    this.#changes.push([recipient, messages, bytes]);
    this.#add(recipient, messages, bytes);
  }

  /** What changed is in the database. To be called at the end of each transaction. */
  flush(): void {
    this.#changes = [];
  }

  /** The transaction was rolled back. */
  reset(): void {
    for (const [recipient, messages, bytes] of this.#changes.reverse()) {
      this.#add(recipient, -messages, -bytes);
    }
    this.#changes = [];
  }

  #add(recipient: string, messages: number, bytes: number): void {
    const peer = this.#byPeer.get(recipient) ?? { messages: 0, bytes: 0 };
    for (const sum of [peer, this.#all]) {
      sum.messages += messages;
      sum.bytes += bytes;
    }
    if (peer.messages === 0) this.#byPeer.delete(recipient);
    else this.#byPeer.set(recipient, peer);
  }

  get #peers(): string {
    return this.#byPeer.size === 1 ? "one peer" : `${this.#byPeer.size} peers`;
  }
}

function text(bytes: number): string {
  return format(bytes, { binary: true, maximumFractionDigits: 1 });
}
