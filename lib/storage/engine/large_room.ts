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

/** A document that is being received, with its record. */
type ComingPartial = Coming & { readonly partial: PartialDocument };

/** Share of a limit, or of the disk, that a document needs; bytes. */
interface Claim extends Pick<Limit, "has" | "room"> {
  readonly need: number;
  /** Returns what a document that is ahead still needs. */
  left(each: ComingPartial): number;
  /** Returns what an idle document takes. */
  takes(partial: PartialDocument): number;
  /** Called when one gave way that took so much. */
  gaveWay?(bytes: number): void;
  /** Refuses because there would not even be room without any other. */
  full(): NotSaved;
  /** The refusal because others come first, or of one that gave way. */
  readonly later: NotSaved;
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
    const claims = this.quota.limitsOf(item.sender).map((limit): Claim => ({
      ...limit,
      need: fileCost(item.size) - item.durable,
      left: ({ partial }) => fileCost(partial.size) - partial.durable,
      takes: ({ durable }) => durable,
      full: () => this.quota.refuse(limit),
      later: quotaForOne(limit),
    }));
    const onDisk = folder === undefined ? undefined : this.#claimOnDisk(item, folder);
    if (onDisk) claims.push(onDisk);
    // Nothing gives way to a document that is refused.
    for (const claim of claims) {
      const verdict = this.#verdict(item, coming, claim);
      if (verdict) return verdict === "full" ? claim.full() : claim.later;
    }
    for (const claim of claims) this.#makeRoom(item, coming, claim);
    return undefined;
  }

  /** Returns the claim on the disk of a folder; undefined if its free room is not known. */
  #claimOnDisk(item: Wanting, folder: string): Claim | undefined {
    const free = this.free(folder);
    if (free === undefined) return undefined;
    // A file system may tell only later of what was given back to it.
    let given = 0;
    return {
      need: item.size - item.written,
      left: ({ partial, offset }) => partial.size - offset,
      takes: (partial) => this.inbox.partialSize(partial),
      has: () => true,
      room: () => free - SPARE_BYTES + given,
      gaveWay: (bytes) => given += bytes,
      full: () => DISK_FULL,
      later: DISK_FOR_ONE,
    };
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

  /** Tells whether there is room, or would be if idle partial documents gave way. */
  #verdict(item: Wanting, coming: readonly ComingPartial[], claim: Claim): "full" | "later" | undefined {
    const { need, left, room, has } = claim;
    const lefts = coming.filter(({ sender }) => has(sender)).map(left);
    if (Math.max(0, need) + lefts.reduce((sum, bytes) => sum + bytes, 0) <= room()) return undefined;
    const most = room() + this.#givingWay(item, coming, claim).reduce((sum, { bytes }) => sum + bytes, 0);
    if (need + reservedOf(lefts, most) <= most) return undefined;
    return need > most ? "full" : "later";
  }

  /** Discards idle partial documents until there is room. */
  #makeRoom(item: Wanting, coming: readonly ComingPartial[], claim: Claim): void {
    const { need, left, room, has, gaveWay, later } = claim;
    const lefts = coming.filter(({ sender }) => has(sender)).map(left);
    if (Math.max(0, need) + lefts.reduce((sum, bytes) => sum + bytes, 0) <= room()) return;
    const idle = this.#givingWay(item, coming, claim);
    const reserved = reservedOf(lefts, room() + idle.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { partial, bytes } of idle) {
      if (need + reserved <= room()) return;
      this.inbox.discardPartial(partial);
      gaveWay?.(bytes);
      this.#note(partial.file, later);
    }
  }

  /** Lists the idle partial documents that count for a claim, with what they take, bytes. */
  #givingWay(item: Wanting, coming: readonly ComingPartial[], { has, takes }: Claim) {
    return this.#idle(item, new Set(coming.map(keyOf))).filter(({ sender }) => has(sender))
      .map((partial) => ({ partial, bytes: takes(partial) })).filter(({ bytes }) => bytes > 0);
  }
}

/** Returns the sum of what documents need that are ahead: one that cannot fit anyway reserves nothing. */
function reservedOf(lefts: readonly number[], most: number): number {
  return lefts.reduce((sum, bytes) => sum + bytes <= most ? sum + bytes : sum, 0);
}

function quotaForOne({ text }: Limit): NotSaved {
  const why =
    `Another large document comes first: the inbox has no room for both within its limit of ${text}.`;
  return { saved: false, code: "quota", why };
}

function keyOf({ sender, id }: { readonly sender: string; readonly id: string }): string {
  return `${sender} ${id}`;
}
