import { exists } from "./files.ts";
import type { Inbox } from "./inbox.ts";
import type { Store } from "./store.ts";

/** Documents looked at in one go. */
const LOOKS = 5000;
/** Chat kept in the history, bytes of text. */
const CHAT_KEPT = 64 * 1024 * 1024;
/** Chat messages forgotten in one transaction, the oldest first. */
const CHAT_FORGOTTEN = 1000;

/** Keeps the history within its bounds; the delivery windows are never touched. */
export class Housekeeping {
  readonly #store;
  readonly #inbox;
  readonly #chatKept;
  #lookedUpto = 0;

  /** @param chatKept most chat kept in the history, bytes of text */
  constructor(store: Store, inbox: Inbox, chatKept = CHAT_KEPT) {
    this.#store = store;
    this.#inbox = inbox;
    this.#chatKept = chatKept;
  }

  /** Does a little of everything. */
  run(): void {
    if (this.#store.usage.isShort) this.#giveBack();
    while (this.#store.usage.chat > this.#chatKept) this.#forgetChat();
  }

  /** Documents whose file the owner removed no longer count, and their bodies go. */
  #giveBack(): void {
    const { messages, usage } = this.#store;
    const places = messages.keptDocuments(this.#lookedUpto, LOOKS);
    usage.isShort = places.length === LOOKS;
    this.#lookedUpto = usage.isShort ? places.at(-1)!.row : 0;
    const standing = new Map<string, boolean>();
    const gone = places.filter(({ folderName, file }) => {
      const path = this.#inbox.path(folderName, file);
      if (!standing.has(path)) standing.set(path, exists(path));
      return !standing.get(path);
    });
    if (gone.length === 0) return;
    this.#store.transaction(() => {
      for (const { row } of gone) usage.documents -= messages.drop(row);
    });
  }

  #forgetChat(): void {
    const { messages, usage } = this.#store;
    this.#store.transaction(() => usage.chat -= messages.forgetChat(CHAT_FORGOTTEN));
  }
}
