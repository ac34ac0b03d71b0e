import { format } from "@std/fmt/bytes";
import type { Window } from "../protocol/window.ts";
import type { Inbox, Warn } from "./inbox.ts";
import { safeName } from "./inbox_name.ts";
import { OrderGuard } from "./order_guard.ts";
import type { Store } from "./store.ts";
import type { Line } from "./stream_table.ts";
import type { Incoming, IncomingChat, IncomingDocument, ReceiveOutcome } from "./types.ts";

/** A document that a transaction put into the journal, and where its file goes. */
export interface Journaled {
  readonly row: number;
  /** Name of the folder. */
  readonly folder: string;
  readonly file: string;
  /** The line of a stream's file that it is. */
  readonly line?: Line;
}

/** What became of an arrival, and the file that is still to be made. */
export interface Received {
  readonly outcome: ReceiveOutcome;
  readonly journaled?: Journaled;
}

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
  /** What holds back those after one that was not saved. */
  readonly guard = new OrderGuard();

  /** @param quota largest sum of the documents in the inbox, bytes */
  constructor(store: Store, inbox: Inbox, quota: number, warn: Warn) {
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
    } else if (received.outcome.code !== "refused") this.guard.refused(item);
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
    const { folders, usage } = this.#store;
    if (usage.documents + item.body.length > this.#quota) {
      usage.isShort = true;
      const limit = format(this.#quota, { binary: true });
      this.#warn("quota", `The inbox holds its limit of ${limit}: remove files from it, or raise the limit.`);
      return { saved: false, code: "quota", why: `The inbox holds its limit of ${limit}.` };
    }
    const trouble = this.#inbox.trouble(folders.of(item.sender, item.senderName));
    return trouble === undefined ? undefined : busy(`The inbox cannot take it: ${trouble}.`);
  }

  #document(item: IncomingDocument, at: number): Received {
    const { folders, messages, names, streams, usage } = this.#store;
    const folder = folders.of(item.sender, item.senderName);
    const name = safeName(item.name);
    const line = item.stream === undefined ? undefined : streams.next(folder.row, item.stream, at);
    const free = line ? undefined : names.free(folder.row, name);
    const row = messages.addDocument(item, name, { folder: folder.row, free, line }, at);
    if (row === undefined) {
      names.reset();
      return this.#isAnother(item) ? { outcome: OTHER_DOCUMENT } : this.#duplicate(item);
    }
    usage.documents += item.body.length;
    usage.held += item.body.length;
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
    return body !== undefined &&
      (body.length !== item.body.length || body.some((byte, i) => byte !== item.body[i]));
  }

  #chat(item: IncomingChat, at: number): Received {
    const size = encoder.encode(item.text).length;
    const isNew = this.#store.messages.addChat(item, size, at);
    if (isNew) this.#store.usage.held += size;
    return { outcome: { saved: true, duplicate: !isNew } };
  }

  /** With name and path where the history holds it as a document. */
  #duplicate(item: Incoming): Received {
    const place = item.kind === "document" ? this.#store.messages.find(item.sender, item.id) : undefined;
    const whereabouts = place && { name: place.name, path: this.#inbox.path(place.folderName, place.file) };
    return { outcome: { saved: true, duplicate: true, ...whereabouts } };
  }
}

function busy(why: string): ReceiveOutcome {
  return { saved: false, code: "busy", why };
}
