import { fileCost, heldCost, lineCost } from "../tables/usage.ts";
import type { Inbox } from "../inbox/inbox.ts";
import { safeName } from "../files/safe_name.ts";
import { KnownMessages, lookOfText, markOf } from "./known_messages.ts";
import { LargeReceiver, type Received } from "./large_receiver.ts";
import { OrderGuard } from "./order_guard.ts";
import { InboxQuota } from "../inbox/inbox_quota.ts";
import type { Store } from "../tables/store.ts";
import type { Incoming, IncomingChat, IncomingDocument, NotSaved, WarnOwner } from "../types.ts";

/** Records arrivals in the database, within a transaction. */
export class Receiver {
  readonly #quota;
  /** Messages received before. */
  readonly known;
  /** Large documents. */
  readonly large;
  /** Order of arrivals after one that was not saved. */
  readonly guard = new OrderGuard();

  /** @param quota limit of the sum of documents in the inbox, bytes */
  constructor(private readonly store: Store, private readonly inbox: Inbox, quota: number, warn: WarnOwner) {
    this.#quota = new InboxQuota(store, inbox, quota, warn);
    this.known = new KnownMessages(store, inbox);
    this.large = new LargeReceiver(store, inbox, this.known, this.#quota);
  }

  /**
   * Looks up at once what has to be known of all arrivals of a transaction. Call it again, without any, after the
   * transaction.
   */
  expect(items: readonly Incoming[]): void {
    const { folders, names } = this.store;
    this.known.expect(items);
    names.forget();
    const files = items.filter((item) => item.kind === "document" && item.stream === undefined);
    for (const some of Map.groupBy(files, (item) => `${item.sender} ${item.senderName}`).values()) {
      const { sender, senderName } = some[0]!;
      if (folders.isNew(sender, senderName)) continue;
      const { row } = folders.of(sender, senderName);
      names.expect(row, some.map((item) => safeName((item as IncomingDocument).name)));
    }
  }

  /**
   * Records one arrival, unless it was received before (PROTOCOL.md 3.11).
   *
   * @param at when it arrived, milliseconds since 1970
   */
  receive(item: Incoming, at: number): Received {
    const received = this.#receive(item, at);
    if (received.outcome.saved) this.guard.saved(item);
    else if (received.outcome.code === "busy" || received.outcome.code === "quota") this.guard.refused(item);
    return received;
  }

  #receive(item: Incoming, at: number): Received {
    const known = this.known.judge(item);
    if (known) return { outcome: known };
    const refusal = this.#refusal(item);
    if (refusal) return { outcome: refusal };
    switch (item.kind) {
      case "document":
        return this.#document(item, at);
      case "large":
        return this.large.finish(item, at);
      case "chat":
        return this.#chat(item, at);
    }
  }

  /** Returns the reason why an arrival cannot be saved now, if any. */
  #refusal(item: Incoming): NotSaved | undefined {
    if (this.guard.isBehind(item)) return busy("It waits for one before it.");
    if (item.kind !== "document") return undefined;
    const { folders, questions } = this.store;
    const waits = item.ask ? questions.refusal(item.sender, item.from?.known ?? true) : undefined;
    if (waits !== undefined) return busy(waits);
    const more = {
      bytes: costOf(item),
      files: item.stream === undefined ? 1 : 0,
      folders: folders.isNew(item.sender, item.senderName) ? 1 : 0,
    };
    const refusal = this.#quota.refusal(item.sender, item.from, more);
    if (refusal) return refusal;
    const trouble = this.inbox.trouble(folders.of(item.sender, item.senderName));
    return trouble === undefined ? undefined : busy(`The inbox cannot take it: ${trouble}.`);
  }

  #document(item: IncomingDocument, at: number): Received {
    const { folders, messages, names, questions, senders, streams } = this.store;
    const folder = folders.of(item.sender, item.senderName);
    const name = safeName(item.name);
    const line = item.stream === undefined ? undefined : streams.next(folder.row, item.stream, at);
    const free = line ? undefined : names.free(folder.row, name);
    const row = messages.addDocument(item, name, { folder: folder.row, free, line }, markOf(item.body), at);
    if (item.ask) questions.add(row, item.sender);
    if (item.re !== undefined) questions.addReply(row, item.re, item.code);
    // Only the first line of a stream's file adds a file.
    const files = line && line.offset > 0 ? 0 : 1;
    senders.add(item.sender, { bytes: costOf(item), held: heldCost(item.body.length), files });
    if (line) streams.extend(line.file, item.body.length + 1);
    const { file } = line ? line.file : free!;
    return {
      outcome: { saved: true, duplicate: false, name, path: this.inbox.path(folder.name, file) },
      journaled: { row, folder: folder.name, file, line },
    };
  }

  #chat(item: IncomingChat, at: number): Received {
    const { messages, senders } = this.store;
    const { size, mark } = lookOfText(item.text);
    messages.addChat(item, size, mark, at);
    if (item.from) senders.note(item.sender, item.from);
    senders.add(item.sender, { held: heldCost(size) });
    return { outcome: { saved: true, duplicate: false } };
  }
}

function costOf({ body, stream }: IncomingDocument): number {
  return stream === undefined ? fileCost(body.length) : lineCost(body.length);
}

function busy(why: string): NotSaved {
  return { saved: false, code: "busy", why };
}
