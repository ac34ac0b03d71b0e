import type { Inbox } from "./inbox.ts";
import { InboxDisk } from "./inbox_disk.ts";
import type { Held } from "../tables/retention.ts";
import { shareOfUnknown } from "./inbox_quota.ts";
import type { Store } from "../tables/store.ts";
import type { WarnOwner } from "../types.ts";
import { exists } from "../files/file_access.ts";

/** Most documents that a run looks at. */
const LOOKS = 5000;
/** How often to look for old documents whose file the owner removed, milliseconds of lived time. */
const LOOK_EVERY_MS = 86_400_000;
/** How long a run may prune, and the last one before closing, milliseconds; the rest is left to the next run. */
const RUN_MS = 100;
const LAST_RUN_MS = 10;
/** Messages within this time of each other may be pruned in any order, milliseconds. */
const GRAIN_MS = 60_000;
/** Unused pages of 8 KiB that are kept for new data, and most that one run gives back. */
const SPARE_PAGES = 8192;
const SHRINK_PAGES = 1024;
/** By how much the history may exceed its size while a cursor waits for its messages. */
const WAITING_FACTOR = 2;

/**
 * Limits of the history. A cursor in use keeps what its program has not seen longer, until the history is twice its size.
 * They do not apply to ids, nor to documents that are not known to be on disk as files. */
export interface Retention {
  /** How long messages and documents' bodies are kept, milliseconds of lived time: see `Storage.lived`. */
  readonly ms: number;
  /** Most bytes of bodies and chats in the database; the oldest are removed first. */
  readonly bytes: number;
}

/** Prunes the history and the ids of pruned messages to their limits. */
export class Housekeeping {
  #lookedUpto = 0;
  #oldLookedUpto = 0;
  #unknownUpto = 0;
  /** When the next round of looks at old documents starts, milliseconds of lived time. */
  #nextRound = 0;
  readonly #disk;
  /** True once the owner was told that the disk is gone. */
  #isDiskMissed = false;

  constructor(
    private readonly store: Store,
    private readonly inbox: Inbox,
    private readonly keep: Retention,
    private readonly warn: WarnOwner,
  ) {
    this.#disk = new InboxDisk(inbox.root);
  }

  /** Does a limited amount of each task. Returns true if some of it is left to the next run. */
  run(): boolean {
    const isDiskThere = this.#disk.isThere;
    if (!isDiskThere && !this.#isDiskMissed) {
      this.warn(
        "inbox-disk",
        `The disk of the inbox ${this.inbox.root} is not mounted any more: ` +
          "until it is, what arrives goes into the folder below.",
      );
    }
    this.#isDiskMissed = !isDiskThere;
    if (this.store.usage.isShort && isDiskThere) this.#giveBack();
    const isPruned = this.#pruneFor(RUN_MS);
    if (isDiskThere) this.#forgetGone();
    const isIdLeft = this.store.transaction(() => this.store.knownIds.prune(this.store.lived.now.ms));
    const { retention } = this.store;
    const spare = retention.freePages - SPARE_PAGES;
    if (spare > 0) retention.shrink(Math.min(spare, SHRINK_PAGES));
    return this.store.usage.isShort || !isPruned || isIdLeft || this.#oldLookedUpto > 0 ||
      spare > SHRINK_PAGES;
  }

  /** Does the tasks for which a store that is always closed soon after its start would have no other time. */
  runLast(): void {
    this.#pruneFor(LAST_RUN_MS);
  }

  /** Returns true if nothing is left to prune. */
  #pruneFor(ms: number): boolean {
    const until = performance.now() + ms;
    while (this.#pruneUnknown() || this.#prune()) if (performance.now() >= until) return false;
    return true;
  }

  /** Stops counting files that the owner removed. Their bodies stay in the history as long as others. */
  #giveBack(): void {
    const { messages, senders, usage } = this.store;
    const places = messages.keptDocuments(this.#lookedUpto, LOOKS);
    usage.isShort = places.length === LOOKS;
    this.#lookedUpto = usage.isShort ? places.at(-1)!.row : 0;
    const isGone = this.#looker();
    const gone = places.filter(({ folderName, file }) => isGone(this.inbox.path(folderName, file)));
    if (gone.length === 0) return;
    this.store.transaction(() => {
      for (const { row } of gone) {
        const { sender, cost, files } = messages.drop(row);
        senders.add(sender, { bytes: -cost, files: -files });
      }
    });
  }

