import { createHash } from "node:crypto";
import type { Inbox } from "./inbox.ts";
import type { Taken } from "./known_id_table.ts";
import type { Store } from "./store.ts";
import type { Incoming, ReceiveOutcome } from "./types.ts";

/** Bytes of a {@linkcode markOf}. */
const MARK_BYTES = 8;

const encoder = new TextEncoder();

/** What tells messages of one id and size apart: the first 8 bytes of the SHA-256 of the document, or of the text. */
export function markOf(content: Uint8Array): Uint8Array {
  return createHash("sha256").update(content).digest().subarray(0, MARK_BYTES);
}

/** The same by the hash in hex. */
export function markOfHash(sha256: string): Uint8Array {
  return Uint8Array.fromHex(sha256.slice(0, 2 * MARK_BYTES));
}

/** Which messages were taken before, by sender and id (PROTOCOL.md section 4.8). */
export class KnownMessages {
  constructor(private readonly store: Store, private readonly inbox: Inbox) {}

  /** What becomes of an arrival whose id is known; undefined if it is not. */
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
  const content = item.kind === "chat"
    ? encoder.encode(item.text)
    : item.kind === "document"
    ? item.body
    : undefined;
  if (taken.size !== (content?.length ?? (item as { size: number }).size)) return true;
  if (!taken.mark) return false;
  const mark = content ? markOf(content) : markOfHash((item as { sha256: string }).sha256);
  return mark.some((byte, i) => byte !== taken.mark![i]);
}
