import { fileCost } from "../tables/usage.ts";
import type { Inbox } from "../inbox/inbox.ts";
import { safeName } from "../files/safe_name.ts";
import { type KnownMessages, markOfHash } from "./known_messages.ts";
import { type Coming, LargeRoom, type Written } from "./large_room.ts";
import type { InboxQuota } from "../inbox/inbox_quota.ts";
import type { Line } from "../tables/streams.ts";
import type { Store } from "../tables/store.ts";
import type { IncomingLarge, NotSaved, ReceiveOutcome } from "../types.ts";

/** A document in the journal, and the file to be made for it. */
export interface Journaled {
  readonly row: number;
  /** Name of the folder. */
  readonly folder: string;
  readonly file: string;
  /** Its line, if it belongs to a stream. */
  readonly line?: Line;
  /** Name of the partial file that already contains it, in the same folder. */
  readonly partial?: string;
}

/** Outcome of an arrival, and the file still to be made for it. */
export interface Received {
  readonly outcome: ReceiveOutcome;
  readonly journaled?: Journaled;
}

/** Start of a large document: the file for its bytes, or its outcome if that is already known. */
export type Begun =
  | { readonly outcome: ReceiveOutcome }
  | {
    /** Path of the folder, and the name of the file in it. */
    readonly folder: string;
    readonly file: string;
    /** Number of its first bytes that are on disk. */
    readonly durable: number;
  };

/** Records large documents in the database, within a transaction. */
export class LargeReceiver {
  /** Decides about room. */
  readonly room;

  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly known: KnownMessages,
    private readonly quota: InboxQuota,
  ) {
    this.room = new LargeRoom(store, inbox, quota);
  }

  /**
   * Resumes a document whose partial file exists, or makes room for a new one. A document that was received before is
   * done.
   *
   * @param ahead large documents that are already being received
   */
  begin(item: IncomingLarge, ahead: readonly Coming[] = []): Begun {
    const { folders, partials } = this.store;
    const { sender, id, size, sha256 } = item;
    const known = this.known.judge(item);
    if (known) return { outcome: known };
    const before = partials.find(sender, id);
    const isSame = before?.size === size && before.sha256 === sha256;
    if (before && !isSame) this.inbox.discardPartial(before);
    const there = isSame ? before : undefined;
    // Whether there is room for its bytes depends on what gives way to it: see below.
    const more = { bytes: 0, files: 1, folders: !there && folders.isNew(sender, item.senderName) ? 1 : 0 };
    const full = this.quota.refusal(sender, item.from, more);
    if (full) return { outcome: full };
    const folder = there
      ? { row: there.folder, name: folders.name(there.folder) }
      : folders.of(sender, item.senderName);
    const trouble = this.inbox.trouble(folder);
    if (trouble !== undefined) {
      return { outcome: { saved: false, code: "busy", why: `The inbox cannot take it: ${trouble}.` } };
    }
    const durable = there?.durable ?? 0;
    const wanting = { sender, id, size, durable, written: durable };
    const refusal = this.room.refusal(wanting, ahead, this.inbox.path(folder.name));
    if (refusal) return { outcome: refusal };
    if (there) {
      partials.touch(sender, id, there.durable);
      return { ...there, folder: this.inbox.path(folder.name) };
    }
    this.quota.makeRoomForPartial(sender, item.from);
    const file = this.inbox.partialName();
    partials.add({ sender, id, size, sha256, folder: folder.row, file });
    return { folder: this.inbox.path(folder.name), file, durable: 0 };
  }

  /**
   * Notes that this many bytes of a document are on disk. Returns `gone` if there is no record of it any more, or a
   * refusal if there is no room for the rest.
   */
  touch(
    { sender, id, file, durable, written }: Written,
    ahead: readonly Coming[],
  ): "gone" | NotSaved | undefined {
    const { folders, partials } = this.store;
    const partial = partials.find(sender, id);
    if (partial?.file !== file) return this.room.whyGone(file) ?? "gone";
    partials.touch(sender, id, durable);
    const { size, folder } = partial;
    return this.room.refusal(
      { sender, id, size, durable, written },
      ahead,
      this.inbox.path(folders.name(folder)),
    );
  }

  /** Gives a complete document, whose bytes are on disk, its name. */
  finish(item: IncomingLarge, at: number): Received {
    const { folders, messages, names, partials, senders } = this.store;
    const partial = partials.find(item.sender, item.id);
    // The id may have been reused with other content, or this document may have lost its file to make room.
    if (partial?.file !== item.file || partial?.sha256 !== item.sha256) {
      const why = "It has to be sent again.";
      return { outcome: this.room.whyGone(item.file!) ?? { saved: false, code: "busy", why } };
    }
    const { sender, id, size } = item;
    const refusal = this.room.refusal({ sender, id, size, durable: partial.durable, written: size }, []);
    if (refusal) return { outcome: refusal };
    const name = safeName(item.name);
    const free = names.free(partial.folder, name);
    const mark = markOfHash(item.sha256);
    const row = messages.addDocument(item, name, { folder: partial.folder, free }, mark, at);
    messages.setPartial(row, item.sha256, partial.file);
    partials.remove(item.sender, item.id);
    senders.add(item.sender, { bytes: fileCost(item.size), files: 1 });
    const folder = folders.name(partial.folder);
    return {
      outcome: { saved: true, duplicate: false, name, path: this.inbox.path(folder, free.file) },
      journaled: { row, folder, file: free.file, partial: partial.file },
    };
  }
}
