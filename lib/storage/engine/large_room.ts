import { freeBytes } from "../../platform/free_room.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { PartialDocument } from "../tables/partials.ts";
import type { InboxQuota, Limit } from "../inbox/inbox_quota.ts";
import type { Store } from "../tables/store.ts";
import { fileCost } from "../tables/usage.ts";
import type { NotSaved } from "../types.ts";

/** Room left for the database when large documents fill a disk, bytes. */
const SPARE_BYTES = 128 * 1024;
/** Most discarded files that are remembered. */
const GONE_MAX = 1_000;

const DISK_FULL: NotSaved = {
  saved: false,
  code: "busy",
  why: "It cannot be saved: the disk is full.",
};
const DISK_FOR_ONE: NotSaved = {
  saved: false,
  code: "busy",
  why: "Another large document comes first: the disk is full with both.",
};

/** A large document that is being received, and how much of it was written. */
export interface Coming {
  readonly sender: string;
  readonly id: string;
  readonly offset: number;
}

/** A document that needs room; how many of its bytes are durable, and how many are written. */
export interface Wanting {
  readonly sender: string;
  readonly id: string;
  readonly size: number;
  readonly durable: number;
  readonly written: number;
}

/** A document with new bytes in this file. */
export type Written = Omit<Wanting, "size"> & { readonly file: string };

/**
 * Room for large documents. If there is not enough for all that are being received, they take turns: the one that
 * started first continues, the others are told to come later. Their partial files are discarded if their room is
 * needed.
 */
export class LargeRoom {
  /** Refusals for documents whose file was discarded, by the file's name. */
  readonly #gone = new Map<string, NotSaved>();

  /** @param free returns the free bytes on the disk of a path; undefined if unknown */
  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly quota: InboxQuota,
    private readonly free: (path: string) => number | undefined = freeBytes,
  ) {}

  /**
   * Returns the refusal of a document for lack of room, if so.
   *
   * @param ahead large documents that are being received and started before it
   * @param folder path of its folder; omitted if its bytes are already on disk
   */
  refusal(item: Wanting, ahead: readonly Coming[], folder?: string): NotSaved | undefined {
    const coming = ahead.map((each) => ({
      ...each,
      partial: this.store.partials.find(each.sender, each.id),
    }))
      .filter((each): each is typeof each & { partial: PartialDocument } => each.partial !== undefined);
    for (const limit of this.quota.limitsOf(item.sender)) {
      const quota = this.#judge(item, coming, limit, {
        need: fileCost(item.size) - item.durable,
        left: ({ partial }) => fileCost(partial.size) - partial.durable,
        takes: ({ durable }) => durable,
        gaveWay: ({ file }) => this.#note(file, quotaForOne(limit)),
      });
      if (quota === "full") return this.quota.refuse(limit);
      if (quota === "later") return quotaForOne(limit);
    }
    const free = folder === undefined ? undefined : this.free(folder);
    if (free === undefined) return undefined;
    let given = 0;
    const onDisk = { has: () => true, room: () => free - SPARE_BYTES + given };
    const disk = this.#judge(item, coming, onDisk, {
      need: item.size - item.written,
      left: ({ partial, offset }) => partial.size - offset,
      takes: (partial) => this.inbox.partialSize(partial),
      gaveWay: ({ file }, bytes) => {
        given += bytes;
        this.#note(file, DISK_FOR_ONE);
      },
    });
    return disk && (disk === "full" ? DISK_FULL : DISK_FOR_ONE);
  }

  /** Returns the refusal of a document whose file was discarded, if so. */
  whyGone(file: string): NotSaved | undefined {
    return this.#gone.get(file);
  }

  #note(file: string, outcome: NotSaved): void {
    this.#gone.set(file, outcome);
    if (this.#gone.size > GONE_MAX) this.#gone.delete(this.#gone.keys().next().value!);
  }

  /**
   * Makes room after a write failed because the disk is full: discards this document if others are ahead, else idle
   * ones.
   */
  isFull(item: Pick<Wanting, "sender" | "id">, ahead: readonly Coming[]): void {
    const keys = new Set(ahead.map(keyOf));
    if (ahead.length > 0) {
      const own = this.store.partials.find(item.sender, item.id);
      if (own) this.inbox.discardPartial(own);
      if (own) this.#note(own.file, DISK_FOR_ONE);
      return;
    }
    for (const partial of this.#idle(item, keys)) {
      this.inbox.discardPartial(partial);
      this.#note(partial.file, DISK_FOR_ONE);
    }
  }

  /**
   * Lists idle partial documents that may be discarded for this sender, strangers' first; for a stranger, only
   * strangers'.
   */
  #idle(item: Pick<Wanting, "sender" | "id">, coming: ReadonlySet<string>): PartialDocument[] {
    const { partials, senders } = this.store;
    const others = partials.all().filter((each) => keyOf(each) !== keyOf(item) && !coming.has(keyOf(each)));
    const [known = [], strangers = []] = [true, false].map((isKnown) =>
      others.filter(({ sender }) => senders.isKnown(sender) === isKnown)
    );
    return senders.isKnown(item.sender) ? [...strangers, ...known] : strangers;
  }

  /**
   * Tells whether there is room within a limit, discarding idle partial documents if that helps.
   *
   * @param coming large documents that are being received and started before it
   */
  #judge(
    item: Wanting,
    coming: readonly (Coming & { readonly partial: PartialDocument })[],
    { has, room }: Pick<Limit, "has" | "room">,
    { need, left, takes, gaveWay }: {
      readonly need: number;
      readonly left: (each: Coming & { readonly partial: PartialDocument }) => number;
      readonly takes: (partial: PartialDocument) => number;
      readonly gaveWay: (partial: PartialDocument, bytes: number) => void;
    },
  ): "full" | "later" | undefined {
    const ahead = coming.filter(({ sender }) => has(sender));
    const lefts = ahead.map(left);
    if (Math.max(0, need) + lefts.reduce((sum, bytes) => sum + bytes, 0) <= room()) return undefined;
    const idle = this.#idle(item, new Set(ahead.map(keyOf))).filter(({ sender }) => has(sender))
      .map((partial) => ({ partial, bytes: takes(partial) })).filter(({ bytes }) => bytes > 0);
    const mayGiveWay = idle.reduce((sum, { bytes }) => sum + bytes, 0);
    // A document that cannot fit anyway reserves nothing.
    const reserved = lefts.reduce(
      (sum, bytes) => sum + bytes <= room() + mayGiveWay ? sum + bytes : sum,
      0,
    );
    if (need + reserved > room() + mayGiveWay) return need > room() + mayGiveWay ? "full" : "later";
    for (const { partial, bytes } of idle) {
      if (need + reserved <= room()) return undefined;
      this.inbox.discardPartial(partial);
      gaveWay(partial, bytes);
    }
    return undefined;
  }
}

function quotaForOne({ text }: Limit): NotSaved {
  const why =
    `Another large document comes first: the inbox has no room for both within its limit of ${text}.`;
  return { saved: false, code: "quota", why };
}

function keyOf({ sender, id }: { readonly sender: string; readonly id: string }): string {
  return `${sender} ${id}`;
}
