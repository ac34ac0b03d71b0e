import { format } from "@std/fmt/bytes";
import type { DatabaseSync } from "node:sqlite";
import {
  OUTBOX_MAX,
  OUTBOX_MESSAGES_MAX,
  OUTBOX_PEER_MAX,
  OUTBOX_PEER_MESSAGES_MAX,
} from "../../protocol/limits.ts";

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

/** Sums of what waits in the outbox, kept in memory so that nobody has to count it. */
export class OutboxUsage {
  readonly #all: Sum = { messages: 0, bytes: 0 };
  readonly #byPeer = new Map<string, Sum>();
  /** Files of the spool, with how many messages share each. */
  readonly #spooled = new Map<string, number>();
  /** Changes of the transaction that is under way. */
  #changes: [recipient: string, messages: 1 | -1, bytes: number, spool: string | undefined][] = [];

  constructor(db: DatabaseSync, private readonly limits = LIMITS) {
    for (const { recipient, size, spool } of db.prepare("SELECT recipient, size, spool FROM outbox").all()) {
      this.#change(recipient as string, 1, Number(size), spool as string | null ?? undefined);
    }
  }

  /**
   * Tells why a new message cannot wait: which limit is reached, and what can be done; undefined if it can. A single large
   * document may wait for a peer for whom nothing else does.
   *
   * @param name how the user knows the recipient
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

  /** Tells whether a waiting message is in this file of the spool. */
  hasSpooled(spool: string): boolean {
    return this.#spooled.has(spool);
  }

  /** A message is put into the outbox. */
  add(recipient: string, size: number, spool?: string): void {
    this.#changes.push([recipient, 1, size, spool]);
    this.#change(recipient, 1, size, spool);
  }

  /** A message leaves it. */
  remove(recipient: string, size: number, spool?: string): void {
    this.#changes.push([recipient, -1, size, spool]);
    this.#change(recipient, -1, size, spool);
  }

  /** Notes that what changed is in the database. To be called at the end of each transaction. */
  flush(): void {
    this.#changes = [];
  }

  /** The transaction was rolled back. */
  reset(): void {
    for (const [recipient, messages, size, spool] of this.#changes.reverse()) {
      this.#change(recipient, messages === 1 ? -1 : 1, size, spool);
    }
    this.#changes = [];
  }

  #change(recipient: string, messages: 1 | -1, size: number, spool: string | undefined): void {
    const peer = this.#byPeer.get(recipient) ?? { messages: 0, bytes: 0 };
    peer.messages += messages;
    peer.bytes += messages * size;
    if (peer.messages === 0) this.#byPeer.delete(recipient);
    else this.#byPeer.set(recipient, peer);
    this.#all.messages += messages;
    // A copy that several messages share takes its room once.
    if (this.#share(spool, messages)) this.#all.bytes += messages * size;
  }

  /** Whether it is the first, or was the last, to use this file of the spool. */
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
