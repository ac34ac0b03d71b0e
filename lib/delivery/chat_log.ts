import type { Clock, Timer } from "../platform/clock.ts";
import type { Storage } from "../storage/storage.ts";
import type { IncomingChat, ReceiveOutcome } from "../storage/types.ts";

/** How long a chat waits for others to share its commit with. */
const GATHER_MS = 4;

/**
 * Makes chats durable, those of a few milliseconds together. People do not notice, and programs that talk to each other
 * are not slowed down by a commit for every line.
 */
export class ChatLog {
  #waiting: { readonly chat: IncomingChat; readonly resolve: (outcome: Promise<ReceiveOutcome>) => void }[] =
    [];
  #timer: Timer | undefined;

  constructor(private readonly storage: Storage, private readonly clock: Clock) {}

  /** Resolves once the chat is durable, or cannot be. Chats are kept in the order of calls. */
  keep(chat: IncomingChat): Promise<ReceiveOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ chat, resolve });
      this.#timer ??= this.clock.after(GATHER_MS, () => this.flush());
    });
  }

  /** Hands everything that waits to the store. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { chat, resolve } of this.#waiting.splice(0)) resolve(this.storage.receive(chat));
  }
}