  /** Prunes messages that are too old, or the oldest if there are too many. Returns false if nothing is left to do. */
  #prune(): boolean {
    const { knownIds, lived, retention, senders, usage } = this.store;
    const now = lived.now.ms;
    const tooOld = now - this.keep.ms;
    const tooMuch = usage.held - this.keep.bytes;
    let bytes = 0;
    const awaited = this.store.cursors.firstAwaited(now);
    const isAwaited = ({ row }: Held) =>
      row >= awaited && usage.held - bytes <= WAITING_FACTOR * this.keep.bytes;
    const received = retention.received();
    if (received.length > 0 && isAwaited(received[0]!)) received.length = 0;
    const sent = retention.sent();
    const isReceived = oldest(received) <= oldest(sent);
    const [older, newer] = isReceived ? [received, sent] : [sent, received];
    const going = takeWhile(older, (each) => {
      if (isReceived && isAwaited(each)) return false;
      const isDue = each.at < tooOld || bytes < tooMuch;
      if (!isDue || each.at > oldest(newer) + GRAIN_MS) return false;
      bytes += each.bytes;
      return true;
    });
    if (going.length === 0) return false;
    const [first, last] = [going[0]!.row, going.at(-1)!.row];
    this.store.transaction(() => {
      if (isReceived) {
        knownIds.remember(first, last, now, false);
        retention.pruneReceived(first, last);
        for (const each of going) senders.add(each.sender!, { held: -each.bytes });
      } else {
        retention.pruneSent(first, last);
        usage.sent -= bytes;
      }
    });
    return true;
  }

  /** Prunes the oldest messages of unknown senders if they exceed their share of the history. */
  #pruneUnknown(): boolean {
    const { senders } = this.store;
    const most = shareOfUnknown(this.keep.bytes, "address");
    const address = [...senders.addresses()].find(([, { held }]) => held > most);
    const share = address ? most : shareOfUnknown(this.keep.bytes, "all");
    const total = address ? address[1].held : senders.unknown.held;
    const over = total - share;
    if (over <= 0) return false;
    const { held, next } = this.store.retention.ofUnknown(this.#unknownUpto, address?.[0]);
    this.#unknownUpto = next ?? 0;
    if (held.length === 0) return next !== undefined;
    const awaited = this.store.cursors.firstAwaited(this.store.lived.now.ms);
    let bytes = 0;
    const going = takeWhile(held, (each) => {
      if (bytes >= over || (each.row >= awaited && total - bytes <= WAITING_FACTOR * share)) return false;
      bytes += each.bytes;
      return true;
    });
    if (going.length === 0) return next !== undefined;
    this.store.transaction(() => {
      for (const { row, sender, bytes } of going) {
        this.store.knownIds.remember(row, row, this.store.lived.now.ms, false);
        this.store.retention.pruneReceived(row, row, false);
        senders.add(sender!, { held: -bytes });
      }
    });
    return true;
  }

  /**
   * Forgets old documents whose file the owner removed. A round over all of them takes several runs, and starts once a
   * day.
   */
  #forgetGone(): void {
    const { knownIds, lived, questions, retention, senders } = this.store;
    const now = lived.now.ms;
    // Without the folder, its owner may have moved it away, and move it back.
    if (now < this.#nextRound || !exists(this.inbox.root)) return;
    const { documents, upto } = retention.bare(
      this.#oldLookedUpto,
      lived.firstMessage(now - this.keep.ms),
    );
    this.#oldLookedUpto = upto ?? 0;
    if (upto === undefined) {
      this.#nextRound = now + LOOK_EVERY_MS;
      retention.reset();
      this.store.transaction(() => {
        lived.forgetBefore(now - this.keep.ms);
        senders.forgetGone();
      });
    }
    const isGone = this.#looker();
    const gone = documents.filter(({ kept, folderName, file }) =>
      !kept || isGone(this.inbox.path(folderName, file))
    );
    if (gone.length === 0) return;
    this.store.transaction(() => {
      for (const { row, kept, sender, cost, files } of gone) {
        knownIds.remember(row, row, now, true);
        retention.forget(row);
        questions.forget(row);
        if (!kept) continue;
        senders.add(sender, { bytes: -cost, files: -files });
      }
    });
  }

  /** Returns a function that tells whether a file is gone, and looks at each only once. False if it cannot be told. */
  #looker(): (path: string) => boolean {
    const gone = new Map<string, boolean>();
    return (path) => {
      if (!gone.has(path)) gone.set(path, isGone(path));
      return gone.get(path)!;
    };
  }
}

function isGone(path: string): boolean {
  try {
    return !exists(path);
  } catch {
    return false;
  }
}

function oldest(held: readonly Held[]): number {
  return held[0]?.at ?? Infinity;
}

function takeWhile<T>(items: readonly T[], fits: (item: T) => boolean): T[] {
  const end = items.findIndex((item) => !fits(item));
  return items.slice(0, end < 0 ? undefined : end);
}
