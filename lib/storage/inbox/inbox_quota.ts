import { format } from "../../platform/std_bytes.ts";
import type { Inbox } from "./inbox.ts";
import type { PartialDocument } from "../tables/partials.ts";
import type { SenderUsage } from "../tables/senders.ts";
import type { Store } from "../tables/store.ts";
import type { NotSaved, Origin, WarnOwner } from "../types.ts";

/** Limits of what is kept in all. Unknown senders share half of it, and those of one address an eighth. */
export const MOST = { files: 1_000_000, folders: 16_384, partials: 1_024 };
/** Most files of one sender. */
const FILES_PER_SENDER = 250_000;
/** Shares of a limit are no smaller than this, bytes. */
const SHARE_MIN = 256 * 1024;

/** Returns the part of a limit that all unknown senders share, or those of one address. */
export function shareOfUnknown(limit: number, of: "all" | "address", least = SHARE_MIN): number {
  return Math.min(limit, Math.max(least, Math.floor(limit / (of === "all" ? 2 : 8))));
}

/** Whom a share is for, in the form shown to people. */
const WHOM = {
  all: "peers that are not known here",
  address: "peers of one address that are not known here",
};

/** A limit of bytes that some senders share: that of the whole inbox, or a part of it. */
export interface Limit {
  /** The limit and whom it is for, in the form shown to people. */
  readonly text: string;
  /** True for a share of unknown senders. */
  readonly isShare: boolean;
  /** Tells whether what a sender has counts. */
  has(sender: string): boolean;
  /** Returns the bytes that are left of it. */
  room(): number;
}

/** Divides the inbox among senders, so that unknown ones, however many, cannot fill it and keep others out. */
export class InboxQuota {
  readonly #whole: Limit;

  /** @param limit of the sum of documents in the inbox, bytes */
  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly limit: number,
    private readonly warn: WarnOwner,
  ) {
    const { usage, partials } = store;
    this.#whole = {
      text: format(limit, { binary: true }),
      isShare: false,
      has: () => true,
      room: () => limit - usage.documents - partials.bytes,
    };
  }

  /** Lists the limits for a sender: the whole inbox, and the shares of an unknown one. */
  limitsOf(sender: string): Limit[] {
    const { senders, partials } = this.store;
    if (senders.isKnown(sender)) return [this.#whole];
    const limits = [
      this.#whole,
      this.#share(
        "all",
        (other) => !senders.isKnown(other),
        () => senders.unknown.bytes + partials.bytesOfUnknown(),
      ),
    ];
    const address = senders.addressOf(sender);
    if (address === undefined) return limits;
    limits.push(this.#share(
      "address",
      (other) => !senders.isKnown(other) && senders.addressOf(other) === address,
      () => senders.from(address).bytes + partials.bytesOfUnknown(address),
    ));
    return limits;
  }

  #share(of: "all" | "address", has: Limit["has"], kept: () => number): Limit {
    const most = shareOfUnknown(this.limit, of);
    const text = `${format(most, { binary: true })} for ${WHOM[of]}`;
    return { text, isShare: true, has, room: () => most - kept() };
  }

  /** Refuses because a limit is reached. */
  refuse({ text, isShare }: Limit): NotSaved {
    const why = `The inbox holds its limit of ${text}`;
    if (isShare) return this.#refuse(`${why}.`);
    return this.#refuse(`${why}.`, `${why}: remove files from it, or raise the limit.`);
  }

  /** Returns the refusal of an arrival that adds this much; undefined if there is room. */
  refusal(sender: string, from: Origin | undefined, more: Omit<SenderUsage, "held">): NotSaved | undefined {
    const { senders } = this.store;
    if (from) senders.note(sender, from);
    if (senders.of(sender).files + more.files > FILES_PER_SENDER) {
      return this.#refuse(`You have ${FILES_PER_SENDER} files in the inbox, the most of one sender.`);
    }
    if (senders.all.files + more.files > MOST.files) {
      return this.#refuse(`The inbox holds its limit of ${MOST.files} files.`);
    }
    if (more.folders > 0 && senders.all.folders + more.folders > MOST.folders) {
      return this.#refuse(`The inbox holds its limit of ${MOST.folders} folders.`);
    }
    if (more.bytes > 0) {
      const full = this.limitsOf(sender).find((limit) => more.bytes > limit.room());
      if (full) return this.refuse(full);
    }
    if (!from || from.known) return undefined;
    const { address } = from;
    return this.#refusalOfShare("all", senders.unknown, more) ??
      (address === undefined ? undefined : this.#refusalOfShare("address", senders.from(address), more));
  }

  #refusalOfShare(
    of: "all" | "address",
    kept: Pick<SenderUsage, "files" | "folders">,
    more: Pick<SenderUsage, "files" | "folders">,
  ): NotSaved | undefined {
    for (const key of ["files", "folders"] as const) {
      const most = shareOfUnknown(MOST[key], of, 0);
      if (more[key] === 0 || kept[key] + more[key] <= most) continue;
      return this.#refuse(`The inbox holds its limit of ${most} ${key} for ${WHOM[of]}.`);
    }
  }

  /** Refuses: tells the owner, and makes the next pass look for files that the owner removed. */
  #refuse(
    why: string,
    warning = `${why} Remove files from it, raise the limit, or trust who sends.`,
  ): NotSaved {
    this.store.usage.isShort = true;
    this.warn("quota", warning);
    return { saved: false, code: "quota", why };
  }

  /**
   * Makes room for one more partial document: the sender or address with most of them loses its oldest, unknown senders
   * first.
   */
  makeRoomForPartial(sender: string, from: Origin | undefined): void {
    const { partials } = this.store;
    for (const surplus of partials.surplus(sender)) this.inbox.discardPartial(surplus);
    if (from && !from.known) {
      const { address } = from;
      if (address !== undefined) {
        this.#discardOver(partials.ofUnknown(address), shareOfUnknown(MOST.partials, "address", 0));
      }
      const unknown = partials.ofUnknown();
      if (unknown.length >= shareOfUnknown(MOST.partials, "all", 0)) this.#discardOver(mostOf(unknown), 1);
    }
    const all = partials.all();
    if (all.length < MOST.partials) return;
    const unknown = partials.ofUnknown();
    this.#discardOver(mostOf(unknown.length > 0 ? unknown : all), 1);
  }

  /** Discards the oldest, so that there is room for one more within `most`. */
  #discardOver(oldestFirst: readonly PartialDocument[], most: number): void {
    for (const partial of oldestFirst.slice(0, Math.max(0, Math.min(oldestFirst.length - most + 1, 64)))) {
      this.inbox.discardPartial(partial);
      if (most === 1) return;
    }
  }
}

/** Returns the partial documents of the address (if unknown, the sender) that has most of them. */
function mostOf(
  partials: readonly (PartialDocument & { readonly address?: string | null })[],
): PartialDocument[] {
  const groups = Map.groupBy(partials, ({ address, sender }) => address ?? sender);
  return [...groups.values()].reduce((most, group) => group.length > most.length ? group : most, []);
}
