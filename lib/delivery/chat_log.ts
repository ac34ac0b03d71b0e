import type { Clock, Timer } from "../platform/clock.ts";
import type { Storage } from "../storage/storage.ts";
import type { IncomingChat, ReceiveOutcome } from "../storage/types.ts";

/** Most recently shown chats that are remembered. */
const RECENT_CHATS = 4_096;

/** How long a chat waits for others to share its commit, milliseconds; and how many do not wait for longer. */
const GATHER_MS = 8;
const GATHER_MAX = 64;

/**
 * Makes chats durable; those of a few milliseconds share a commit. People do not notice, and programs that talk to each
 * other need not wait for a commit per line.
 */
export class ChatLog {
  #waiting: { readonly chat: IncomingChat; readonly resolve: (outcome: Promise<ReceiveOutcome>) => void }[] =
    [];
  #timer: Timer | undefined;
  readonly #recent = new Set<string>();

  constructor(private readonly storage: Storage, private readonly clock: Clock) {}

  /** Resolves once the chat is durable, or has failed to be. Chats are stored in the order of calls. */
  keep(chat: IncomingChat): Promise<ReceiveOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ chat, resolve });
      if (this.#waiting.length >= GATHER_MAX) this.flush();
      else this.#timer ??= this.clock.after(GATHER_MS, () => this.flush());
    });
  }

  /** True if a chat was not shown recently; records it as shown. */
  isNew(sender: string, id: string): boolean {
    const key = `${sender} ${id}`;
    if (this.#recent.has(key)) return false;
    this.#recent.add(key);
    if (this.#recent.size > RECENT_CHATS) this.#recent.delete(this.#recent.values().next().value!);
    return true;
  }

  /** Passes all waiting chats to the store. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { chat, resolve } of this.#waiting.splice(0)) resolve(this.storage.receive(chat));
  }
}
