import { format } from "../../platform/std_bytes.ts";
import type { DatabaseSync } from "node:sqlite";
import {
  OUTBOX_MAX,
  OUTBOX_MESSAGES_MAX,
  OUTBOX_PEER_MAX,
  OUTBOX_PEER_MESSAGES_MAX,
} from "../../protocol/limits.ts";

/** Most messages and bytes that may wait, for one recipient and in all. */
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
  /** Number of answers among the messages. */
  answers: number;
}

/** A change of the sums by one message. */
type Change = readonly [
  recipient: string,
  messages: 1 | -1,
  bytes: number,
  spool: string | undefined,
  isAnswer: boolean,
];

/** Running sums of what waits in the outbox. */
export class OutboxUsage {
  readonly #all: Sum = { messages: 0, bytes: 0, answers: 0 };
  readonly #byPeer = new Map<string, Sum>();
  /** Files of the spool → number of messages that share them. */
  readonly #spooled = new Map<string, number>();
  /** Changes of the current transaction. */
  #changes: Change[] = [];

  constructor(db: DatabaseSync, private readonly limits = LIMITS) {
    for (const row of db.prepare("SELECT recipient, size, spool, re FROM outbox").all()) {
      const spool = row.spool as string | null ?? undefined;
      this.#change(row.recipient as string, 1, Number(row.size), spool, row.re !== null);
    }
  }

  /**
   * Returns the reason if a new message cannot wait: the limit it exceeds, and the remedy. The first message for a
   * peer may exceed the limit of bytes per peer, and the first of all the total: it may be a large document.
   *
   * @param name name by which the user knows the recipient
   */
  refusal(recipient: string, name: string, size: number, spool?: string): string | undefined {
    const peer = this.#byPeer.get(recipient) ?? { messages: 0, bytes: 0 };
    const { messagesPerPeer, bytesPerPeer, messages, bytes: bytesInAll } = this.limits;
    const later = "what waits is delivered when its recipient is there, and `earshot inbox --sent` shows it";
    if (peer.messages >= messagesPerPeer) {
      return `The outbox holds ${peer.messages} messages for ${name}, and takes no more for one peer: ${later}.`;
    }
    if (peer.messages > 0 && peer.bytes + size > bytesPerPeer) {
      return `The outbox holds ${text(peer.bytes)} for ${name}, and takes no more than ${
        text(bytesPerPeer)
      } for one peer: ${later}.`;
    }
    if (this.#all.messages >= messages) {
      return `The outbox is full, ${this.#all.messages} messages for ${this.#peers} wait in it: ${later}.`;
    }
    const isShared = spool !== undefined && this.#spooled.has(spool);
    if (!isShared && this.#all.messages > 0 && this.#all.bytes + size > bytesInAll) {
      return `The outbox holds ${text(this.#all.bytes)} for ${this.#peers}, and takes no more than ${
        text(bytesInAll)
      } in all: ${later}.`;
    }
  }

  /** Tells whether a waiting message has this file of the spool. */
  hasSpooled(spool: string): boolean {
    return this.#spooled.has(spool);
  }

  /** Number of answers that wait. */
  get answers(): number {
    return this.#all.answers;
  }

  /** Returns the number of answers that wait for this recipient. */
  answersFor(recipient: string): number {
    return this.#byPeer.get(recipient)?.answers ?? 0;
  }

  /** Adds a message. */
  add(recipient: string, size: number, spool?: string, isAnswer = false): void {
    this.#changes.push([recipient, 1, size, spool, isAnswer]);
    this.#change(recipient, 1, size, spool, isAnswer);
  }

  /** Removes a message. */
  remove(recipient: string, size: number, spool?: string, isAnswer = false): void {
    this.#changes.push([recipient, -1, size, spool, isAnswer]);
    this.#change(recipient, -1, size, spool, isAnswer);
  }

  /** Confirms the changes; call after each commit. */
  flush(): void {
    this.#changes = [];
  }

  /** Undoes the changes of a transaction that was rolled back. */
  reset(): void {
    for (const [recipient, messages, size, spool, isAnswer] of this.#changes.reverse()) {
      this.#change(recipient, messages === 1 ? -1 : 1, size, spool, isAnswer);
    }
    this.#changes = [];
  }

  #change(...[recipient, messages, size, spool, isAnswer]: Change): void {
    const peer = this.#byPeer.get(recipient) ?? { messages: 0, bytes: 0, answers: 0 };
    peer.messages += messages;
    peer.bytes += messages * size;
    for (const sum of isAnswer ? [peer, this.#all] : []) sum.answers += messages;
    if (peer.messages === 0) this.#byPeer.delete(recipient);
    else this.#byPeer.set(recipient, peer);
    this.#all.messages += messages;
    // A copy that several messages share counts once.
    if (this.#share(spool, messages)) this.#all.bytes += messages * size;
  }

  /** Counts a message with this file; returns whether it is its first, or was its last. */
  #share(spool: string | undefined, change: 1 | -1): boolean {
    if (spool === undefined) return true;
    const uses = (this.#spooled.get(spool) ?? 0) + change;
    if (uses === 0) this.#spooled.delete(spool);
    else this.#spooled.set(spool, uses);
    return uses === (change === 1 ? 1 : 0);
  }

  get #peers(): string {
    return this.#byPeer.size === 1 ? "one peer" : `${this.#byPeer.size} peers`;
  }
}

function text(bytes: number): string {
  return format(bytes, { binary: true, maximumFractionDigits: 1 });
}
