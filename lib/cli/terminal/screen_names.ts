import type { PeerEvent, PeerRef } from "../../peer/types.ts";
import { looksOf } from "./look_alike.ts";
import { type NameText, plainName } from "./text.ts";

/** Looks of names that are remembered, those that were on the screen last. */
const LOOKS_MAX = 16_384;

/** How much of an id is shown, as far as it tells the peer apart: somebody may have tried keys for the same beginning. */
const ID_LENGTHS = [6, 12, 24];

/** Ids that are remembered of one look: more of them change nothing. */
const IDS_MAX = 64;

/** A name that passes for the name of another and what stands behind that: its id, whom it speaks to, what it says. */
const POSING = /[:\uff1a\ufe55\u2236]|[)\uff09\ufe5a]$|\bto you$/i;

/**
 * The names on somebody's screen. One that is, or looks like, another peer's is shown with the beginning of the id.
 */
export class ScreenNames {
  /** Ids by what their names look like; what was seen last comes last. */
  readonly #ids = new Map<string, Set<string>>();

  constructor(peers: Iterable<PeerRef> = []) {
    for (const peer of peers) this.see(peer);
  }

  /** Notes a name that is on the screen, or could be. */
  see({ id, name }: PeerRef): void {
    for (const look of looksOf(name)) {
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
    } else if ("from" in event) this.see(event.from);
    else if ("to" in event) this.see(event.to);
  }

  /** The name of a peer as it is shown. */
  readonly text: NameText = (peer) => {
    this.see(peer);
    const others = looksOf(peer.name).flatMap((look) => [...this.#ids.get(look)!]).filter((id) =>
      id !== peer.id
    );
    if (others.length === 0 && !POSING.test(peer.name)) return plainName(peer);
    const length = ID_LENGTHS.find((length) => !others.some((id) => id.startsWith(peer.id.slice(0, length))));
    return `${plainName(peer)} (${peer.id.slice(0, length)})`;
  };
}
