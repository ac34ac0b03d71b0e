import type { Inbox, Warn } from "./inbox.ts";
import { safeName } from "./inbox_name.ts";
import { type KnownMessages, markOfHash } from "./known_messages.ts";
import type { Partial } from "./partial_table.ts";
import { quotaRefusal } from "./quota.ts";
import type { Received } from "./received.ts";
import type { Store } from "./store.ts";
import type { IncomingLarge, ReceiveOutcome } from "./types.ts";

/** The beginning of a document in parts: where its bytes go, or what becomes of it at once. */
export type Begun =
  | { readonly outcome: ReceiveOutcome }
  | {
    /** Path of the folder, and the name of the file in it. */
    readonly folder: string;
    readonly file: string;
    /** So many of its first bytes are on disk. */
    readonly durable: number;
  };

/** Takes documents that come in parts into the database, within a transaction. */
export class LargeReceiver {
  readonly #store;
  readonly #inbox;
  readonly #known;
  readonly #quota;
  readonly #warn;

  /** @param quota largest sum of the documents in the inbox, bytes */
  constructor(store: Store, inbox: Inbox, known: KnownMessages, quota: number, warn: Warn) {
    this.#known = known;
    this.#store = store;
    this.#inbox = inbox;
    this.#quota = quota;
    this.#warn = warn;
  }

  /**
   * Takes up what there is of a document that is about to come, or makes room for it. One that is known is done.
   *
   * @param at milliseconds since 1970
   */
  begin(item: IncomingLarge, at: number): Begun {
    const { folders, partials, usage } = this.#store;
    const { sender, id, size, sha256 } = item;
    const known = this.#known.judge(item);
    if (known) return { outcome: known };
    const before = partials.find(sender, id);
    const isSame = before?.size === size && before.sha256 === sha256;
    if (before && !isSame) this.#inbox.discardPartial(before);
    const there = isSame ? before : undefined;
    if (this.#isOver(size, there)) return { outcome: quotaRefusal(this.#quota, usage, this.#warn) };
    const folder = there
      ? { row: there.folder, name: folders.name(there.folder) }
      : folders.of(sender, item.senderName);
    const trouble = this.#inbox.trouble(folder);
    if (trouble !== undefined) {
      return { outcome: { saved: false, code: "busy", why: `The inbox cannot take it: ${trouble}.` } };
    }
    if (there) {
      partials.touch(sender, id, there.durable, at);
      return { ...there, folder: this.#inbox.path(folder.name) };
    }
    for (const surplus of partials.surplus(sender)) this.#inbox.discardPartial(surplus);
    const file = this.#inbox.partialName();
    partials.add({ sender, id, size, sha256, folder: folder.row, file }, at);
    return { folder: this.#inbox.path(folder.name), file, durable: 0 };
  }

  /**
   * So many bytes of a document are on disk. `gone`: nobody knows it any more.
   * A refusal where that is more than there is room for.
   *
   * @param at milliseconds since 1970
   */
  touch(
    { sender, id, file, durable }: { sender: string; id: string; file: string; durable: number },
    at: number,
  ): "gone" | ReceiveOutcome | undefined {
    const { partials, usage } = this.#store;
    if (partials.find(sender, id)?.file !== file) return "gone";
    partials.touch(sender, id, durable, at);
    return this.#isOver(durable, partials.find(sender, id))
      ? quotaRefusal(this.#quota, usage, this.#warn)
      : undefined;
  }

  /** A document whose bytes are all there, on disk: gives it its name. */
  finish(item: IncomingLarge, at: number): Received {
    const { folders, messages, names, partials, usage } = this.#store;
    const partial = partials.find(item.sender, item.id);
    // Another one may have come under its id, or this one may have had to make room.
    if (partial?.file !== item.file || partial?.sha256 !== item.sha256) {
      return { outcome: { saved: false, code: "busy", why: "It has to come once more." } };
    }
    if (this.#isOver(item.size, partial)) {
      return { outcome: quotaRefusal(this.#quota, usage, this.#warn) };
    }
    const name = safeName(item.name);
    const free = names.free(partial.folder, name);
    const mark = markOfHash(item.sha256);
    const row = messages.addDocument(item, name, { folder: partial.folder, free }, mark, at);
    messages.setPartial(row, item.sha256, partial.file);
    partials.remove(item.sender, item.id);
    usage.documents += item.size;
    const folder = folders.name(partial.folder);
    return {
      outcome: { saved: true, duplicate: false, name, path: this.#inbox.path(folder, free.file) },
      journaled: { row, folder, file: free.file, partial: partial.file },
    };
  }

  /** Whether there is no room for a document of this size, of which there may be a part. */
  #isOver(size: number, partial: Partial | undefined): boolean {
    const { usage, partials } = this.#store;
    return usage.documents + partials.bytes - (partial?.durable ?? 0) + size > this.#quota;
  }
}
