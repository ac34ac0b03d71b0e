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

/** Divides the inbox among senders, so that unknown ones, however many, cannot fill it and keep others out. */
export class InboxQuota {
  /** @param limit of the sum of documents in the inbox, bytes */
  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    readonly limit: number,
    private readonly warn: WarnOwner,
  ) {}

  /** Bytes left of the limit. */
  get room(): number {
    const { usage, partials } = this.store;
    return this.limit - usage.documents - partials.bytes;
  }

  /** The limit in the form shown to people. */
  get limitText(): string {
    return format(this.limit, { binary: true });
  }

  /** Refuses for lack of room: tells the owner, and makes the next pass look for files that the owner removed. */
  refuse(): NotSaved {
    const why = `The inbox holds its limit of ${this.limitText}`;
    return this.#refuse(`${why}.`, `${why}: remove files from it, or raise the limit.`);
  }

  /**
   * Returns the refusal of a sender who has used up its share; undefined if there is room.
   *
   * @param more what the arrival adds
   * @param own bytes of it that are already counted
   */
  refusal(
    sender: string,
    from: Origin | undefined,
    more: Omit<SenderUsage, "held">,
    own = 0,
  ): NotSaved | undefined {
    const { senders, partials } = this.store;
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
    if (!from || from.known) return undefined;
    const ofAll = { ...senders.unknown, bytes: senders.unknown.bytes + partials.bytesOfUnknown() - own };
    const { address } = from;
    const ofAddress = address === undefined ? undefined : {
      ...senders.from(address),
      bytes: senders.from(address).bytes + partials.bytesOfUnknown(address) - own,
    };
    return this.#judge("all", ofAll, more) ?? (ofAddress && this.#judge("address", ofAddress, more));
  }

  #judge(
    of: "all" | "address",
    kept: Omit<SenderUsage, "held">,
    more: Omit<SenderUsage, "held">,
  ): NotSaved | undefined {
    const who = of === "all"
      ? "peers that are not known here"
      : "peers of one address that are not known here";
    const limits = { bytes: this.limit, files: MOST.files, folders: MOST.folders };
    for (const key of ["bytes", "files", "folders"] as const) {
      const most = shareOfUnknown(limits[key], of, key === "bytes" ? SHARE_MIN : 0);
      if (more[key] === 0 || kept[key] + more[key] <= most) continue;
      const limit = key === "bytes" ? format(most, { binary: true }) : `${most} ${key}`;
      return this.#refuse(`The inbox holds its limit of ${limit} for ${who}.`);
    }
  }

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
