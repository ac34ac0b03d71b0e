import type { Window } from "../protocol/window.ts";
import { fileCost, heldCost, lineCost } from "./costs.ts";
import type { Inbox, Warn } from "./inbox.ts";
import { safeName } from "./inbox_name.ts";
import type { Received } from "./received.ts";
import { LargeReceiver } from "./large_receiver.ts";
import { OrderGuard } from "./order_guard.ts";
import { quotaRefusal } from "./quota.ts";
import { Shares } from "./shares.ts";
import type { Store } from "./store.ts";
import type { Incoming, IncomingChat, IncomingDocument, ReceiveOutcome } from "./types.ts";

const encoder = new TextEncoder();

const OTHER_DOCUMENT: ReceiveOutcome = {
  saved: false,
  code: "refused",
  why: "another document came with this id already",
};

/** Takes what arrives into the database, within a transaction. */
export class Receiver {
  readonly #store;
  readonly #inbox;
  readonly #quota;
  readonly #warn;
  readonly #shares;
  /** What comes in parts. */
  readonly large;
  /** What holds back those after one that was not saved. */
  readonly guard = new OrderGuard();

  /** @param quota largest sum of the documents in the inbox, bytes */
  constructor(store: Store, inbox: Inbox, quota: number, warn: Warn) {
    this.#shares = new Shares(store, inbox, quota, warn);
    this.large = new LargeReceiver(store, inbox, quota, warn, this.#shares);
    this.#store = store;
    this.#inbox = inbox;
    this.#quota = quota;
    this.#warn = warn;
  }

  /**
   * Takes one arrival, unless it is done already (PROTOCOL.md section 4, Delivery).
   *
   * @param at when it arrived, milliseconds since 1970
   */
  receive(item: Incoming, at: number): Received {
    const { windows } = this.#store;
    const window = windows.peek(item.sender, item.epoch);
    const received = window?.has(item.seq) ? this.#duplicate(item) : this.#receiveNew(item, window, at);
    if (received.outcome.saved) {
      windows.add(item.sender, item.epoch, item.seq);
      this.guard.saved(item);
    } else if (received.outcome.code === "busy" || received.outcome.code === "quota") {
      this.guard.refused(item);
    }
    return received;
  }

  /** Takes what has a new number. What has an id that the history holds is no less saved for that. */
  #receiveNew(item: Incoming, window: Window | undefined, at: number): Received {
    const refusal = this.#refusal(item, window);
    if (refusal) {
      const isKnown = item.kind !== "void" && this.#store.messages.find(item.sender, item.id) !== undefined;
      return isKnown ? this.#duplicate(item) : { outcome: refusal };
    }
    switch (item.kind) {
      case "document":
        return this.#document(item, at);
      case "large":
        if (this.#store.messages.find(item.sender, item.id)) return { outcome: this.large.judgeKnown(item) };
        return this.large.finish(item, at);
      case "chat":
        return this.#chat(item, at);
      case "void":
        return { outcome: { saved: true, duplicate: false } };
    }
  }

  /** Why an arrival cannot be taken now. */
  #refusal(item: Incoming, window: Window | undefined): ReceiveOutcome | undefined {
    if (window && !window.accepts(item.seq)) return busy("Too many of the messages before it are missing.");
    if (this.guard.isBehind(item)) return busy("It waits for one before it.");
    if (item.kind !== "document") return undefined;
    const { folders, partials, usage } = this.#store;
    const cost = costOf(item);
    if (usage.documents + partials.bytes + cost > this.#quota) {
      return quotaRefusal(this.#quota, usage, this.#warn);
    }
    const more = {
      bytes: cost,
      files: item.stream === undefined ? 1 : 0,
      folders: folders.isNew(item.sender, item.senderName) ? 1 : 0,
    };
    const refusal = this.#shares.refusal(item.sender, item.from, more);
    if (refusal) return refusal;
    const trouble = this.#inbox.trouble(folders.of(item.sender, item.senderName));
    return trouble === undefined ? undefined : busy(`The inbox cannot take it: ${trouble}.`);
  }

  #document(item: IncomingDocument, at: number): Received {
    const { folders, messages, names, senders, streams, usage } = this.#store;
    const folder = folders.of(item.sender, item.senderName);
    const name = safeName(item.name);
    const line = item.stream === undefined ? undefined : streams.next(folder.row, item.stream, at);
    const free = line ? undefined : names.free(folder.row, name);
    const row = messages.addDocument(item, name, { folder: folder.row, free, line }, at);
    if (row === undefined) {
      names.reset();
      return this.#isAnother(item) ? { outcome: OTHER_DOCUMENT } : this.#duplicate(item);
    }
    const [bytes, held] = [costOf(item), heldCost(item.body.length)];
    usage.documents += bytes;
    usage.held += held;
    // A line at the beginning of its file has that made.
    senders.add(item.sender, { bytes, held, files: line && line.offset > 0 ? 0 : 1 });
    if (line) streams.extend(line.file, item.body.length + 1);
    const { file } = line ? line.file : free!;
    return {
      outcome: { saved: true, duplicate: false, name, path: this.#inbox.path(folder.name, file) },
      journaled: { row, folder: folder.name, file, line },
    };
  }

  /** Whether the document that the history holds under this id is not this one. */
  #isAnother(item: IncomingDocument): boolean {
    const { messages } = this.#store;
    const place = messages.find(item.sender, item.id);
    const body = place && messages.keptBody(place.row);
    return place?.size !== item.body.length ||
      (body !== undefined && body.some((byte, i) => byte !== item.body[i]));
  }

  #chat(item: IncomingChat, at: number): Received {
    const size = encoder.encode(item.text).length;
    const isNew = this.#store.messages.addChat(item, size, at);
    if (isNew) {
      const { senders, usage } = this.#store;
      if (item.from) senders.note(item.sender, item.from);
      usage.held += heldCost(size);
      senders.add(item.sender, { held: heldCost(size) });
    }
    return { outcome: { saved: true, duplicate: !isNew } };
  }

  /** With name and path where the history holds it as a document. */
  #duplicate(item: Incoming): Received {
    if (item.kind === "large") return { outcome: this.large.judgeKnown(item) };
    const place = item.kind === "document" ? this.#store.messages.find(item.sender, item.id) : undefined;
    const whereabouts = place && { name: place.name, path: this.#inbox.path(place.folderName, place.file) };
    return { outcome: { saved: true, duplicate: true, ...whereabouts } };
  }
}

function costOf({ body, stream }: IncomingDocument): number {
  return stream === undefined ? fileCost(body.length) : lineCost(body.length);
}

function busy(why: string): ReceiveOutcome {
  return { saved: false, code: "busy", why };
}
