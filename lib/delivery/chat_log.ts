import type { Clock, Timer } from "../platform/clock.ts";
import type { Storage } from "../storage/storage.ts";
import type { IncomingChat, ReceiveOutcome } from "../storage/types.ts";

/**
 * Number of recently shown chats that are remembered at least, and half of what is remembered at most. One whose id
 * another sender used before is remembered for as long as that one.
 */
const RECENT_CHATS = 4_096;

/**
 * How long a chat waits for others to share its commit, milliseconds: usually, and while very many come; and how many do
 * not wait for longer.
 */
const GATHER_MS = 4;
const GATHER_MANY_MS = 24;
const GATHER_MAX = 160;
/**
 * Very many come if it was one for each millisecond of the wait before, which ended within this time, milliseconds. A
 * sender that has each chat acknowledged before it sends the next one would only wait for longer.
 */
const MANY_MS = 100;

/**
 * Makes chats durable; those of some milliseconds share a commit. People do not notice, and programs that talk to each
 * other need not wait for a commit per line.
 */
export class ChatLog {
  #waiting: { readonly chat: IncomingChat; readonly resolve: (outcome: Promise<ReceiveOutcome>) => void }[] =
    [];
  #timer: Timer | undefined;
  /** When the first of those that wait came. */
  #since = 0;
  /** Until when chats wait for longer. */
  #manyUntil = -Infinity;
  /** Chats shown, by id, with their sender; one whose id another sender has used, by sender and id. */
  #recent = new Map<string, string>();
  #older = new Map<string, string>();

  constructor(private readonly storage: Pick<Storage, "receive">, private readonly clock: Clock) {}

  /** Resolves once the chat is durable, or has failed to be. Chats are stored in the order of calls. */
  keep(chat: IncomingChat): Promise<ReceiveOutcome> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) this.#since = this.clock.now();
      this.#waiting.push({ chat, resolve });
      if (this.#waiting.length >= GATHER_MAX) this.flush();
      else this.#timer ??= this.clock.after(this.#gatherMs, () => this.flush());
    });
  }

  /** True if a chat was not shown recently; records it as shown. */
  isNew(sender: string, id: string): boolean {
    const shown = this.#recent.get(id) ?? this.#older.get(id);
    if (shown === sender) return false;
    const key = shown === undefined ? id : `${sender} ${id}`;
    if (key !== id && (this.#recent.has(key) || this.#older.has(key))) return false;
    // To delete the oldest one by one would cost more than all other work here.
    if (this.#recent.size === RECENT_CHATS) [this.#older, this.#recent] = [this.#recent, new Map()];
    this.#recent.set(key, sender);
    return true;
  }

  get #gatherMs(): number {
    return this.clock.now() < this.#manyUntil ? GATHER_MANY_MS : GATHER_MS;
  }

  /** Passes all waiting chats to the store. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const now = this.clock.now();
    const isMany = this.#waiting.length >= Math.max(GATHER_MS, now - this.#since);
    this.#manyUntil = isMany ? now + MANY_MS : -Infinity;
    for (const { chat, resolve } of this.#waiting.splice(0)) resolve(this.storage.receive(chat));
  }
}
