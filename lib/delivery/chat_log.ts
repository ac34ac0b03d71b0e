import type { Clock, Timer } from "../platform/clock.ts";
import type { Storage } from "../storage/storage.ts";
import type { IncomingChat, ReceiveOutcome } from "../storage/types.ts";

/** Chats shown lately that are remembered. */
const RECENT_CHATS = 4_096;

/** A chat waits this long for others to share its commit, milliseconds. */
const GATHER_MS = 4;

/**
 * Makes chats durable, those of a few milliseconds together. People do not notice, and programs that talk to each other
 * are not slowed down by a commit for every line.
 */
export class ChatLog {
  #waiting: { readonly chat: IncomingChat; readonly resolve: (outcome: Promise<ReceiveOutcome>) => void }[] =
    [];
  #timer: Timer | undefined;
  readonly #recent = new Set<string>();

  constructor(private readonly storage: Storage, private readonly clock: Clock) {}

  /** Resolves once the chat is durable, or cannot be. Chats are kept in the order of calls. */
  keep(chat: IncomingChat): Promise<ReceiveOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ chat, resolve });
      this.#timer ??= this.clock.after(GATHER_MS, () => this.flush());
    });
  }

  /** True if a chat was not shown lately; records it as shown. */
  isNew(sender: string, id: string): boolean {
    const key = `${sender} ${id}`;
    if (this.#recent.has(key)) return false;
    this.#recent.add(key);
    if (this.#recent.size > RECENT_CHATS) this.#recent.delete(this.#recent.values().next().value!);
    return true;
  }

  /** Hands everything that waits to the store. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { chat, resolve } of this.#waiting.splice(0)) resolve(this.storage.receive(chat));
  }
}
