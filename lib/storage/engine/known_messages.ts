import { sha256 } from "../../platform/node_crypto.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Taken } from "../tables/known_ids.ts";
import type { Store } from "../tables/store.ts";
import type { Incoming, ReceiveOutcome } from "../types.ts";

/** Length of a {@linkcode markOf}, bytes. */
const MARK_BYTES = 8;

/** Prefix of a chat's text when its mark is computed. */
const CHAT = "chat ";

const encoder = new TextEncoder();

/** Returns a document's mark, the first 8 bytes of its SHA-256: it tells messages of one id and size apart. */
export function markOf(document: Uint8Array): Uint8Array {
  // Several times faster than bytes, which would be a Buffer.
  return markOfHash(sha256().update(document).digest("hex"));
}

/** Returns the size of a chat's text, bytes, and its mark, which differs from that of a document with the same bytes. */
export function lookOfText(text: string): { readonly size: number; readonly mark: Uint8Array } {
  const marked = encoder.encode(CHAT + text);
  return { size: marked.length - CHAT.length, mark: markOf(marked) };
}

/** Returns the mark of a document from its hash in hex. */
export function markOfHash(hash: string): Uint8Array {
  return Uint8Array.fromHex(hash.slice(0, 2 * MARK_BYTES));
}

/** Messages that were received before, by sender and id (PROTOCOL.md 3.11). */
export class KnownMessages {
  /** Sender → ids of expected arrivals that are new. */
  readonly #fresh = new Map<string, Set<string>>();

  constructor(private readonly store: Store, private readonly inbox: Inbox) {}

  /** Looks up the ids of all arrivals of a transaction at once. Call it again, without any, after the transaction. */
  expect(items: readonly Incoming[]): void {
    this.#fresh.clear();
    for (const [sender, some] of Map.groupBy(items, (item) => item.sender)) {
      const ids = new Set(some.map(({ id }) => id));
      for (const id of this.store.knownIds.among(sender, [...ids])) ids.delete(id);
      this.#fresh.set(sender, ids);
    }
  }

  /** Decides on an arrival whose id is known; undefined if the id is new. */
  judge(item: Incoming): ReceiveOutcome | undefined {
    // A second arrival with the id is looked up.
    if (this.#fresh.get(item.sender)?.delete(item.id)) return undefined;
    const { messages, knownIds } = this.store;
    const place = messages.find(item.sender, item.id);
    const taken = place ?? knownIds.find(item.sender, item.id);
    if (!taken) return undefined;
    if (isAnother(item, taken)) {
      return { saved: false, code: "refused", why: "another message came with this id already" };
    }
    if (!place || item.kind === "chat") return { saved: true, duplicate: true };
    const path = this.inbox.path(place.folderName, place.file);
    return { saved: true, duplicate: true, name: place.name, path };
  }
}

function isAnother(item: Incoming, taken: Taken): boolean {
  const { size, mark } = lookOf(item);
  return taken.size !== size || (taken.mark?.some((byte, i) => byte !== mark[i]) ?? false);
}

function lookOf(item: Incoming): { size: number; mark: Uint8Array } {
  if (item.kind === "large") return { size: item.size, mark: markOfHash(item.sha256) };
  if (item.kind === "document") return { size: item.body.length, mark: markOf(item.body) };
  return lookOfText(item.text);
}
