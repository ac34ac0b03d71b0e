import type { PeerEvent, PeerRef } from "../../peer/types.ts";
import { looksOf } from "./look_alike.ts";
import { type NameText, plainName } from "./text.ts";

/** Most looks of names that are remembered; the most recently seen stay. */
const LOOKS_MAX = 16_384;

/** Lengths of an id that are tried until it is distinct: somebody may have searched keys for the same beginning. */
const ID_LENGTHS = [6, 12, 24];

/** Most ids that are remembered for one look. */
const IDS_MAX = 64;

/** Names that imitate a name with its suffix on the screen: an id, a recipient, a text, a stream (any dot between). */
const POSING =
  /[:\uff1a\ufe55\u2236]|[)\uff09\ufe5a]$|\bto you$|[\u00b7\u0387\u1427\u16eb\u2022\u2024\u2027\u2219\u22c5\u2e31\u2e33\u30fb\u318d\ua78f\uff65]/i;

/**
 * The names on the user's screen. A name that is or looks like another peer's is shown with the beginning of the id.
 */
export class ScreenNames {
  /** Ids by the look of their names, least recently seen first. */
  readonly #ids = new Map<string, Set<string>>();
  /** The name that was seen last, with its looks: thousands of events may be about one peer. */
  #last: PeerRef & { readonly looks: readonly string[] } = { id: "", name: "", looks: [] };

  constructor(peers: Iterable<PeerRef> = []) {
    for (const peer of peers) this.see(peer);
  }

  /** Notes a name that is or may come on the screen. */
  see({ id, name }: PeerRef): void {
    if (id === this.#last.id && name === this.#last.name) return;
    const looks = looksOf(name);
    this.#last = { id, name, looks };
    for (const look of looks) {
      const ids = this.#ids.get(look) ?? new Set();
      this.#ids.delete(look);
      if (this.#ids.size >= LOOKS_MAX) this.#ids.delete(this.#ids.keys().next().value!);
      this.#ids.set(look, ids);
      if (ids.size < IDS_MAX) ids.add(id);
    }
  }

  /** Notes the names in an event. */
  seeIn(event: PeerEvent): void {
    if (event.event === "ready" || event.event === "peer") {
      this.see(event);
      if (event.event === "peer" && event.was !== undefined) this.see({ id: event.id, name: event.was });
    } else if ("from" in event) {
      if (event.from.id !== undefined) this.see(event.from);
    } else if ("to" in event) this.see(event.to);
  }

  /** Formats the name of a peer for the screen. */
  readonly text: NameText = (peer) => {
    this.see(peer);
    const others = this.#last.looks.flatMap((look) => [...this.#ids.get(look)!]).filter((id) =>
      id !== peer.id
    );
    if (others.length === 0 && !POSING.test(peer.name)) return plainName(peer);
    const length = ID_LENGTHS.find((length) => !others.some((id) => id.startsWith(peer.id.slice(0, length))));
    return `${plainName(peer)} (${peer.id.slice(0, length)})`;
  };
}
