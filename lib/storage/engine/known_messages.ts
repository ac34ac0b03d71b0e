import { sha256 } from "../../platform/sha256.ts";
import type { Inbox } from "../inbox/inbox.ts";
import type { Taken } from "../tables/known_ids.ts";
import type { Store } from "../tables/store.ts";
import type { Incoming, ReceiveOutcome } from "../types.ts";

/** Length of a {@linkcode markOf}, bytes. */
const MARK_BYTES = 8;

const encoder = new TextEncoder();

/** Returns a document's mark, the first 8 bytes of its SHA-256: it tells messages of one id and size apart. */
export function markOf(document: Uint8Array): Uint8Array {
  return sha256().update(document).digest().subarray(0, MARK_BYTES);
}

/** Returns the mark of a chat's text, which differs from that of a document with the same bytes. */
export function markOfText(text: Uint8Array): Uint8Array {
  return sha256().update("chat ").update(text).digest().subarray(0, MARK_BYTES);
}

/** Returns the mark of a document from its hash in hex. */
export function markOfHash(hash: string): Uint8Array {
  return Uint8Array.fromHex(hash.slice(0, 2 * MARK_BYTES));
}

/** Messages that were received before, by sender and id (PROTOCOL.md 3.11). */
export class KnownMessages {
  constructor(private readonly store: Store, private readonly inbox: Inbox) {}

  /** Decides on an arrival whose id is known; undefined if the id is new. */
  judge(item: Incoming): ReceiveOutcome | undefined {
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
  const text = encoder.encode(item.text);
  return { size: text.length, mark: markOfText(text) };
}
