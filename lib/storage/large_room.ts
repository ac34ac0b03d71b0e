import { format } from "@std/fmt/bytes";
import { statfsSync } from "node:fs";
import type { Inbox, Warn } from "./inbox.ts";
import type { Partial } from "./partial_table.ts";
import { quotaRefusal } from "./quota.ts";
import type { Store } from "./store.ts";
import type { ReceiveOutcome } from "./types.ts";

/** What the database needs to go on when large documents have taken the rest of a disk, bytes. */
const SPARE_BYTES = 128 * 1024;

/** A large document that is coming now, and how much of it was written. */
export interface Coming {
  readonly sender: string;
  readonly id: string;
  readonly offset: number;
}

/** A document that wants room: how many bytes of it there are, known to be durable and written. */
export interface Wanting {
  readonly sender: string;
  readonly id: string;
  readonly size: number;
  readonly durable: number;
  readonly written: number;
}

/**
 * Room for large documents. If there is not enough for all that are coming, they come one after another: the one that began
 * first goes on, the others are told to come later, and what there is of them gives way if need be.
 */
export class LargeRoom {
  readonly #store;
  readonly #inbox;
  readonly #quota;
  readonly #warn;
  readonly #free;

  /** @param free bytes that are free on the disk of a path; undefined if that cannot be told */
  constructor(
    store: Store,
    inbox: Inbox,
    quota: number,
    warn: Warn,
    free: (path: string) => number | undefined = freeBytes,
  ) {
    this.#store = store;
    this.#inbox = inbox;
    this.#quota = quota;
    this.#warn = warn;
    this.#free = free;
  }

  /**
   * Why there is no room for a document.
   *
   * @param ahead large documents that are coming and began before it
   * @param folder path of the folder that it goes to; none if its bytes are on the disk already
   */
  refusal(item: Wanting, ahead: readonly Coming[], folder?: string): ReceiveOutcome | undefined {
    const coming = ahead.map((each) => ({
      ...each,
      partial: this.#store.partials.find(each.sender, each.id),
    }))
      .filter((each): each is typeof each & { partial: Partial } => each.partial !== undefined);
    const { usage, partials } = this.#store;
    const quotaRoom = () => this.#quota - usage.documents - partials.bytes;
    const quota = this.#judge(item, coming, quotaRoom, {
      need: item.size - item.durable,
      left: ({ partial }) => partial.size - partial.durable,
    });
    if (quota === "full") return quotaRefusal(this.#quota, usage, this.#warn);
    if (quota === "later") {
      const limit = format(this.#quota, { binary: true });
      const why =
        `Another large document comes first: the inbox has no room for both within its limit of ${limit}.`;
      return { saved: false, code: "quota", why };
    }
    const free = folder === undefined ? undefined : this.#free(folder);
    if (free === undefined) return undefined;
    let given = 0;
    const disk = this.#judge(item, coming, () => free - SPARE_BYTES + given, {
      need: item.size - item.written,
      left: ({ partial, offset }) => partial.size - offset,
      gaveWay: (bytes) => given += bytes,
    });
    if (disk === undefined) return undefined;
    const why = disk === "full"
      ? "It cannot be saved: the disk is full."
      : "Another large document comes first: the disk is full with both.";
    return { saved: false, code: "busy", why };
  }

  /** Writing a document failed, for the disk is full. Makes room for the one of these that goes on. */
  isFull(item: Pick<Wanting, "sender" | "id">, ahead: readonly Coming[]): void {
    const keys = new Set(ahead.map(keyOf));
    if (ahead.length > 0) {
      const own = this.#store.partials.find(item.sender, item.id);
      if (own) this.#inbox.discardPartial(own);
      return;
    }
    for (const partial of this.#store.partials.all()) {
      if (keyOf(partial) !== keyOf(item) && !keys.has(keyOf(partial))) this.#inbox.discardPartial(partial);
    }
  }

  /** Whether there is room, once what is not coming gave way where that helps. */
  #judge(
    item: Wanting,
    ahead: readonly (Coming & { readonly partial: Partial })[],
    room: () => number,
    { need, left, gaveWay = () => {} }: {
      readonly need: number;
      readonly left: (each: Coming & { readonly partial: Partial }) => number;
      readonly gaveWay?: (bytes: number) => void;
    },
  ): "full" | "later" | undefined {
    if (need <= 0 && room() >= 0) return undefined;
    const keys = new Set([item, ...ahead].map(keyOf));
    const idle = this.#store.partials.all().filter((partial) => !keys.has(keyOf(partial)));
    const mayGiveWay = idle.reduce((sum, { durable }) => sum + durable, 0);
    // What does not fit anyway keeps nobody waiting.
    const reserved = ahead.map(left).reduce(
      (sum, bytes) => sum + bytes <= room() + mayGiveWay ? sum + bytes : sum,
      0,
    );
    if (need + reserved > room() + mayGiveWay) return need > room() + mayGiveWay ? "full" : "later";
    for (const partial of idle) {
      if (need + reserved <= room()) return undefined;
      this.#inbox.discardPartial(partial);
      gaveWay(partial.durable);
    }
    return undefined;
  }
}

function keyOf({ sender, id }: { readonly sender: string; readonly id: string }): string {
  return `${sender} ${id}`;
}

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
