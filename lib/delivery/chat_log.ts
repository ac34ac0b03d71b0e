import type { Clock, Timer } from "../platform/clock.ts";
import type { Storage } from "../storage/storage.ts";
import type { IncomingChat, ReceiveOutcome } from "../storage/types.ts";

/** Number of recently shown chats that are remembered at least, and half of what is remembered at most. */
const RECENT_CHATS = 4_096;

/**
 * How long a chat waits for others to share its commit, milliseconds: one by itself, and one of many that follow each
 * other; and how many do not wait for longer.
 */
const GATHER_MS = 4;
const GATHER_MANY_MS = 24;
const GATHER_MAX = 64;
/** Chats follow each other if the one before was kept within this time, milliseconds. */
const MANY_MS = 100;

/**
 * Makes chats durable; those of some milliseconds share a commit. People do not notice, and programs that talk to each
 * other need not wait for a commit per line.
 */
export class ChatLog {
  #waiting: { readonly chat: IncomingChat; readonly resolve: (outcome: Promise<ReceiveOutcome>) => void }[] =
    [];
  #timer: Timer | undefined;
  #flushedAt = -Infinity;
  #recent = new Set<string>();
  #older = new Set<string>();

  constructor(private readonly storage: Pick<Storage, "receive">, private readonly clock: Clock) {}

  /** Resolves once the chat is durable, or has failed to be. Chats are stored in the order of calls. */
  keep(chat: IncomingChat): Promise<ReceiveOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ chat, resolve });
      if (this.#waiting.length >= GATHER_MAX) this.flush();
      else this.#timer ??= this.clock.after(this.#gatherMs, () => this.flush());
    });
  }

  /** True if a chat was not shown recently; records it as shown. */
  isNew(sender: string, id: string): boolean {
    const key = `${sender} ${id}`;
    if (this.#recent.has(key) || this.#older.has(key)) return false;
    // To delete the oldest one by one would cost more than all other work here.
    if (this.#recent.size === RECENT_CHATS) [this.#older, this.#recent] = [this.#recent, new Set()];
    this.#recent.add(key);
    return true;
  }

  get #gatherMs(): number {
    return this.clock.now() - this.#flushedAt < MANY_MS ? GATHER_MANY_MS : GATHER_MS;
  }

  /** Passes all waiting chats to the store. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#flushedAt = this.clock.now();
    for (const { chat, resolve } of this.#waiting.splice(0)) resolve(this.storage.receive(chat));
  }
}
